/// What a task wants: so many different workers, for so long each.
package struct TaskDemand: Hashable, Sendable {
    /// Breaks ties, so that a result does not depend on the order of the input: the bits of the task's UUID.
    package let id: UInt128
    /// How many different workers are wanted; 0 to ``Market/Bounds/slotsPerTaskMax``.
    package let slots: Int
    /// What each of them needs, in units of 15 minutes; 1 to ``Market/Bounds/unitsMax``.
    package let units: Int

    /// A task's demand; checked when the market is made.
    package init(id: UInt128, slots: Int, units: Int) {
        (self.id, self.slots, self.units) = (id, slots, units)
    }
}

/// What a worker can take.
package struct WorkerSupply: Hashable, Sendable {
    /// Breaks ties, as ``TaskDemand/id``.
    package let id: UInt128
    /// The time left, in units of 15 minutes; 0 means nothing can be taken.
    package let units: Int
    /// The most tasks at once, however short.
    package let tasksMax: Int

    /// A worker's supply; checked when the market is made.
    package init(id: UInt128, units: Int, tasksMax: Int) {
        (self.id, self.units, self.tasksMax) = (id, units, tasksMax)
    }
}

/// One eligible worker of a task, and what the pair is worth.
package struct Candidate: Hashable, Sendable {
    /// The worker's place in ``Market/workers``.
    package let worker: Int32
    /// What this worker needs for the task, in units of 15 minutes; 0 for ``TaskDemand/units``.
    package let units: Int32
    /// Micro-units of value, 0 to ``Market/Bounds/valueMax``.
    package let value: Int64

    /// A candidate; checked when the market is made.
    package init(worker: Int32, value: Int64, units: Int32 = 0) {
        (self.worker, self.units, self.value) = (worker, units, value)
    }
}

