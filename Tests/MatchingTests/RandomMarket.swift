import Matching

/// A small seeded generator (Steele, Lea, Flood 2014).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }
}

/// A market as a list of rows, easy to make, to shuffle and to solve by trying everything.
struct RandomMarket {
    var tasks: [TaskDemand] = []
    var workers: [WorkerSupply] = []
    var rows: [[Candidate]] = []
    var fill = Market.Fill.whatPays

    func market() throws(MarketFault) -> Market {
        var offsets = [0]
        for row in rows { offsets.append((offsets.last ?? 0) + row.count) }
        return try Market(
            tasks: tasks, workers: workers, offsets: offsets, candidates: rows.flatMap(\.self), fill: fill)
    }

    /// At most 5 tasks and 4 workers, with zeros and ties in all places.
    static func small(equalUnits: Bool, _ random: inout SplitMix64) -> RandomMarket {
        var result = RandomMarket()
        let (taskCount, workerCount) = (random.below(6), random.below(5))
        let units = 1 + random.below(3)
        let valueLimit = [2, 5, 100, 1_000_000][random.below(4)]
        for worker in 0..<workerCount {
            result.workers.append(
                WorkerSupply(id: UInt128(worker * 7 % 5), units: random.below(10), tasksMax: random.below(5)))
        }
        for task in 0..<taskCount {
            let duration = equalUnits ? units : 1 + random.below(4)
            result.tasks.append(TaskDemand(id: UInt128(task * 7 % 11), slots: random.below(4), units: duration))
            result.rows.append(
                (0..<workerCount).filter { _ in random.below(4) > 0 }.map {
                    Candidate(worker: Int32($0), value: Int64(random.below(valueLimit)))
                })
        }
        return result
    }

    static func large(tasks: Int, workers: Int, degree: Int, _ random: inout SplitMix64) -> RandomMarket {
        var result = RandomMarket()
        result.workers = (0..<workers).map {
            WorkerSupply(id: UInt128($0), units: random.below(80), tasksMax: 5 + random.below(20))
        }
        for task in 0..<tasks {
            result.tasks.append(TaskDemand(id: UInt128(task), slots: 1 + random.below(3), units: 4))
            var chosen: Set<Int> = []
            for _ in 0..<degree { chosen.insert(random.below(workers)) }
            result.rows.append(
                chosen.sorted().map { Candidate(worker: Int32($0), value: Int64(100_000 + random.below(1_000_000))) })
        }
        return result
    }

    /// The same market, everything in another order.
    func shuffled(_ random: inout SplitMix64) -> RandomMarket {
        let taskOrder = tasks.indices.shuffled(using: &random)
        let workerOrder = workers.indices.shuffled(using: &random)
        var place = [Int32](repeating: 0, count: workers.count)
        for (new, old) in workerOrder.enumerated() { place[old] = Int32(new) }
        return RandomMarket(
            tasks: taskOrder.map { tasks[$0] },
            workers: workerOrder.map { workers[$0] },
            rows: taskOrder.map { task in
                rows[task].map {
                    Candidate(worker: place[Int($0.worker)], value: $0.value, units: $0.units)
                }.shuffled(using: &random)
            },
            fill: fill
        )
    }

    /// The greatest value, by trying everything.
    func optimum() -> Int64 { best() ?? 0 }

    /// The greatest value that leaves no slot open; nil when none does.
    func fullOptimum() -> Int64? { best() }

    private func best() -> Int64? {
        best(from: 0, candidate: 0, slots: tasks.first?.slots ?? 0, workers.map(\.units), workers.map(\.tasksMax))
    }

    private func best(from task: Int, candidate: Int, slots: Int, _ units: [Int], _ left: [Int]) -> Int64? {
        guard task < tasks.count else { return 0 }
        guard candidate < rows[task].count, slots > 0 else {
            if slots > 0, fill == .everySlot { return nil }
            let next = task + 1 < tasks.count ? tasks[task + 1].slots : 0
            return best(from: task + 1, candidate: 0, slots: next, units, left)
        }
        let without = best(from: task, candidate: candidate + 1, slots: slots, units, left)
        let choice = rows[task][candidate]
        let (worker, needed) = (Int(choice.worker), choice.units > 0 ? Int(choice.units) : tasks[task].units)
        guard units[worker] >= needed, left[worker] > 0 else { return without }
        var (unitsAfter, leftAfter) = (units, left)
        unitsAfter[worker] -= needed
        leftAfter[worker] -= 1
        let with = best(from: task, candidate: candidate + 1, slots: slots - 1, unitsAfter, leftAfter)
        guard let with else { return without }
        return max(without ?? .min, with + choice.value)
    }

    /// What is wrong with a proposal; nil when it respects every slot, hour and candidate and adds up.
    func violation(of proposal: Proposal) -> String? {
        var units = Dictionary(uniqueKeysWithValues: workers.map { ($0.id, $0.units) })
        var left = Dictionary(uniqueKeysWithValues: workers.map { ($0.id, $0.tasksMax) })
        var slots = Dictionary(uniqueKeysWithValues: tasks.map { ($0.id, $0.slots) })
        var seen: Set<[UInt128]> = []
        for pair in proposal.pairs {
            guard let task = tasks.firstIndex(where: { $0.id == pair.task }) else { return "no such task" }
            guard let candidate = rows[task].first(where: { workers[Int($0.worker)].id == pair.worker }) else {
                return "no such candidate"
            }
            guard candidate.value == pair.value, pair.value > 0 || fill == .everySlot else { return "wrong value" }
            guard seen.insert([pair.task, pair.worker]).inserted else { return "the same worker twice" }
            units[pair.worker, default: 0] -= candidate.units > 0 ? Int(candidate.units) : tasks[task].units
            left[pair.worker, default: 0] -= 1
            slots[pair.task, default: 0] -= 1
        }
        if units.values.contains(where: { $0 < 0 }) { return "over time" }
        if left.values.contains(where: { $0 < 0 }) { return "over the most tasks" }
        if slots.values.contains(where: { $0 < 0 }) { return "over the slots" }
        if fill == .everySlot, slots.values.contains(where: { $0 > 0 }) { return "a slot is open" }
        return proposal.pairs.reduce(0) { $0 + $1.value } == proposal.certificate.value ? nil : "wrong sum"
    }
}
