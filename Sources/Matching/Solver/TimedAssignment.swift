/// Who holds which slot, and what is left of everybody's time: the state that rounding, repair and search work on.
struct TimedAssignment {
    let market: SolverMarket
    /// Where the slots of each task begin, and the end.
    let slotStart: [Int32]
    let slotTask: [Int32]
    /// -1 for an open one.
    private(set) var slotEdge: [Int32]
    private(set) var isHeld: [Bool]
    /// Below 0 while a worker has too much.
    private(set) var freeUnits: [Int32]
    private(set) var freeTasks: [Int32]
    private(set) var holders: [[Int32]]
    /// With what open slots are worth.
    private(set) var value: Int64
    private(set) var openSlots: Int
    /// The greatest value of a candidate of each task.
    let rowBest: [Int64]

    init(_ market: SolverMarket, _ places: Places) {
        self.market = market
        var (starts, tasks): ([Int32], [Int32]) = ([0], [])
        var rowBest: [Int64] = []
        for task in 0..<market.taskCount {
            tasks.append(contentsOf: repeatElement(Int32(task), count: Int(market.slots[task])))
            starts.append(Int32(tasks.count))
            rowBest.append(market.edges(of: task).reduce(market.openValue) { max($0, market.edgeValue[$1]) })
        }
        (slotStart, slotTask, self.rowBest) = (starts, tasks, rowBest)
        slotEdge = Array(repeating: -1, count: tasks.count)
        isHeld = Array(repeating: false, count: market.edgeCount)
        freeUnits = market.workerUnits
        // Who is not timed has places; their time then suffices.
        freeTasks = market.workerTasksMax.indices.map {
            places.isTimed[$0] ? market.workerTasksMax[$0] : places.counts[$0]
        }
        holders = Array(repeating: [], count: market.workerCount)
        value = market.openValue * Int64(tasks.count)
        openSlots = tasks.count
    }

    func worker(_ edge: Int) -> Int { Int(market.edgeWorker[edge]) }
    func units(_ edge: Int) -> Int32 { market.edgeUnits[edge] }
    func edges(_ slot: Int) -> Range<Int> { market.edges(of: Int(slotTask[slot])) }
    func isOverloaded(_ worker: Int) -> Bool { freeUnits[worker] < 0 || freeTasks[worker] < 0 }

    /// What the slot brings now.
    func worth(_ slot: Int) -> Int64 {
        slotEdge[slot] < 0 ? market.openValue : market.edgeValue[Int(slotEdge[slot])]
    }

    mutating func put(_ slot: Int, _ edge: Int) {
        let worker = worker(edge)
        slotEdge[slot] = Int32(edge)
        isHeld[edge] = true
        freeUnits[worker] -= units(edge)
        freeTasks[worker] -= 1
        holders[worker].append(Int32(slot))
        value += market.edgeValue[edge] - market.openValue
        openSlots -= 1
    }

    mutating func take(_ slot: Int) {
        let edge = Int(slotEdge[slot])
        guard edge >= 0 else { return }
        let worker = worker(edge)
        slotEdge[slot] = -1
        isHeld[edge] = false
        freeUnits[worker] += units(edge)
        freeTasks[worker] += 1
        if let place = holders[worker].firstIndex(of: Int32(slot)) { holders[worker].remove(at: place) }
        value += market.openValue - market.edgeValue[edge]
        openSlots += 1
    }

    mutating func move(_ slot: Int, to edge: Int) {
        take(slot)
        if edge >= 0 { put(slot, edge) }
    }

    /// The pairs, by task, then worker, without those that bring nothing.
    var pairs: [(edge: Int, task: Int)] {
        slotEdge.indices.filter { slotEdge[$0] >= 0 && worth($0) > market.openValue }
            .map { (Int(slotEdge[$0]), Int(slotTask[$0])) }.sorted { $0.0 < $1.0 }
    }
}

// From prices to pairs that everybody has the time for.
extension TimedAssignment {
    /// Gives each task its best workers at the prices, then takes from those with too much what is missed least for
    /// each unit that it frees.
    mutating func round(_ prices: TimedPrices) {
        var chosen: [(surplus: Int64, edge: Int)] = []
        for task in 0..<market.taskCount where market.slots[task] > 0 {
            chosen.removeAll(keepingCapacity: true)
            for edge in market.edges(of: task) {
                let surplus = prices.surplus(edge)
                if surplus > 0 || market.openValue < 0 { chosen.append((surplus, edge)) }
            }
            chosen.sort { ($0.surplus, $1.edge) > ($1.surplus, $0.edge) }
            for (slot, choice) in zip(Int(slotStart[task])..<Int(slotStart[task + 1]), chosen) {
                put(slot, choice.edge)
            }
        }
        for worker in holders.indices {
            while isOverloaded(worker), let least = leastRegret(at: worker, prices) { move(least.slot, to: least.edge) }
        }
    }

    /// Whom to take from an overloaded worker, and where to; -1 for nowhere.
    private func leastRegret(at worker: Int, _ prices: TimedPrices) -> (slot: Int, edge: Int)? {
        var least: (regret: Int64, units: Int32, slot: Int, edge: Int)?
        for slot in holders[worker].map(Int.init) {
            let units = units(Int(slotEdge[slot]))
            var best = (surplus: market.openValue << Int64(prices.shift), edge: -1)
            for edge in edges(slot) where !isHeld[edge] && fits(edge) {
                let surplus = prices.surplus(edge)
                if surplus > best.surplus { best = (surplus, edge) }
            }
            let regret = prices.surplus(Int(slotEdge[slot])) - best.surplus
            if let found = least,
                Int128(regret) * Int128(found.units) >= Int128(found.regret) * Int128(units)
            {
                continue
            }
            least = (regret, units, slot, best.edge)
        }
        return least.map { ($0.slot, $0.edge) }
    }

    func fits(_ edge: Int) -> Bool {
        let worker = worker(edge)
        return freeUnits[worker] >= market.edgeUnits[edge] && freeTasks[worker] > 0
    }
}
