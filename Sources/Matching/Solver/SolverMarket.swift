/// A market in the solver's own form: compressed sparse rows with Int32 indices, everything in the order of the ids, so
/// that equal markets are equal inputs.
///
/// Shape: the edges of task `i` are `rowStart[i]..<rowEnd[i]`, by worker. A standing market also appends rows and lets
/// rows go (``StandingMatch``); a task without slots is one that is gone.
struct SolverMarket {
    var taskIDs: [UInt128] = []
    var workerIDs: [UInt128] = []
    var slots: [Int32] = []
    var taskUnits: [Int32] = []
    var rowStart: [Int32] = []
    var rowEnd: [Int32] = []
    /// Per edge.
    var edgeWorker: [Int32] = []
    /// Per edge, times the scale.
    var edgeValue: [Int64] = []
    /// Per edge; empty when every candidate needs what its task names.
    var edgeUnits: [Int32] = []
    var workerUnits: [Int32] = []
    var workerTasksMax: [Int32] = []
    /// The place of each worker of the input.
    var workerPlace: [Int] = []
    /// What a slot without a worker is worth: 0, or far below every value when all must be filled.
    var openValue: Int64 = 0
    private(set) var scale: Int64 = 1

    var taskCount: Int { slots.count }
    var workerCount: Int { workerUnits.count }
    var edgeCount: Int { edgeWorker.count }

    /// - Parameter keepsAll: whether candidates stay who have not the time for a task now.
    init(_ market: Market, keepsAll: Bool = false) {
        let taskOrder = Self.order(market.tasks.map(\.id))
        let workerOrder = Self.order(market.workers.map(\.id))
        var place = [Int32](repeating: 0, count: workerOrder.count)
        for (rank, worker) in workerOrder.enumerated() { place[worker] = Int32(rank) }
        taskIDs = taskOrder.map { market.tasks[$0].id }
        slots = taskOrder.map { Int32(market.tasks[$0].slots) }
        taskUnits = taskOrder.map { Int32(market.tasks[$0].units) }
        workerIDs = workerOrder.map { market.workers[$0].id }
        workerUnits = workerOrder.map { Int32(market.workers[$0].units) }
        workerTasksMax = workerOrder.map { Int32(clamping: market.workers[$0].tasksMax) }
        workerPlace = place.map(Int.init)
        reserve(tasks: taskOrder.count, edges: market.candidates.count)
        let hasOwnUnits = market.candidates.contains { $0.units > 0 }
        for task in taskOrder {
            appendRow(
                market.candidates[market.offsets[task]..<market.offsets[task + 1]], place,
                units: Int32(market.tasks[task].units), hasOwnUnits, keepsAll)
        }
    }

