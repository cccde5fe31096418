/// Tasks bid for workers until no open slot wants to bid any more.
///
/// Source: Bertsekas and Castañón 1989, The auction algorithm for the transportation problem, LIDS-P-1850. A bid goes
/// to the best worker the task does not hold, at value − second best surplus + epsilon; a full worker lets the lowest
/// bid go. When it ends, each choice is within epsilon of the best at the final prices (epsilon-complementary
/// slackness), and if no worker with places left has a price, the whole is within slots × epsilon of the optimum.
struct Auction {
    let market: OrderedMarket
    /// The edges' values, times the scale.
    let values: [Int64]
    let bidsMax: Int

    /// The least amount each worker can be had for.
    private(set) var prices: [Int64]
    private(set) var isHeld: [Bool]
    /// Slots of each task without a worker.
    private(set) var open: [Int]
    private(set) var bids = 0
    private var book: BidBook
    private var queue: TaskQueue

    init(_ market: OrderedMarket, values: [Int64], bidsMax: Int) {
        (self.market, self.values, self.bidsMax) = (market, values, bidsMax)
        prices = Array(repeating: 0, count: market.workerIDs.count)
        isHeld = Array(repeating: false, count: values.count)
        open = market.slots
        book = BidBook(capacity: market.capacity)
        queue = TaskQueue(count: market.slots.count)
    }

    var isExhausted: Bool { bids >= bidsMax }

    /// Solves by epsilon scaling: coarse to fine, each phase starting from the last one's prices, for as long as the
    /// prices of workers with places left can be let down to 0; else once more from no prices at all, which needs no
    /// letting down.
    /// - Parameter epsilons: falling, each at least 1.
    /// - Returns: whether the last phase ended with epsilon-complementary slackness.
    mutating func solve(epsilons: [Int64]) -> Bool {
        guard let last = epsilons.last else { return false }
        for epsilon in epsilons.dropLast() {
            reset(keepingPrices: true)
            run(epsilon)
        }
        reset(keepingPrices: true)
        if settle(last, rounds: epsilons.count > 1 ? 64 : 1_024) { return true }
        guard epsilons.count > 1, !isExhausted else { return false }
        reset(keepingPrices: false)
        return settle(last, rounds: 1_024)
    }

    /// Lets all workers go. Prices stay, but those of workers with places left, which were proven too high.
    private mutating func reset(keepingPrices: Bool) {
        for worker in prices.indices where !keepingPrices || !book.isFull(worker) { prices[worker] = 0 }
        book = BidBook(capacity: market.capacity)
        isHeld = Array(repeating: false, count: values.count)
        open = market.slots
        for task in open.indices { queue.push(task) }
    }

    private mutating func settle(_ epsilon: Int64, rounds: Int) -> Bool {
        for _ in 0..<rounds {
            run(epsilon)
            if isExhausted { return false }
            let dropped = letPricesDown()
            let released = releaseUnhappy(epsilon)
            if !dropped, !released { return true }
        }
        return false
    }

    private mutating func letPricesDown() -> Bool {
        var isAny = false
        for worker in prices.indices where prices[worker] > 0 && !book.isFull(worker) {
            prices[worker] = 0
            isAny = true
        }
        return isAny
    }

    /// Makes every task bid again that could do better by more than epsilon.
    private mutating func releaseUnhappy(_ epsilon: Int64) -> Bool {
        var isAny = false
        for task in open.indices {
            var best = Int64.min
            var worst: (surplus: Int64, edge: Int)?
            for edge in market.edges(of: task) {
                let worker = Int(market.edgeWorker[edge])
                guard market.capacity[worker] > 0 else { continue }
                let surplus = values[edge] - prices[worker]
                if !isHeld[edge] {
                    best = max(best, surplus)
                } else if surplus < worst?.surplus ?? Int64.max {
                    worst = (surplus, edge)
                }
            }
            if open[task] > 0, best > 0 {
                queue.push(task)
                isAny = true
            } else if let worst, max(best, 0) - epsilon > worst.surplus {
                release(worst.edge)
                isAny = true
            }
        }
        return isAny
    }

    private mutating func release(_ edge: Int) {
        book.withdraw(Int32(edge), at: Int(market.edgeWorker[edge]))
        letGo(edge)
    }

    private mutating func letGo(_ edge: Int) {
        let task = Int(market.edgeTask[edge])
        isHeld[edge] = false
        open[task] += 1
        queue.push(task)
    }

    private mutating func run(_ epsilon: Int64) {
        while !isExhausted, let task = queue.pop() {
            while open[task] > 0, !isExhausted, let bid = bid(of: task, epsilon) { place(bid, of: task) }
        }
        if isExhausted { queue = TaskQueue(count: open.count) }
    }

    /// The task's next bid; nil when no worker is worth the price.
    private func bid(of task: Int, _ epsilon: Int64) -> BidBook.Bid? {
        var best = (surplus: Int64(0), edge: -1)
        var second = Int64(0)
        for edge in market.edges(of: task) where !isHeld[edge] {
            let worker = Int(market.edgeWorker[edge])
            let surplus = values[edge] - prices[worker]
            guard surplus > second, market.capacity[worker] > 0 else { continue }
            if surplus > best.surplus {
                second = best.surplus
                best = (surplus, edge)
            } else {
                second = surplus
            }
        }
        guard best.edge >= 0 else { return nil }
        return BidBook.Bid(amount: values[best.edge] - second + epsilon, edge: Int32(best.edge))
    }

    private mutating func place(_ bid: BidBook.Bid, of task: Int) {
        let worker = Int(market.edgeWorker[Int(bid.edge)])
        bids += 1
        isHeld[Int(bid.edge)] = true
        open[task] -= 1
        if let evicted = book.keep(bid, at: worker) { letGo(Int(evicted.edge)) }
        if book.isFull(worker), let lowest = book.lowest(of: worker) { prices[worker] = lowest.amount }
    }
}

/// Tasks that may want to bid, first in, first out, each at most once.
struct TaskQueue {
    private var ring: [Int32]
    private var isQueued: [Bool]
    private var head = 0
    private var count = 0

    init(count: Int) {
        ring = Array(repeating: 0, count: count)
        isQueued = Array(repeating: false, count: count)
    }

    mutating func push(_ task: Int) {
        guard !isQueued[task] else { return }
        isQueued[task] = true
        ring[(head + count) % ring.count] = Int32(task)
        count += 1
    }

    mutating func pop() -> Int? {
        guard count > 0 else { return nil }
        let task = Int(ring[head])
        head = (head + 1) % ring.count
        count -= 1
        isQueued[task] = false
        return task
    }
}
