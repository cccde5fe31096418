/// Tasks bid for workers until no open slot wants to bid any more; then workers with places left come down with their
/// price until somebody takes the place or it costs nothing.
///
/// Source: Bertsekas and Castañón 1989, The auction algorithm for the transportation problem, LIDS-P-1850; the second
/// half is their reverse auction (1992, A forward/reverse auction algorithm for asymmetric assignment problems). A bid
/// goes to the best worker the task does not hold, at value − second best surplus + epsilon; a full worker lets the
/// lowest bid go. When both halves have ended, each choice is within epsilon of the best at the final prices
/// (epsilon-complementary slackness) and no worker with places left has a price, so the whole is within
/// slots × epsilon of the optimum. Each half ends by itself: in the first prices only rise, in the second only fall.
struct Auction {
    /// A price that nobody pays: of a worker without places.
    static let infinitePrice = Int64.max / 4

    var market: SolverMarket
    var bidsMax: Int

    /// What a place with each worker costs at least.
    var prices: [Int64]
    private(set) var isHeld: [Bool]
    /// Slots of each task without a worker.
    private(set) var open: [Int32]
    var bids = 0
    var book: BidBook
    /// What each task holds, as many as it has slots less open ones.
    private var held: [Held]

    /// A held edge, with what is looked up most often.
    struct Held {
        let edge: Int32
        let worker: Int32
        let value: Int64
    }

    /// Where those of each task begin.
    private var heldStart: [Int32]
    private var queue: TaskQueue
    var columns: Columns?
    /// What each task would give up for another worker, as the second half needs it.
    var profits: Profits
    /// Edges taken and let go, one after the other, when somebody wants to know.
    var journal: [Int32]?

    /// - Parameter rooms: for how many bids of each worker memory is set aside; more is when it is needed.
    init(_ market: SolverMarket, places: [Int32], rooms: [Int32]? = nil, bidsMax: Int) {
        (self.market, self.bidsMax) = (market, bidsMax)
        prices = places.map { $0 > 0 ? 0 : Self.infinitePrice }
        isHeld = Array(repeating: false, count: market.edgeCount)
        open = market.slots
        book = BidBook(places: places, rooms: rooms ?? places)
        var end = Int32(0)
        heldStart = market.slots.map { slots in
            end += slots
            return end - slots
        }
        held = Array(repeating: Held(edge: -1, worker: -1, value: 0), count: Int(end))
        queue = TaskQueue(count: market.taskCount)
        profits = Profits(count: market.taskCount)
    }

    var isExhausted: Bool { bids >= bidsMax }

    /// Solves from no pairs at all, by epsilon scaling: coarse to fine, each phase starting from the last one's prices.
    /// - Parameter epsilons: falling, each at least 1.
    /// - Returns: whether the last phase ended with epsilon-complementary slackness.
    mutating func solve(epsilons: [Int64]) -> Bool {
        var isSettled = false
        for epsilon in epsilons {
            letAllGo()
            isSettled = settle(epsilon)
        }
        return isSettled
    }

    /// Lets those who are waiting bid, then the workers with places left.
    mutating func settle(_ epsilon: Int64) -> Bool {
        forward(epsilon)
        reverse(epsilon)
        return !isExhausted
    }

    /// Takes over prices and pairs of an earlier solve, as far as workers still have places and tasks slots; whoever
    /// could do better at these prices by more than epsilon (nil: nobody is asked), or lacks a worker, waits to bid.
    mutating func takeOver(prices earlier: [Int64], edges: some Sequence<(edge: Int, task: Int)>, _ epsilon: Int64?) {
        for worker in prices.indices where prices[worker] < Self.infinitePrice {
            prices[worker] = min(max(earlier[worker], 0), Self.infinitePrice - 1)
        }
        for (edge, task) in edges {
            let worker = Int(market.edgeWorker[edge])
            guard open[task] > 0, !isHeld[edge], !book.isFull(worker), market.edgeValue[edge] > market.openValue else {
                continue
            }
            hold(edge, of: task)
            _ = book.keep(
                BidBook.Bid(amount: prices[worker], edge: Int32(edge), task: Int32(task)), at: worker)
        }
        for task in open.indices where market.slots[task] > 0 {
            if let epsilon { reconsider(task, epsilon) } else if open[task] > 0 { queue.push(task) }
        }
    }