/// Tasks, workers and who could do what: the input of one matching.
///
/// Shape: compressed sparse rows. The candidates of task `i` are `candidates[offsets[i]..<offsets[i + 1]]`, each worker
/// at most once. All eligibility is decided before: what is no candidate cannot be matched.
package struct Market: Sendable {
    /// The tasks, in any order, ids all different.
    package let tasks: [TaskDemand]
    /// The workers, in any order, ids all different.
    package let workers: [WorkerSupply]
    /// Where each task's candidates begin, and the end; one more than there are tasks.
    package let offsets: [Int]
    /// The candidates of all tasks.
    package let candidates: [Candidate]
    /// Whether slots may stay open.
    package let fill: Fill

    /// Whether slots may stay open.
    package enum Fill: Hashable, Sendable {
        /// A slot is filled when it pays: a pair worth 0 is never chosen.
        case whatPays
        /// Every slot must be filled, at the greatest value that this leaves; a pair worth 0 is as good as any.
        case everySlot
    }

    /// The sizes up to which no sum can overflow.
    package enum Bounds {
        /// The greatest value of a pair: about 10^12.
        package static let valueMax: Int64 = 1 << 40
        /// The most workers one task can want.
        package static let slotsPerTaskMax = 1_000
        /// The most slots of all tasks together.
        package static let slotsMax = 4_000_000
        /// The most tasks, with or without slots.
        package static let tasksMax = 4_000_000
        /// The most workers.
        package static let workersMax = 4_000_000
        /// The most candidates of all tasks together.
        package static let candidatesMax = 100_000_000
        /// The most tasks that a worker of a standing match can have at once.
        package static let placesMax = 100_000
        /// The greatest duration or capacity, in units of 15 minutes: more than ten years.
        package static let unitsMax = 400_000
    }

    /// A checked market.
    /// - Throws: ``MarketFault``, the first found.
    package init(
        tasks: [TaskDemand], workers: [WorkerSupply], offsets: [Int], candidates: [Candidate],
        fill: Fill = .whatPays
    ) throws(MarketFault) {
        (self.tasks, self.workers, self.fill) = (tasks, workers, fill)
        (self.offsets, self.candidates) = (offsets, candidates)
        try checkTasks()
        try checkWorkers()
        try checkShape()
        try checkCandidates()
    }

    private func checkTasks() throws(MarketFault) {
        guard tasks.count <= Bounds.tasksMax else { throw .tooManySlots }
        var slots = 0
        for (place, task) in tasks.enumerated() {
            guard (0...Bounds.slotsPerTaskMax).contains(task.slots) else { throw .slotsOutOfBounds(task: place) }
            guard (1...Bounds.unitsMax).contains(task.units) else { throw .unitsOutOfBounds(task: place) }
            slots += task.slots
            guard slots <= Bounds.slotsMax else { throw .tooManySlots }
        }
        guard Self.areDifferent(tasks.map(\.id)) else { throw .taskTwice }
    }

    private func checkWorkers() throws(MarketFault) {
        guard workers.count <= Bounds.workersMax else { throw .tooManyCandidates }
        for (place, worker) in workers.enumerated() {
            guard (0...Bounds.unitsMax).contains(worker.units), worker.tasksMax >= 0 else {
                throw .supplyOutOfBounds(worker: place)
            }
        }
        guard Self.areDifferent(workers.map(\.id)) else { throw .workerTwice }
    }

    private static func areDifferent(_ ids: [UInt128]) -> Bool {
        zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 } || Set(ids).count == ids.count
    }

    private func checkShape() throws(MarketFault) {
        guard candidates.count <= Bounds.candidatesMax else { throw .tooManyCandidates }
        guard offsets.count == tasks.count + 1, offsets.first == 0, offsets.last == candidates.count else {
            throw .offsetsMalformed
        }
        guard zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }) else { throw .offsetsMalformed }
    }

    private func checkCandidates() throws(MarketFault) {
        var lastTask = [Int](repeating: -1, count: workers.count)
        for task in tasks.indices {
            for candidate in candidates[offsets[task]..<offsets[task + 1]] {
                guard workers.indices.contains(Int(candidate.worker)) else { throw .noSuchWorker(task: task) }
                guard (0...Int32(Bounds.unitsMax)).contains(candidate.units) else {
                    throw .unitsOutOfBounds(task: task)
                }
                guard (0...Bounds.valueMax).contains(candidate.value) else { throw .valueOutOfBounds(task: task) }
                guard lastTask[Int(candidate.worker)] != task else { throw .candidateTwice(task: task) }
                lastTask[Int(candidate.worker)] = task
            }
        }
    }
}

/// Why a market was refused; the places are those in the input.
package enum MarketFault: Error, Hashable, Sendable {
    /// A task wants fewer than 0 or too many workers.
    case slotsOutOfBounds(task: Int)
    /// A task takes no time or too much, in itself or with one of its candidates.
    case unitsOutOfBounds(task: Int)
    /// All tasks together want too many workers, or there are too many tasks.
    case tooManySlots
    /// Two tasks have the same id.
    case taskTwice
    /// A worker has less than no time or tasks, or too much time.
    case supplyOutOfBounds(worker: Int)
    /// Two workers have the same id.
    case workerTwice
    /// There are more candidates or workers than can be counted here.
    case tooManyCandidates
    /// The offsets do not run from 0 to the number of candidates, once per task, without falling.
    case offsetsMalformed
    /// A candidate points to no worker.
    case noSuchWorker(task: Int)
    /// A candidate is worth less than nothing or too much.
    case valueOutOfBounds(task: Int)
    /// A task has the same candidate twice.
    case candidateTwice(task: Int)
    /// The values are too large to be solved exactly with so many slots: their product would overflow.
    case tooLargeForExact
    /// Every slot was to be filled, and no assignment does: at most so many of all can be, and this task, among others,
    /// goes short.
    case cannotFill(task: Int, filled: Int, of: Int)
    /// Every slot was to be filled, and none of the assignments tried does; whether one exists is not known, since the
    /// tasks of a worker differ in length.
    case notFilled(filled: Int, of: Int)
}
