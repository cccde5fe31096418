/// A market with tasks, workers and candidates in the order of their ids, so that equal markets are equal inputs, and
/// with the number of tasks each worker can certainly take.
struct OrderedMarket {
    let taskIDs: [UInt128]
    let workerIDs: [UInt128]
    let slots: [Int]
    let taskUnits: [Int]
    let workerUnits: [Int]
    let workerTasksMax: [Int]
    /// Where each task's edges begin, and the end.
    let offsets: [Int]
    /// Per edge, sorted by task, then worker.
    let edgeTask: [Int32]
    let edgeWorker: [Int32]
    let edgeValue: [Int64]
    /// The place of each worker of the input.
    let workerPlace: [Int]
    /// How many tasks fit for certain: as many as fit when every one is as long as the worker's longest candidate.
    let capacity: [Int]
    /// How many tasks fit at most: as many as fit when every one is as short as the shortest.
    let capacityAtMost: [Int]

    init(_ market: Market) {
        let taskOrder = market.tasks.indices.sorted { market.tasks[$0].id < market.tasks[$1].id }
        let workerOrder = market.workers.indices.sorted { market.workers[$0].id < market.workers[$1].id }
        var place = [Int](repeating: 0, count: workerOrder.count)
        for (rank, worker) in workerOrder.enumerated() { place[worker] = rank }
        let tasks = taskOrder.map { market.tasks[$0] }
        let workers = workerOrder.map { market.workers[$0] }
        var edges = Edges(count: market.candidates.count)
        var offsets = [0]
        for (rank, task) in taskOrder.enumerated() {
            let row = market.candidates[market.offsets[task]..<market.offsets[task + 1]]
            for candidate in row.sorted(by: { place[Int($0.worker)] < place[Int($1.worker)] }) {
                edges.append(task: rank, worker: place[Int(candidate.worker)], value: candidate.value)
            }
            offsets.append(edges.values.count)
        }
        (taskIDs, slots, taskUnits) = (tasks.map(\.id), tasks.map(\.slots), tasks.map(\.units))
        (workerIDs, workerUnits, workerTasksMax) = (workers.map(\.id), workers.map(\.units), workers.map(\.tasksMax))
        (edgeTask, edgeWorker, edgeValue) = (edges.tasks, edges.workers, edges.values)
        (self.offsets, workerPlace) = (offsets, place)
        (capacity, capacityAtMost) = Self.capacities(workers, edges, taskUnits)
    }

    /// The edges of one task.
    func edges(of task: Int) -> Range<Int> { offsets[task]..<offsets[task + 1] }

    private struct Edges {
        var tasks: [Int32] = []
        var workers: [Int32] = []
        var values: [Int64] = []

        init(count: Int) {
            tasks.reserveCapacity(count)
            workers.reserveCapacity(count)
            values.reserveCapacity(count)
        }

        mutating func append(task: Int, worker: Int, value: Int64) {
            tasks.append(Int32(task))
            workers.append(Int32(worker))
            values.append(value)
        }
    }

    private static func capacities(
        _ workers: [WorkerSupply], _ edges: Edges, _ taskUnits: [Int]
    ) -> (certain: [Int], atMost: [Int]) {
        var longest = [Int](repeating: 1, count: workers.count)
        var shortest = [Int](repeating: Market.Bounds.unitsMax, count: workers.count)
        var degree = [Int](repeating: 0, count: workers.count)
        for (task, worker) in zip(edges.tasks, edges.workers) {
            let units = taskUnits[Int(task)]
            longest[Int(worker)] = max(longest[Int(worker)], units)
            shortest[Int(worker)] = min(shortest[Int(worker)], units)
            degree[Int(worker)] += 1
        }
        let certain = workers.indices.map {
            min(workers[$0].units / longest[$0], workers[$0].tasksMax, degree[$0])
        }
        let atMost = workers.indices.map {
            min(workers[$0].units / shortest[$0], workers[$0].tasksMax, degree[$0])
        }
        return (certain, atMost)
    }
}