    /// Lets go what the task could better by more than epsilon, and lets it bid for its open slots.
    mutating func reconsider(_ task: Int, _ epsilon: Int64) {
        while open[task] < market.slots[task] {
            var best = market.openValue
            for edge in market.edges(of: task) where !isHeld[edge] {
                best = max(best, market.edgeValue[edge] - prices[Int(market.edgeWorker[edge])])
            }
            let worst = worst(of: task)
            guard worst.amount < best - epsilon else { break }
            book.withdraw(Int32(worst.edge), at: Int(market.edgeWorker[worst.edge]))
            letGo(worst.edge, of: task)
        }
        if open[task] > 0 { queue.push(task) }
    }

    private mutating func letAllGo() {
        book.clear()
        for edge in isHeld.indices where isHeld[edge] {
            isHeld[edge] = false
            journal?.append(Int32(edge))
        }
        open = market.slots
        for task in open.indices where open[task] > 0 { queue.push(task) }
    }

    @inline(__always)
    mutating func hold(_ edge: Int, of task: Int) {
        isHeld[edge] = true
        held[Int(heldStart[task] + market.slots[task] - open[task])] = Held(
            edge: Int32(edge), worker: market.edgeWorker[edge], value: market.edgeValue[edge])
        open[task] -= 1
        journal?.append(Int32(edge))
    }

    @inline(__always)
    mutating func letGo(_ edge: Int, of task: Int) {
        isHeld[edge] = false
        open[task] += 1
        let last = Int(heldStart[task] + market.slots[task] - open[task])
        var place = last
        while held[place].edge != Int32(edge) { place -= 1 }
        held[place] = held[last]
        journal?.append(Int32(edge))
    }

    /// The least that a task holds, less its price; of equal ones the last edge.
    @inline(__always)
    func worst(of task: Int) -> (amount: Int64, edge: Int) {
        var worst = (amount: Int64.max, edge: Int32(-1))
        let start = Int(heldStart[task])
        for place in start..<(start + Int(market.slots[task] - open[task])) {
            let entry = held[place]
            let surplus = entry.value - prices[Int(entry.worker)]
            if surplus < worst.amount || (surplus == worst.amount && entry.edge > worst.edge) {
                worst = (surplus, entry.edge)
            }
        }
        return (worst.amount, Int(worst.edge))
    }

    /// What all held pairs are worth.
    var value: Int128 {
        var value = Int128(0)
        for task in 0..<market.taskCount where market.slots[task] > open[task] {
            let start = Int(heldStart[task])
            for place in start..<(start + Int(market.slots[task] - open[task])) { value += Int128(held[place].value) }
        }
        return value
    }

    /// The edges that a task holds.
    func held(by task: Int) -> [Int32] {
        held[Int(heldStart[task])..<Int(heldStart[task] + market.slots[task] - open[task])].map(\.edge)
    }
}

// What changes between two solves of a standing market.
extension Auction {
    /// One more task, the market's last row, which waits to bid.
    mutating func appendTask() {
        let task = market.taskCount - 1
        for edge in market.edges(of: task) {
            isHeld.append(false)
            columns?.append(market.edgeWorker[edge], of: Int32(task))
        }
        heldStart.append(Int32(held.count))
        held.append(
            contentsOf: repeatElement(Held(edge: -1, worker: -1, value: 0), count: Int(market.slots[task])))
        open.append(market.slots[task])
        queue.grow(to: market.taskCount)
        profits.grow(to: market.taskCount)
        queue.push(task)
    }

