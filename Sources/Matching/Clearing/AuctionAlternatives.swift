/// What a bidder would have got with another bid, all others as they were.
package struct AuctionAlternative: Hashable, Sendable {
    /// The bid.
    package let bidMinor: Int64
    /// How many units it would have won.
    package let units: Int
    /// What they would have been paid together.
    package let paymentMinor: Int64
}

/// The bids of an auction in order, to ask what other bids would have got. Nothing is cleared again.
package struct AuctionAlternatives: Sendable {
    private enum Order {
        case sealed(SealedLane)
        case clock(ClockLane)
    }

    private let market: AuctionMarket
    private let order: Order

    /// Time: O(n log n).
    /// - Throws: ``AuctionMarketFault/budgetMissing``.
    package init(_ market: AuctionMarket, _ lane: AuctionLane) throws(AuctionMarketFault) {
        self.market = market
        switch lane {
        case .sealed: order = .sealed(SealedLane(market))
        case .clock: order = .clock(try ClockLane(market))
        }
    }

    /// What each of a bidder's own bids would have won and been paid. A bid outside floor and ceiling is not admissible
    /// and wins nothing.
    ///
    /// Shape: in the order of the bids. Time: O(log n) a bid; in the clock lane O(steps × log n) for all.
    /// - Parameter quantity: as if so many units had been offered, 1 to ``AuctionMarket/Bounds/quantityMax``; else
    ///   as many as were.
    /// - Throws: ``AuctionMarketFault/noSuchBidder(_:)``, ``AuctionMarketFault/quantityOutOfBounds(bidder:)``.
    package func of(
        _ bidder: UInt128, bids: [Int64], quantity: Int? = nil
    ) throws(AuctionMarketFault) -> [AuctionAlternative] {
        guard let place = market.place(of: bidder) else { throw .noSuchBidder(bidder) }
        let quantity = quantity ?? market.bidders[place].quantity
        guard (1...AuctionMarket.Bounds.quantityMax).contains(quantity) else {
            throw .quantityOutOfBounds(bidder: place)
        }
        let isAuction = market.bidders.count >= AuctionMarket.Bounds.biddersMin
        let admissible = market.floorMinor...market.ceilingMinor
        switch order {
        case .sealed(let lane):
            return bids.map { bid in
                let isIn = isAuction && admissible.contains(bid)
                let units = isIn ? lane.units(of: place, bid: bid, quantity: quantity) : 0
                return AuctionAlternative(
                    bidMinor: bid, units: units,
                    paymentMinor: units > 0 ? lane.payment(of: place, units: 0..<units) : 0
                )
            }
        case .clock(let lane):
            let reach = isAuction ? lane.reach(of: place, quantity: quantity) : nil
            return bids.map { bid in
                guard let reach, (market.floorMinor...reach.bid).contains(bid) else {
                    return AuctionAlternative(bidMinor: bid, units: 0, paymentMinor: 0)
                }
                return AuctionAlternative(
                    bidMinor: bid, units: reach.units, paymentMinor: Int64(reach.units) * reach.bid)
            }
        }
    }
}