    private static func order(_ ids: [UInt128]) -> [Int] {
        let isSorted = zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 }
        return isSorted ? Array(ids.indices) : ids.indices.sorted { ids[$0] < ids[$1] }
    }

    private mutating func reserve(tasks: Int, edges: Int) {
        rowStart.reserveCapacity(tasks)
        rowEnd.reserveCapacity(tasks)
        edgeWorker.reserveCapacity(edges)
        edgeValue.reserveCapacity(edges)
    }

    /// One more row behind the last, its candidates in the order of their workers' places. Who has not the time for
    /// this task alone is no candidate of it.
    private mutating func appendRow(
        _ candidates: ArraySlice<Candidate>, _ place: [Int32], units: Int32, _ hasOwnUnits: Bool, _ keepsAll: Bool
    ) {
        let start = edgeWorker.count
        rowStart.append(Int32(start))
        var isSorted = true
        var last = Int32(-1)
        for candidate in candidates {
            let worker = place[Int(candidate.worker)]
            let needed = candidate.units > 0 ? candidate.units : units
            let isAble = workerUnits[Int(worker)] >= needed && workerTasksMax[Int(worker)] > 0
            guard isAble || keepsAll else { continue }
            isSorted = isSorted && worker > last
            last = worker
            edgeWorker.append(worker)
            edgeValue.append(candidate.value)
            if hasOwnUnits { edgeUnits.append(needed) }
        }
        rowEnd.append(Int32(edgeWorker.count))
        if !isSorted { sortRow(from: start) }
    }

    /// One more task behind the last.
    mutating func append(_ task: TaskDemand, _ candidates: [Candidate]) {
        taskIDs.append(task.id)
        slots.append(Int32(task.slots))
        taskUnits.append(Int32(task.units))
        rowStart.append(Int32(edgeWorker.count))
        for candidate in candidates.sorted(by: { $0.worker < $1.worker }) {
            edgeWorker.append(candidate.worker)
            edgeValue.append(candidate.value * scale)
        }
        rowEnd.append(Int32(edgeWorker.count))
    }

    /// The same with these rows alone.
    func living(rows: [Int]) -> (market: SolverMarket, rows: [Int]) {
        var result = self
        result.taskIDs = rows.map { taskIDs[$0] }
        result.slots = rows.map { slots[$0] }
        result.taskUnits = rows.map { taskUnits[$0] }
        (result.rowStart, result.rowEnd, result.edgeWorker, result.edgeValue) = ([], [], [], [])
        for row in rows {
            result.rowStart.append(Int32(result.edgeWorker.count))
            result.edgeWorker.append(contentsOf: edgeWorker[edges(of: row)])
            result.edgeValue.append(contentsOf: edgeValue[edges(of: row)])
            result.rowEnd.append(Int32(result.edgeWorker.count))
        }
        return (result, rows)
    }

    private mutating func sortRow(from start: Int) {
        let order = (start..<edgeWorker.count).sorted { edgeWorker[$0] < edgeWorker[$1] }
        let (workers, values) = (order.map { edgeWorker[$0] }, order.map { edgeValue[$0] })
        let units = edgeUnits.isEmpty ? [] : order.map { edgeUnits[$0] }
        edgeWorker.replaceSubrange(start..., with: workers)
        edgeValue.replaceSubrange(start..., with: values)
        if !edgeUnits.isEmpty { edgeUnits.replaceSubrange(start..., with: units) }
    }

    /// Multiplies every value.
    mutating func spread(by scale: Int64) {
        guard scale > 1 else { return }
        self.scale = scale
        for edge in edgeValue.indices { edgeValue[edge] *= scale }
    }

    /// What the edge needs of its worker's time.
    @inline(__always)
    func units(_ edge: Int, of task: Int) -> Int32 { edgeUnits.isEmpty ? taskUnits[task] : edgeUnits[edge] }

    /// Gives every edge its own units.
    mutating func spreadUnits() {
        guard edgeUnits.isEmpty else { return }
        edgeUnits = Array(repeating: 0, count: edgeCount)
        for task in 0..<taskCount {
            for edge in edges(of: task) { edgeUnits[edge] = taskUnits[task] }
        }
    }

    func edges(of task: Int) -> Range<Int> { Int(rowStart[task])..<Int(rowEnd[task]) }
}

/// What each worker's time comes to, in tasks.
struct Places {
    /// How many tasks fit: exact where the tasks that could come are equally long.
    var counts: [Int32]
    /// The workers for whom time counts and tasks that could come differ in length: no count of places is exact.
    var isTimed: [Bool]

    init(_ market: SolverMarket) {
        let workers = market.workerCount
        var longest = [Int32](repeating: 0, count: workers)
        var shortest = [Int32](repeating: .max, count: workers)
        var degree = [Int32](repeating: 0, count: workers)
        var total = [Int64](repeating: 0, count: workers)
        for task in 0..<market.taskCount where market.slots[task] > 0 {
            for edge in market.edges(of: task) {
                let worker = Int(market.edgeWorker[edge])
                let units = market.units(edge, of: task)
                longest[worker] = max(longest[worker], units)
                shortest[worker] = min(shortest[worker], units)
                degree[worker] += 1
                total[worker] += Int64(units)
            }
        }
        counts = Array(repeating: 0, count: workers)
        isTimed = Array(repeating: false, count: workers)
        for worker in 0..<workers where degree[worker] > 0 {
            // One more than could ever come, where it fits: who is never full has no price.
            let most = min(market.workerTasksMax[worker], degree[worker] + 1)
            let units = market.workerUnits[worker]
            if longest[worker] == shortest[worker] {
                counts[worker] = min(most, units / longest[worker])
            } else if total[worker] <= Int64(units) || Int64(most) * Int64(longest[worker]) <= Int64(units) {
                counts[worker] = most
            } else {
                counts[worker] = min(most, max(1, Int32(Int64(units) * Int64(degree[worker]) / total[worker])))
                isTimed[worker] = true
            }
        }
    }
}
