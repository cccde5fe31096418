extension AuctionMarket {
    /// Clears the auction: the one function for files, for the database, for replay and for what-if.
    ///
    /// Time: O(n log n), and in the clock lane O(steps × log n) more. Memory: flat arrays, some hundred bytes a bidder.
    /// - Throws: ``AuctionMarketFault/budgetMissing``; every other fault was found when the market was made.
    package func clear(_ lane: AuctionLane) throws(AuctionMarketFault) -> AuctionResult {
        if bidders.count < Bounds.biddersMin { return try withoutWinners(lane) }
        return try clearAnyCount(lane)
    }

    /// What each of a bidder's own bids would have won and been paid, all others as they were; see
    /// ``AuctionAlternatives/of(_:bids:quantity:)``.
    package func alternatives(
        of bidder: UInt128, bids: [Int64], lane: AuctionLane
    ) throws(AuctionMarketFault) -> [AuctionAlternative] {
        try AuctionAlternatives(self, lane).of(bidder, bids: bids)
    }

    /// Who moves up after winners let units lapse, and at which price.
    ///
    /// The rule: whoever let anything lapse stands with what they still hold and no more, or not at all; the market is
    /// cleared again without the lapsed units, and what this gives a bidder beyond what they hold is theirs. In the
    /// sealed lane each further unit is paid the most at which it is still won in that clearing, in the clock lane that
    /// clearing's price: at least the bid, never above the ceiling. Who holds units keeps them at what they were
    /// awarded for. Nobody ever loses a unit by it, and units awarded never exceed those wanted, nor payments the
    /// budget. It may be repeated, with everything that lapsed so far.
    ///
    /// - Parameters:
    ///   - lapsed: everyone who let a unit lapse in this auction.
    ///   - held: the units that each bidder was awarded, by the clearing and by moving up, and did not let lapse.
    /// - Returns: those who get units, in the order of the clearing's standings.
    /// - Throws: ``AuctionMarketFault/noSuchBidder(_:)``, ``AuctionMarketFault/heldTooMany(_:)`` when what is held
    ///   cannot come from this market, ``AuctionMarketFault/budgetMissing``.
    package func movingUp(
        _ lane: AuctionLane, after lapsed: Set<UInt128>, held: [UInt128: Int]
    ) throws(AuctionMarketFault) -> [AuctionRise] {
        for id in lapsed.sorted() + held.keys.sorted() where place(of: id) == nil { throw .noSuchBidder(id) }
        var left: [Bidder] = []
        for bidder in bidders {
            let units = held[bidder.id] ?? 0
            guard (0...capacity(bidder)).contains(units) else { throw .heldTooMany(bidder.id) }
            guard lapsed.contains(bidder.id) else {
                left.append(bidder)
                continue
            }
            guard units > 0 else { continue }
            left.append(
                Bidder(
                    id: bidder.id, qualityMinor: bidder.qualityMinor, bidMinor: bidder.bidMinor, quantity: units))
        }
        let market = try with(left)
        let result = try market.clearAnyCount(lane)
        let sealed = lane == .sealed ? SealedLane(market) : nil
        var rises: [AuctionRise] = []
        for standing in result.standings {
            let units = held[standing.bidder] ?? 0
            guard units <= standing.units else { throw .heldTooMany(standing.bidder) }
            guard units < standing.units, let place = market.place(of: standing.bidder) else { continue }
            let further = units..<standing.units
            let payment = sealed?.payment(of: place, units: further)
            rises.append(
                AuctionRise(
                    bidder: standing.bidder, units: further.count,
                    paymentMinor: payment ?? Int64(further.count) * (result.clearingPriceMinor ?? 0)))
        }
        return rises
    }

    private func clearAnyCount(_ lane: AuctionLane) throws(AuctionMarketFault) -> AuctionResult {
        switch lane {
        case .sealed: SealedLane(self).clear()
        case .clock: try ClockLane(self).clear()
        }
    }

    private func withoutWinners(_ lane: AuctionLane) throws(AuctionMarketFault) -> AuctionResult {
        let result = try clearAnyCount(lane)
        return AuctionResult(
            lane: lane, outcome: .tooFewBidders, unitsWanted: unitsWanted, unitsFilled: 0, paymentMinor: 0,
            cutOffScoreMinor: nil, bestLosingScoreMinor: nil, clearingPriceMinor: nil,
            standings: result.standings.map {
                .init(bidder: $0.bidder, scoreMinor: $0.scoreMinor, units: 0, paymentMinor: 0)
            }
        )
    }
}