    /// The task wants nobody any more.
    mutating func removeTask(_ task: Int) {
        for edge in held(by: task) {
            book.withdraw(edge, at: Int(market.edgeWorker[Int(edge)]))
            letGo(Int(edge), of: task)
        }
        market.slots[task] = 0
        open[task] = 0
    }

    /// Another number of places. Who had none begins so dear that nobody comes, and then comes down.
    mutating func setPlaces(_ count: Int32, of worker: Int, dearest: Int64) {
        let evicted = book.setPlaces(count, of: worker)
        for bid in evicted {
            letGo(Int(bid.edge), of: Int(bid.task))
            queue.push(Int(bid.task))
        }
        if count == 0 {
            prices[worker] = Self.infinitePrice
        } else if prices[worker] == Self.infinitePrice {
            prices[worker] = dearest
        } else if !evicted.isEmpty {
            prices[worker] = book.lowestAmount(of: worker)
        }
    }
}

// Forward: tasks bid.
extension Auction {
    private mutating func forward(_ epsilon: Int64) {
        while let task = queue.pop() {
            while open[task] > 0 {
                if isExhausted { return queue.clear() }
                guard open[task] < Self.togetherLeast ? placeBid(of: task, epsilon) : placeBids(of: task, epsilon)
                else { break }
            }
        }
    }

    /// The task's next bid; false when no worker is worth the price.
    private mutating func placeBid(of task: Int, _ epsilon: Int64) -> Bool {
        var best = market.openValue
        var second = market.openValue
        var bestEdge = -1
        let holdsAny = open[task] < market.slots[task]
        for edge in Int(market.rowStart[task])..<Int(market.rowEnd[task]) {
            let surplus = market.edgeValue[edge] - prices[Int(market.edgeWorker[edge])]
            guard surplus > second, !(holdsAny && isHeld[edge]) else { continue }
            if surplus > best {
                second = best
                best = surplus
                bestEdge = edge
            } else {
                second = surplus
            }
        }
        guard bestEdge >= 0 else { return false }
        bid(on: bestEdge, of: task, leaving: second - epsilon)
        return true
    }

    /// From so many open slots on a task bids for all of them after one look at its candidates.
    private static var togetherLeast: Int32 { 4 }

    /// Bids for all open slots, each leaving as much as the best worker whom none of them would get: slots of one task
    /// are alike, so they need not outbid each other (Bertsekas and Castañón's similar persons).
    private mutating func placeBids(of task: Int, _ epsilon: Int64) -> Bool {
        var found: [(surplus: Int64, edge: Int)] = []
        for edge in Int(market.rowStart[task])..<Int(market.rowEnd[task]) where !isHeld[edge] {
            let surplus = market.edgeValue[edge] - prices[Int(market.edgeWorker[edge])]
            if surplus > market.openValue { found.append((surplus, edge)) }
        }
        guard !found.isEmpty else { return false }
        found.sort { ($1.surplus, $0.edge) < ($0.surplus, $1.edge) }
        let count = min(Int(open[task]), found.count)
        let next = count < found.count ? found[count].surplus : market.openValue
        for entry in found.prefix(count) { bid(on: entry.edge, of: task, leaving: next - epsilon) }
        return true
    }

    /// Takes the worker of an edge for as much as leaves the task so much of its value.
    @inline(__always)
    private mutating func bid(on edge: Int, of task: Int, leaving surplus: Int64) {
        bids += 1
        hold(edge, of: task)
        let worker = Int(market.edgeWorker[edge])
        let bid = BidBook.Bid(
            // Never more than it is worth to the task: a bound made of such prices would be too high.
            amount: market.edgeValue[edge] - max(surplus, market.openValue), edge: Int32(edge), task: Int32(task))
        if let evicted = book.keep(bid, at: worker) {
            letGo(Int(evicted.edge), of: Int(evicted.task))
            queue.push(Int(evicted.task))
        }
        if book.isFull(worker) { prices[worker] = book.lowestAmount(of: worker) }
    }
}
