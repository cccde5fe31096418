// Between edges and the pairs that people know.
extension SolverMarket {
    /// The sum of the values, in the units of the input.
    func value(_ edges: [(edge: Int, task: Int)]) -> Int128 {
        edges.reduce(Int128(0)) { $0 + Int128(edgeValue[$1.edge] / scale) }
    }

    func pairs(_ edges: [(edge: Int, task: Int)]) -> [Proposal.Pair] {
        edges.map {
            Proposal.Pair(
                task: taskIDs[$0.task], worker: workerIDs[Int(edgeWorker[$0.edge])], value: edgeValue[$0.edge] / scale)
        }
    }

    /// The edges of pairs that are still there, in the market's order.
    func edges(_ pairs: [Proposal.Pair]) -> [(edge: Int, task: Int)] {
        var workers: [UInt128: Int32] = [:]
        workers.reserveCapacity(workerCount)
        for (place, id) in workerIDs.enumerated() { workers[id] = Int32(place) }
        let isSorted = zip(pairs, pairs.dropFirst()).allSatisfy { ($0.task, $0.worker) < ($1.task, $1.worker) }
        let sorted = isSorted ? pairs : pairs.sorted { ($0.task, $0.worker) < ($1.task, $1.worker) }
        var found: [(edge: Int, task: Int)] = []
        found.reserveCapacity(pairs.count)
        var task = 0
        for pair in sorted {
            while task < taskCount, taskIDs[task] < pair.task { task += 1 }
            guard task < taskCount, taskIDs[task] == pair.task, let worker = workers[pair.worker] else { continue }
            if let edge = edges(of: task).first(where: { edgeWorker[$0] == worker }) { found.append((edge, task)) }
        }
        return found
    }

    /// The least units that a candidate of each worker takes; 1 for whom there is none.
    func shortest() -> [Int32] {
        var units = [Int32](repeating: .max, count: workerCount)
        for task in 0..<taskCount where slots[task] > 0 {
            for edge in edges(of: task) {
                let worker = Int(edgeWorker[edge])
                units[worker] = min(units[worker], self.units(edge, of: task))
            }
        }
        return units.map { $0 == .max ? 1 : $0 }
    }

    /// The held edges and, greatest value first, every other one whose task has a slot and whose worker has a place:
    /// what an auction that was cut short left over.
    func filled(_ isHeld: [Bool], _ open: [Int32], _ book: BidBook) -> [(edge: Int, task: Int)] {
        var held: [(edge: Int, task: Int)] = []
        var further: [(edge: Int, task: Int)] = []
        for task in 0..<taskCount where slots[task] > 0 {
            for edge in edges(of: task) {
                if isHeld[edge] {
                    held.append((edge, task))
                } else if open[task] > 0, edgeValue[edge] > openValue, !book.isFull(Int(edgeWorker[edge])) {
                    further.append((edge, task))
                }
            }
        }
        guard !further.isEmpty else { return held }
        var (open, free) = (open, workerUnits.indices.map { book.freePlaces($0) })
        further.sort { (edgeValue[$0.edge], $1.edge) > (edgeValue[$1.edge], $0.edge) }
        for (edge, task) in further where open[task] > 0 && free[Int(edgeWorker[edge])] > 0 {
            open[task] -= 1
            free[Int(edgeWorker[edge])] -= 1
            held.append((edge, task))
        }
        return held.sorted { $0.edge < $1.edge }
    }
}
