/// A sealed auction as it stands when it is cleared: what is wanted, within which bounds, and every bid.
///
/// Shape: tasks are alike and each wants `redundancy` different workers, so that one worker gets at most as many units
/// as there are tasks. All amounts are in minor units of one currency, for one unit. Bidders are kept in the order of
/// their ids: two markets with the same bids in another order are equal.
package struct AuctionMarket: Hashable, Sendable {
    /// What a worker bids, and what was frozen about them.
    package struct Bidder: Hashable, Sendable {
        /// The worker: the bits of their UUID.
        package let id: UInt128
        /// What the worker's quality is worth for one unit; frozen before the opening.
        package let qualityMinor: Int64
        /// The least the worker takes for one unit; within floor and ceiling.
        package let bidMinor: Int64
        /// How many units the worker takes at most; 1 to ``Bounds/quantityMax``.
        package let quantity: Int

        /// A bid; checked when the market is made.
        package init(id: UInt128, qualityMinor: Int64, bidMinor: Int64, quantity: Int) {
            (self.id, self.qualityMinor, self.bidMinor, self.quantity) = (id, qualityMinor, bidMinor, quantity)
        }
    }

    /// The sizes up to which no sum can overflow.
    package enum Bounds {
        /// The greatest amount.
        package static let amountMax: Int64 = 1_000_000_000_000
        /// The greatest score or reserve, above or below zero: a quality less a bid.
        package static let scoreMax: Int64 = 2 * amountMax
        /// The most that all units at the ceiling may cost.
        package static let totalMax: Int64 = 1_000_000_000_000_000_000
        /// The most units that one worker can offer.
        package static let quantityMax = 1_000_000
        /// The most tasks.
        package static let tasksMax = 1_000_000
        /// The most workers that one task can want.
        package static let redundancyMax = 100
        /// The most bidders.
        package static let biddersMax = 1_000_000
        /// The least bidders; with fewer the posted pay stands.
        package static let biddersMin = 3
        /// The bytes of the seed.
        package static let seedBytes = 32
        /// By how much the clock may fall in one step, in ten-thousandths.
        package static let stepBasisPoints = 1...5_000
    }

    /// The auction: the bits of its UUID.
    package let id: UInt128
    /// What ties are broken by, with the ids; committed to at the opening. ``Bounds/seedBytes`` bytes.
    package let seed: [UInt8]
    /// How many tasks there are; 1 to ``Bounds/tasksMax``.
    package let tasks: Int
    /// How many different workers each task wants; 1 to ``Bounds/redundancyMax``.
    package let redundancy: Int
    /// The least that may be bid and paid; at least 0.
    package let floorMinor: Int64
    /// The most that may be bid and paid; where the clock begins.
    package let ceilingMinor: Int64
    /// The least score that wins; for the sealed lane.
    package let reserveScoreMinor: Int64
    /// The most that all units together may cost; the clock lane needs it.
    package let budgetMinor: Int64?
    /// By how much the clock falls in one step, in ten-thousandths of the price.
    package let stepBasisPoints: Int
    /// The bids, by id.
    package let bidders: [Bidder]

    /// A checked market. Time: O(n log n).
    /// - Throws: ``AuctionMarketFault``, the first found.
    package init(
        id: UInt128, seed: [UInt8], tasks: Int, redundancy: Int = 1, floorMinor: Int64, ceilingMinor: Int64,
        reserveScoreMinor: Int64 = -Bounds.scoreMax, budgetMinor: Int64? = nil, stepBasisPoints: Int = 200,
        bidders: [Bidder]
    ) throws(AuctionMarketFault) {
        (self.id, self.seed, self.tasks, self.redundancy) = (id, seed, tasks, redundancy)
        (self.floorMinor, self.ceilingMinor, self.reserveScoreMinor) = (floorMinor, ceilingMinor, reserveScoreMinor)
        (self.budgetMinor, self.stepBasisPoints) = (budgetMinor, stepBasisPoints)
        try Self.checkTerms(
            seed: seed, tasks: tasks, redundancy: redundancy, floor: floorMinor, ceiling: ceilingMinor,
            reserve: reserveScoreMinor, budget: budgetMinor, step: stepBasisPoints
        )
        guard bidders.count <= Bounds.biddersMax else { throw .tooManyBidders }
        for (place, bidder) in bidders.enumerated() {
            guard (-Bounds.amountMax...Bounds.amountMax).contains(bidder.qualityMinor) else {
                throw .qualityOutOfBounds(bidder: place)
            }
            guard (floorMinor...ceilingMinor).contains(bidder.bidMinor) else { throw .bidOutOfBounds(bidder: place) }
            guard (1...Bounds.quantityMax).contains(bidder.quantity) else {
                throw .quantityOutOfBounds(bidder: place)
            }
        }
        let order = bidders.indices.sorted { bidders[$0].id < bidders[$1].id }
        for (one, next) in zip(order, order.dropFirst()) where bidders[one].id == bidders[next].id {
            throw .bidderTwice(bidder: max(one, next))
        }
        self.bidders = order.map { bidders[$0] }
    }

    private static func checkTerms(
        seed: [UInt8], tasks: Int, redundancy: Int, floor: Int64, ceiling: Int64, reserve: Int64, budget: Int64?,
        step: Int
    ) throws(AuctionMarketFault) {
        guard seed.count == Bounds.seedBytes else { throw .seedMalformed }
        guard (1...Bounds.tasksMax).contains(tasks) else { throw .tasksOutOfBounds }
        guard (1...Bounds.redundancyMax).contains(redundancy) else { throw .redundancyOutOfBounds }
        guard (0...Bounds.amountMax).contains(floor) else { throw .floorOutOfBounds }
        guard (floor...Bounds.amountMax).contains(ceiling) else { throw .ceilingOutOfBounds }
        guard (-Bounds.scoreMax...Bounds.scoreMax).contains(reserve) else { throw .reserveOutOfBounds }
        if let budget, !(0...Bounds.amountMax).contains(budget) { throw .budgetOutOfBounds }
        guard Bounds.stepBasisPoints.contains(step) else { throw .stepOutOfBounds }
        guard ceiling <= Bounds.totalMax / Int64(tasks * redundancy) else { throw .tooMuchMoney }
    }

    /// How many units are wanted.
    package var unitsWanted: Int { tasks * redundancy }

    /// The most units a bidder can get.
    func capacity(_ bidder: Bidder) -> Int { min(bidder.quantity, tasks) }

    /// The place of a bidder in ``bidders``; nil if there is none of that id. Time: O(log n).
    package func place(of id: UInt128) -> Int? {
        let place = bidders.firstPlace { $0.id >= id }
        return place < bidders.count && bidders[place].id == id ? place : nil
    }

    /// The same market with other bids.
    /// - Throws: ``AuctionMarketFault``, the first found.
    package func with(_ bidders: [Bidder]) throws(AuctionMarketFault) -> AuctionMarket {
        try AuctionMarket(
            id: id, seed: seed, tasks: tasks, redundancy: redundancy, floorMinor: floorMinor,
            ceilingMinor: ceilingMinor, reserveScoreMinor: reserveScoreMinor, budgetMinor: budgetMinor,
            stepBasisPoints: stepBasisPoints, bidders: bidders
        )
    }
}

