// Reverse: workers with places left come down.
extension Auction {
    mutating func reverse(_ epsilon: Int64) {
        var waiting = TaskQueue(count: market.workerCount)
        for worker in prices.indices where isOverpriced(worker) { waiting.push(worker) }
        guard !waiting.isEmpty else { return }
        let columns = self.columns ?? Columns(market)
        // Held here alone, so that it is not copied.
        self.columns = nil
        profits.forget()
        while let worker = waiting.pop() {
            while isOverpriced(worker), !isExhausted {
                if let left = comeDown(worker, columns, epsilon), isOverpriced(left) { waiting.push(left) }
            }
        }
        self.columns = columns
    }

    private func isOverpriced(_ worker: Int) -> Bool {
        prices[worker] > 0 && prices[worker] < Self.infinitePrice && !book.isFull(worker)
    }

    /// Lowers the price to where the second best task would come too, and gives the best one the place; or, within
    /// epsilon of the best, one with an open slot, which leaves nobody and so ends the chain.
    /// - Returns: the worker whom that task leaves; nil when it had an open slot, or when nobody comes.
    private mutating func comeDown(_ worker: Int, _ columns: Columns, _ epsilon: Int64) -> Int? {
        bids += 1
        let offers = offers(to: worker, columns, epsilon)
        var (best, second) = (offers.best, offers.second)
        guard best.edge >= 0, best.offer >= epsilon else {
            setPrice(0, of: worker)
            return nil
        }
        if offers.bestOpen.offer > 0, offers.bestOpen.offer >= best.offer - epsilon {
            (second, best) = (best.offer, offers.bestOpen)
        }
        let task = Int(best.task)
        var left: Int?
        if open[task] == 0 {
            let worst = worst(of: task).edge
            letGo(worst, of: task)
            left = Int(market.edgeWorker[worst])
            book.withdraw(Int32(worst), at: left ?? 0)
        }
        hold(Int(best.edge), of: task)
        let price = min(second > epsilon ? second - epsilon : 0, prices[worker])
        _ = book.keep(BidBook.Bid(amount: price, edge: best.edge, task: best.task), at: worker)
        setPrice(price, of: worker)
        return left
    }

    private mutating func setPrice(_ price: Int64, of worker: Int) {
        prices[worker] = price
        for bid in book.kept(by: worker) { profits.forget(Int(bid.task)) }
    }

    private mutating func offers(to worker: Int, _ columns: Columns, _ epsilon: Int64) -> Offers {
        var offers = Offers()
        // Nobody has less than an open slot, but for epsilon: who offers too little at that needs no closer look.
        let least = market.openValue - epsilon
        for place in columns.range(of: worker) {
            let value = columns.values[place]
            guard value - least > offers.second else { continue }
            consider(columns.edges[place], columns.tasks[place], value, &offers)
        }
        var edge = columns.firstLater(of: worker)
        while edge >= 0 {
            consider(edge, columns.task(later: edge), market.edgeValue[Int(edge)], &offers)
            edge = columns.nextLater(edge)
        }
        return offers
    }

    @inline(__always)
    private mutating func consider(_ edge: Int32, _ task: Int32, _ value: Int64, _ offers: inout Offers) {
        guard market.slots[Int(task)] > 0, !isHeld[Int(edge)] else { return }
        let isOpen = open[Int(task)] > 0
        offers.take(value - profit(of: Int(task)), edge, task, isOpen: isOpen)
    }

    /// What the task would give up for another worker: an open slot, or the worker it has the least of.
    @inline(__always)
    private mutating func profit(of task: Int) -> Int64 {
        if let known = profits.known(task) { return known }
        let profit = open[task] > 0 ? market.openValue : max(worst(of: task).amount, market.openValue)
        profits.remember(profit, of: task)
        return profit
    }
}

/// The best offers that tasks make a worker.
struct Offers {
    private(set) var best = (offer: Int64.min, edge: Int32(-1), task: Int32(-1))
    /// Of those with an open slot.
    private(set) var bestOpen = (offer: Int64.min, edge: Int32(-1), task: Int32(-1))
    private(set) var second = Int64.min

    @inline(__always)
    mutating func take(_ offer: Int64, _ edge: Int32, _ task: Int32, isOpen: Bool) {
        if isOpen, offer > bestOpen.offer || (offer == bestOpen.offer && edge < bestOpen.edge) {
            bestOpen = (offer, edge, task)
        }
        if offer > best.offer || (offer == best.offer && edge < best.edge) {
            second = best.offer
            best = (offer, edge, task)
        } else if offer > second {
            second = offer
        }
    }
}

/// What tasks would give up, as far as it was worked out since the prices changed.
struct Profits {
    private var entries: [(profit: Int64, stamp: Int32)]
    private var stamp = Int32(1)

    init(count: Int) { entries = Array(repeating: (0, 0), count: count) }

    mutating func grow(to size: Int) {
        while entries.count < size { entries.append((0, 0)) }
    }

    /// All of them.
    mutating func forget() {
        stamp &+= 1
        guard stamp <= 0 else { return }
        entries = Array(repeating: (0, 0), count: entries.count)
        stamp = 1
    }

    mutating func forget(_ task: Int) { entries[task].stamp = 0 }

    @inline(__always)
    func known(_ task: Int) -> Int64? { entries[task].stamp == stamp ? entries[task].profit : nil }

    @inline(__always)
    mutating func remember(_ profit: Int64, of task: Int) { entries[task] = (profit, stamp) }
}

/// The edges of each worker, those that came later as lists.
struct Columns {
    private var starts: [Int32]
    /// By worker, then edge.
    private(set) var edges: [Int32]
    private(set) var tasks: [Int32]
    private(set) var values: [Int64]
    private let count: Int
    private var heads: [Int32]
    private var following: [Int32] = []
    private var laterTasks: [Int32] = []

    init(_ market: SolverMarket) {
        count = market.edgeCount
        var ends = [Int32](repeating: 0, count: market.workerCount + 1)
        for worker in market.edgeWorker { ends[Int(worker) + 1] += 1 }
        for worker in 0..<market.workerCount { ends[worker + 1] += ends[worker] }
        starts = ends
        edges = Array(repeating: 0, count: count)
        tasks = edges
        values = Array(repeating: 0, count: count)
        for task in 0..<market.taskCount {
            for edge in market.edges(of: task) {
                let worker = Int(market.edgeWorker[edge])
                let place = Int(ends[worker])
                ends[worker] += 1
                (edges[place], tasks[place], values[place]) = (Int32(edge), Int32(task), market.edgeValue[edge])
            }
        }
        heads = Array(repeating: -1, count: market.workerCount)
    }

    func range(of worker: Int) -> Range<Int> { Int(starts[worker])..<Int(starts[worker + 1]) }

    /// One more edge, the next behind the last.
    mutating func append(_ worker: Int32, of task: Int32) {
        laterTasks.append(task)
        following.append(heads[Int(worker)])
        heads[Int(worker)] = Int32(count + laterTasks.count - 1)
    }

    func firstLater(of worker: Int) -> Int32 { heads[worker] }
    func nextLater(_ edge: Int32) -> Int32 { following[Int(edge) - count] }
    func task(later edge: Int32) -> Int32 { laterTasks[Int(edge) - count] }
}
