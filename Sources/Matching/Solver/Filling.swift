/// The most slots that can be filled at all, whatever the value.
///
/// Source: Hopcroft and Karp 1973, with slots and places for one each: in rounds, the shortest ways from open slots
/// over held pairs to workers with a place left, all that do not touch.
struct Filling {
    private let market: SolverMarket
    private var free: [Int32]
    private var open: [Int32]
    private var isHeld: [Bool]
    /// The tasks that hold each worker.
    private var holders: [[Int32]]
    private var level: [Int32] = []
    private var cursor: [Int32] = []

    init(_ market: SolverMarket, _ places: [Int32]) {
        self.market = market
        free = places
        open = market.slots
        isHeld = Array(repeating: false, count: market.edgeCount)
        holders = Array(repeating: [], count: market.workerCount)
    }

    /// A task that goes short, and how many slots can be filled; nil when all can.
    func short() -> (task: Int, filled: Int)? {
        var copy = self
        copy.fill()
        guard let task = copy.open.firstIndex(where: { $0 > 0 }) else { return nil }
        return (task, zip(market.slots, copy.open).reduce(0) { $0 + Int($1.0 - $1.1) })
    }

    private mutating func fill() {
        while layOut() {
            cursor = market.rowStart
            for task in open.indices {
                while open[task] > 0, walk(from: task) { open[task] -= 1 }
            }
        }
    }

    /// How many swaps each task is from an open slot; false when no place left can be reached.
    private mutating func layOut() -> Bool {
        level = Array(repeating: -1, count: market.taskCount)
        var queue: [Int32] = []
        for task in open.indices where open[task] > 0 {
            level[task] = 0
            queue.append(Int32(task))
        }
        var isSeen = [Bool](repeating: false, count: market.workerCount)
        var isReached = false
        var next = 0
        while next < queue.count {
            let task = Int(queue[next])
            next += 1
            for edge in market.edges(of: task) where !isHeld[edge] {
                let worker = Int(market.edgeWorker[edge])
                guard !isSeen[worker] else { continue }
                isSeen[worker] = true
                if free[worker] > 0 { isReached = true }
                for holder in holders[worker] where level[Int(holder)] < 0 {
                    level[Int(holder)] = level[task] + 1
                    queue.append(holder)
                }
            }
        }
        return isReached
    }

    /// Fills one more slot of the task, by swaps along the levels. Without recursion: the way is a stack of edges.
    private mutating func walk(from start: Int) -> Bool {
        var way: [(task: Int, edge: Int)] = []
        var task = start
        while true {
            guard let edge = nextEdge(of: task) else {
                // A dead end: back to the task before, whose cursor stands on the edge that led here.
                level[task] = -1
                guard let before = way.popLast() else { return false }
                task = before.task
                continue
            }
            cursor[task] = Int32(edge)
            let worker = Int(market.edgeWorker[edge])
            if free[worker] > 0 {
                free[worker] -= 1
                way.append((task, edge))
                take(way)
                return true
            }
            guard let next = holders[worker].first(where: { level[Int($0)] == level[task] + 1 }) else {
                cursor[task] += 1
                continue
            }
            way.append((task, edge))
            task = Int(next)
        }
    }

    private func nextEdge(of task: Int) -> Int? {
        guard level[task] >= 0 else { return nil }
        return (Int(cursor[task])..<Int(market.rowEnd[task])).first { !isHeld[$0] }
    }

    /// Each task of the way takes its edge; the next one on it lets that worker go.
    private mutating func take(_ way: [(task: Int, edge: Int)]) {
        for (step, (task, edge)) in way.enumerated() {
            let worker = Int(market.edgeWorker[edge])
            if step + 1 < way.count {
                let next = way[step + 1].task
                holders[worker].removeAll { $0 == Int32(next) }
                if let left = market.edges(of: next).first(where: { isHeld[$0] && market.edgeWorker[$0] == worker }) {
                    isHeld[left] = false
                }
            }
            isHeld[edge] = true
            holders[worker].append(Int32(task))
        }
    }
}
