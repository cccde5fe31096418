/// A match that stays in memory and follows its market: tasks come and go, workers get more or fewer places, and each
/// tick mends what that broke, with a certificate of the whole.
///
/// Counts places alone: all tasks are equally long. A tick's cost: its bids, one look at every task, and now and then
/// one at every candidate for the certificate. Rows of tasks that are gone are cleared away when they are as many as
/// those that stand, which takes as long as reading the market anew.
package struct StandingMatch: Sendable {
    private var auction: Auction
    private var places: [Int32]
    private var taskPlace: [UInt128: Int32]
    private let workerPlace: [UInt128: Int32]
    private let epsilon: Int64
    /// No value was ever greater.
    private var dearest: Int64
    /// Edges of rows that are gone.
    private var deadEdges = 0
    private var kept: KeptBound?

    /// What happened since the last tick. Tasks and workers by id.
    package struct Change: Sendable {
        package var gone: [UInt128] = []
        package var arrived: [Arrival] = []
        /// Workers who now have so many places in all; a worker keeps tasks before new ones come.
        package var places: [(worker: UInt128, count: Int)] = []

        /// Nothing yet.
        package init() {}
    }

    /// A task that arrives.
    package struct Arrival: Sendable {
        package let id: UInt128
        package let slots: Int
        package let candidates: [(worker: UInt128, value: Int64)]

        /// Checked when the tick takes it.
        package init(id: UInt128, slots: Int, candidates: [(worker: UInt128, value: Int64)]) {
            (self.id, self.slots, self.candidates) = (id, slots, candidates)
        }
    }

    /// What a tick came to.
    package struct Tick: Sendable {
        /// Pairs that are new, and pairs that are no more; those of tasks that are gone included.
        package let made: [Proposal.Pair]
        package let dropped: [Proposal.Pair]
        package let certificate: Certificate
        package let bids: Int
        /// False when everything was solved anew, since mending ended too far from the bound.
        package let isWarm: Bool
    }

    /// Why a change was refused, before any of it was taken.
    package enum Fault: Error, Hashable, Sendable {
        case unknownTask(UInt128)
        case knownTask(UInt128)
        case unknownWorker(UInt128)
        case outOfBounds(UInt128)
    }

    /// Solves the market. Its workers stay; of their time only the number of places is looked at.
    /// - Parameter perMille: how near to the optimum, as ``Matcher/Precision/perMille(_:)``.
    /// - Returns: nil when tasks differ in length, or every slot has to be filled.
    package init?(_ market: Market, perMille: Int, bidsMax: Int = 200_000_000) {
        let ordered = SolverMarket(market, keepsAll: true)
        let counted = Places(ordered)
        let units = ordered.taskUnits.first ?? 1
        guard market.fill == .whatPays, ordered.edgeUnits.isEmpty, ordered.taskUnits.allSatisfy({ $0 == units }) else {
            return nil
        }
        let matcher = Matcher(precision: .perMille(perMille), bidsMax: bidsMax)
        // What they have the time for, not only what they are candidates of now.
        places = ordered.workerUnits.indices.map { worker in
            min(
                ordered.workerUnits[worker] / units, ordered.workerTasksMax[worker], Int32(Market.Bounds.placesMax))
        }
        epsilon = matcher.epsilons(ordered).last ?? 1
        taskPlace = Dictionary(uniqueKeysWithValues: zip(ordered.taskIDs, Int32(0)...))
        workerPlace = Dictionary(uniqueKeysWithValues: zip(ordered.workerIDs, Int32(0)...))
        dearest = ordered.edgeValue.max() ?? 0
        auction = Auction(ordered, places: places, rooms: counted.counts, bidsMax: bidsMax)
        _ = auction.solve(epsilons: [epsilon])
        auction.columns = Columns(ordered)
    }

    /// The pairs that stand, by task as they came, then by worker.
    package var pairs: [Proposal.Pair] {
        auction.market.pairs((0..<auction.market.taskCount).flatMap { edges(of: $0) })
    }

    private func edges(of task: Int) -> [(edge: Int, task: Int)] {
        auction.held(by: task).sorted().map { (Int($0), task) }
    }

    /// What the pairs are worth, and what the prices prove.
    package var certificate: Certificate {
        let bound = Bound(market: auction.market, places: places, prices: auction.prices).value
        return Certificate(auction.value, bound: bound)
    }

    /// Takes a change and mends the match.
    package mutating func tick(_ change: Change) throws(Fault) -> Tick {
        try check(change)
        auction.journal = []
        let before = auction.bids
        auction.bidsMax = before + 200_000_000
        take(change)
        _ = auction.settle(epsilon)
        var certificate = proof()
        let isWarm = certificate.ratioMillionths >= Certificate.coldMillionths
        if !isWarm {
            _ = auction.solve(epsilons: [epsilon])
            kept = nil
            certificate = proof()
        }
        let (made, dropped) = changes()
        let bids = auction.bids - before
        if deadEdges > auction.market.edgeCount / 2 { clearAway() }
        return Tick(made: made, dropped: dropped, certificate: certificate, bids: bids, isWarm: isWarm)
    }

    /// By the bound that is kept, as long as it is near enough; else by a new one of the prices of now.
    private mutating func proof() -> Certificate {
        let value = auction.value
        if let kept {
            let certificate = Certificate(value, bound: kept.value)
            if certificate.ratioMillionths >= Certificate.alarmMillionths { return certificate }
        }
        let bound = KeptBound(auction.market, places: places, prices: auction.prices)
        kept = bound
        return Certificate(value, bound: bound.value)
    }

    private func check(_ change: Change) throws(Fault) {
        var gone: Set<UInt128> = []
        for id in change.gone {
            guard taskPlace[id] != nil, gone.insert(id).inserted else { throw .unknownTask(id) }
        }
        var arrived: Set<UInt128> = []
        for task in change.arrived {
            guard taskPlace[task.id] == nil, arrived.insert(task.id).inserted else { throw .knownTask(task.id) }
            guard (0...Market.Bounds.slotsPerTaskMax).contains(task.slots) else { throw .outOfBounds(task.id) }
            var seen: Set<UInt128> = []
            for (worker, value) in task.candidates {
                guard workerPlace[worker] != nil, seen.insert(worker).inserted else { throw .unknownWorker(worker) }
                guard (0...Market.Bounds.valueMax).contains(value) else { throw .outOfBounds(task.id) }
            }
        }
        for (worker, count) in change.places {
            guard workerPlace[worker] != nil else { throw .unknownWorker(worker) }
            guard (0...Market.Bounds.placesMax).contains(count) else { throw .outOfBounds(worker) }
        }
        let edges = change.arrived.reduce(auction.market.edgeCount) { $0 + $1.candidates.count }
        if edges > 2 * Market.Bounds.candidatesMax { throw .outOfBounds(change.arrived[0].id) }
    }

    private mutating func take(_ change: Change) {
        for id in change.gone {
            guard let task = taskPlace.removeValue(forKey: id) else { continue }
            kept?.takeOut(Int(task), of: auction.market)
            auction.removeTask(Int(task))
            deadEdges += auction.market.edges(of: Int(task)).count
        }
        dearest = change.arrived.reduce(dearest) { $1.candidates.reduce($0) { max($0, $1.value) } }
        for (id, count) in change.places {
            guard let worker = workerPlace[id] else { continue }
            if kept?.setPlaces(Int(worker), from: places[Int(worker)], to: Int32(count)) == false { kept = nil }
            places[Int(worker)] = Int32(count)
            auction.setPlaces(Int32(count), of: Int(worker), dearest: dearest + 1)
        }
        for arrival in change.arrived {
            let row = arrival.candidates.compactMap { candidate in
                workerPlace[candidate.worker].map { Candidate(worker: $0, value: candidate.value) }
            }
            taskPlace[arrival.id] = Int32(auction.market.taskCount)
            auction.market.append(TaskDemand(id: arrival.id, slots: arrival.slots, units: 1), row)
            auction.appendTask()
            kept?.takeIn(auction.market.taskCount - 1, of: auction.market)
        }
    }

    /// Which edges were taken or let go an odd number of times.
    private mutating func changes() -> (made: [Proposal.Pair], dropped: [Proposal.Pair]) {
        let journal = (auction.journal ?? []).sorted()
        auction.journal = nil
        var odd: [Int32] = []
        for edge in journal {
            if odd.last == edge { odd.removeLast() } else { odd.append(edge) }
        }
        let tasks = auction.market.rowStart
        let pairs = odd.map { edge in
            // The last row that begins at or before the edge.
            var (low, high) = (0, tasks.count)
            while low < high {
                let middle = (low + high) / 2
                if tasks[middle] <= edge { low = middle + 1 } else { high = middle }
            }
            return (edge: Int(edge), task: low - 1)
        }
        return (
            auction.market.pairs(pairs.filter { auction.isHeld[$0.edge] }),
            auction.market.pairs(pairs.filter { !auction.isHeld[$0.edge] })
        )
    }

    private mutating func clearAway() {
        let (market, old) = (auction.market.living(rows: taskPlace.values.map(Int.init).sorted()), auction)
        let rooms = Places(market.market).counts
        var renewed = Auction(market.market, places: places, rooms: rooms, bidsMax: old.bidsMax)
        let held = market.rows.enumerated().flatMap { task, row in
            old.held(by: row).sorted().map { edge in
                (edge: Int(edge) - Int(old.market.rowStart[row]) + Int(market.market.rowStart[task]), task: task)
            }
        }
        renewed.takeOver(prices: old.prices, edges: held, nil)
        auction = renewed
        taskPlace = Dictionary(uniqueKeysWithValues: zip(market.market.taskIDs, Int32(0)...))
        deadEdges = 0
    }
}