/// Why an auction's market was refused; the places are those in the input.
package enum AuctionMarketFault: Error, Hashable, Sendable {
    /// The seed has not ``AuctionMarket/Bounds/seedBytes`` bytes.
    case seedMalformed
    /// No task, or too many.
    case tasksOutOfBounds
    /// A task wants no worker, or too many.
    case redundancyOutOfBounds
    /// The floor is below zero or too high.
    case floorOutOfBounds
    /// The ceiling is below the floor or too high.
    case ceilingOutOfBounds
    /// The reserve is a score that nobody could have.
    case reserveOutOfBounds
    /// The budget is below zero or too high.
    case budgetOutOfBounds
    /// The clock would not fall, or by too much.
    case stepOutOfBounds
    /// All units at the ceiling cost more than can be counted here.
    case tooMuchMoney
    /// There are more than ``AuctionMarket/Bounds/biddersMax``.
    case tooManyBidders
    /// A quality is too far from zero.
    case qualityOutOfBounds(bidder: Int)
    /// A bid is below the floor or above the ceiling.
    case bidOutOfBounds(bidder: Int)
    /// A bidder offers no unit, or too many.
    case quantityOutOfBounds(bidder: Int)
    /// A bidder is there twice; the later one.
    case bidderTwice(bidder: Int)
    /// The clock lane needs a budget.
    case budgetMissing
    /// There is no bidder of that id.
    case noSuchBidder(UInt128)
    /// More units are said to be held than this market gives the bidder: they come from another one.
    case heldTooMany(UInt128)
}

extension Array {
    /// The first place at which a condition holds that, once it holds, holds for all that follow; the end if nowhere.
    func firstPlace(where holds: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
