/// The prices of a clock that falls from the ceiling to the floor.
///
/// Each step falls by its ten-thousandths, rounded down, but by at least one minor unit; the floor is the last price.
struct ClockPrices: Sequence, IteratorProtocol {
    private let floor: Int64
    private let step: Int64
    private var price: Int64?

    init(_ market: AuctionMarket) {
        (floor, step, price) = (market.floorMinor, Int64(market.stepBasisPoints), market.ceilingMinor)
    }

    mutating func next() -> Int64? {
        guard let now = price else { return nil }
        price = now > floor ? Swift.max(floor, now - Swift.max(1, now * step / 10_000)) : nil
        return now
    }
}

/// The bids of a clock auction, the lowest first, ties by hash.
///
/// Source: the descending clock under a budget (Balkanski et al., arXiv 2107.09239), with one price for all. A worker
/// leaves at the first price below their bid; the first price at which the units of those who stay fit the budget and
/// what is wanted clears, and everyone staying is paid it. What a worker bids only says when they leave, so that no bid
/// does better than the least they would take. Offering fewer units can raise the price: the lane is truthful in the
/// price, not in the quantity.
struct ClockLane {
    /// Where the clock stops.
    enum Stop: Hashable {
        /// Everyone whose bid is not above the price gets all they offer.
        case price(Int64)
        /// Even at the floor those who stay offer more than fits: they take turns by their hash.
        case turns
    }

    let market: AuctionMarket
    let budget: Int64
    let ties: [AuctionTie]
    /// Places in the market's bidders, the lowest bid first.
    let order: [Int32]
    /// By rank.
    private let bids: [Int64]
    /// The units of all lower ranks; one more than there are bidders.
    private let unitsBefore: [Int64]

    /// Time: O(n log n).
    /// - Throws: ``AuctionMarketFault/budgetMissing``.
    init(_ market: AuctionMarket) throws(AuctionMarketFault) {
        guard let budget = market.budgetMinor else { throw .budgetMissing }
        let ties = market.bidders.map { AuctionTie(auction: market.id, bidder: $0.id, seed: market.seed) }
        let order = (0..<Int32(market.bidders.count)).sorted { one, other in
            let (one, other) = (Int(one), Int(other))
            let (bid, otherBid) = (market.bidders[one].bidMinor, market.bidders[other].bidMinor)
            return bid == otherBid ? ties[one] < ties[other] : bid < otherBid
        }
        var unitsBefore: [Int64] = [0]
        var units = Int64(0)
        for bidder in order {
            units += Int64(market.capacity(market.bidders[Int(bidder)]))
            unitsBefore.append(units)
        }
        (self.market, self.budget, self.ties, self.order) = (market, budget, ties, order)
        bids = order.map { market.bidders[Int($0)].bidMinor }
        self.unitsBefore = unitsBefore
    }

    /// How many bidders stay at a price; they are the first in ``order``.
    func stayers(at price: Int64) -> Int { bids.firstPlace { $0 > price } }

    /// The units of the bidders of the first ranks.
    func units(ofFirst count: Int) -> Int64 { unitsBefore[count] }

    /// How many units fit both the budget and what is wanted.
    func fitting(at price: Int64) -> Int64 {
        let wanted = Int64(market.unitsWanted)
        return price == 0 ? wanted : min(wanted, budget / price)
    }

    /// Where the clock stops. Time: O(steps × log n).
    func stop() -> Stop {
        for price in ClockPrices(market) where units(ofFirst: stayers(at: price)) <= fitting(at: price) {
            return .price(price)
        }
        return .turns
    }

    /// Clears the lane, as few bidders as there may be.
    func clear() -> AuctionResult {
        let stop = stop()
        let (price, staying) = stays(stop)
        let units = stop == .turns ? turns(among: staying) : nil
        var (filled, paid) = (0, Int64(0))
        var standings: [AuctionResult.Standing] = []
        standings.reserveCapacity(order.count)
        for (place, bidder) in order.enumerated() {
            let own = market.bidders[Int(bidder)]
            let won = place >= staying ? 0 : units?[Int(bidder)] ?? (units == nil ? market.capacity(own) : 0)
            let payment = Int64(won) * price
            (filled, paid) = (filled + won, paid + payment)
            standings.append(
                .init(
                    bidder: own.id, scoreMinor: own.qualityMinor - own.bidMinor, units: won, paymentMinor: payment))
        }
        let outcome: AuctionOutcome
        if filled == market.unitsWanted {
            outcome = .cleared
        } else if filled > 0 {
            outcome = .partlyFilled
        } else {
            outcome = stop == .turns ? .budgetTooSmall : .everyoneLeft
        }
        return AuctionResult(
            lane: .clock, outcome: outcome, unitsWanted: market.unitsWanted, unitsFilled: filled, paymentMinor: paid,
            cutOffScoreMinor: nil, bestLosingScoreMinor: nil, clearingPriceMinor: filled > 0 ? price : nil,
            standings: standings
        )
    }

    private func stays(_ stop: Stop) -> (price: Int64, count: Int) {
        switch stop {
        case .price(let price): (price, stayers(at: price))
        case .turns: (market.floorMinor, stayers(at: market.floorMinor))
        }
    }

    /// Places at the floor, by the bidder's place in the market. All who stay have the same bid, so the order of the
    /// ranks is that of the hashes.
    private func turns(among staying: Int) -> [Int: Int] {
        var left = fitting(at: market.floorMinor)
        var units: [Int: Int] = [:]
        for bidder in order.prefix(staying) where left > 0 {
            let won = min(Int64(market.capacity(market.bidders[Int(bidder)])), left)
            units[Int(bidder)] = Int(won)
            left -= won
        }
        return units
    }

    /// The highest bid with which a bidder gets anything, and what: all bids up to it get the same. Nil if no bid does.
    /// Time: O(steps × log n).
    /// - Parameters:
    ///   - bidder: their place in the market.
    ///   - quantity: as if they had offered so many units.
    func reach(of bidder: Int, quantity: Int) -> (bid: Int64, units: Int)? {
        let own = market.bidders[bidder]
        let offered = Int64(market.capacity(own))
        let capacity = Int64(min(quantity, market.tasks))
        for price in ClockPrices(market) {
            let others = units(ofFirst: stayers(at: price)) - (own.bidMinor <= price ? offered : 0)
            if others + capacity <= fitting(at: price) { return (price, Int(capacity)) }
        }
        var left = fitting(at: market.floorMinor)
        for other in order.prefix(stayers(at: market.floorMinor)) where left > 0 {
            guard ties[Int(other)] < ties[bidder] else { break }
            left -= min(Int64(market.capacity(market.bidders[Int(other)])), left)
        }
        return left > 0 ? (market.floorMinor, Int(min(capacity, left))) : nil
    }
}
