package import Formats
package import Foundation
package import Matching
internal import Store

/// A bid as its bidder sees it; never anybody else's.
package struct OwnBid: Sendable {
    package let bid: Bid
    package let lane: AuctionLane
    package let auctionState: AuctionState
    package let closesAt: Date
    /// Of all its amounts.
    package let currency: Currency
    /// What was bid for an assignment; `nil` for one that was withdrawn, and for one that is sealed to who asks.
    package let amountMinor: Int64?
    /// Goes into the commitment; as hexadecimal digits.
    package let salt: String?
    /// Quality less bid; once the auction is cleared.
    package let scoreMinor: Int64?
    package let outcome: OwnOutcome?
}

/// What a bidder is told of how an auction ended.
package struct OwnOutcome: Sendable {
    package let outcome: String
    /// Sealed lane: the score of the last unit that won; what the own score is held against.
    package let cutOffScoreMinor: Int64?
    /// Clock lane: what each unit is paid.
    package let clearingPriceMinor: Int64?
    /// Units of the own awards, and what they come to, whatever became of them.
    package let unitsWon: Int
    package let totalMinor: Int64
}

/// A worker's own bids.
package struct MyBids: Sendable {
    /// Lines of the counterfactual table.
    static let alternativesMax = 21
    let market: Market

    package init(market: Market) { self.market = market }

    /// The newest first, by pages.
    ///
    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    ///   - unsealing: whether amounts are shown before the close: only to who has shown to be the bidder.
    ///   - actor: the worker.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``VaultRefusal``.
    package func callAsFunction(
        before last: Bid.ID? = nil, limit: Int = 50, unsealing: Bool = true, by actor: Principal.ID
    ) async throws -> [OwnBid] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { [keys = unsealing ? market.keys : nil] transaction in
            try await transaction.authorize(actor, as: .worker)
            let bids = try await transaction.bids(of: Worker.ID(actor.uuid), before: last, limit: limit)
            var own: [OwnBid] = []
            for bid in bids { own.append(try await transaction.own(bid, keys)) }
            return own
        }
    }

    /// One bid, and, once the auction is cleared, what other bids of the same bidder would have won and been paid, all
    /// others as they were.
    ///
    /// - Parameters:
    ///   - unsealing: as for the list.
    ///   - actor: the worker.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``VaultRefusal``.
    package func one(
        in auction: Auction.Key, unsealing: Bool = true, by actor: Principal.ID
    ) async throws -> (bid: OwnBid, alternatives: [AuctionAlternative]) {
        let keys = unsealing ? market.keys : nil
        let (own, held) = try await market.database.read { transaction -> (OwnBid, Auction) in
            try await transaction.authorize(actor, as: .worker)
            guard let bid = try await transaction.bid(of: Worker.ID(actor.uuid), in: auction),
                let held = try await transaction.auction(auction)
            else { throw NotFound("bid") }
            return (try await transaction.own(bid, keys), held)
        }
        guard held.state.isCleared, let hash = held.recordHash, let amount = own.bid.opened?.minorUnits else {
            return (own, [])
        }
        let order = try await order(of: held, hash)
        return (own, try order.alternatives.of(own.bid.worker.uuid.bits, bids: held.grid(around: amount)))
    }

    /// Others' bids are worked with and never shown, so that they are read as the program, on whosever behalf. Once an
    /// auction is cleared, they stay as they are.
    private func order(of auction: Auction, _ hash: Digest) async throws -> BidOrder {
        try await market.clearedAuctions.value(of: hash, weight: \.bidders) {
            let bids = try await ReadPreparation.$current.withValue(nil) {
                try await market.database.read { try await $0.bidders(in: auction) }
            }
            let record = try AuctionRecord(clearing: auction, bids: bids)
            return BidOrder(
                bidders: record.market.bidders.count,
                alternatives: try AuctionAlternatives(record.market, auction.lane))
        }
    }
}

/// The bids of a cleared auction in order, as it is kept.
private struct BidOrder: Sendable {
    let bidders: Int
    let alternatives: AuctionAlternatives
}

extension Auction {
    /// From the floor to the ceiling in even steps, the own bid among them.
    fileprivate func grid(around amount: Int64) -> [Int64] {
        let steps = Int64(MyBids.alternativesMax - 2)
        let span = ceilingMinor - floorMinor
        let even = (0...steps).map { floorMinor + Int64(Int128(span) * Int128($0) / Int128(steps)) }
        return Set(even + [amount]).sorted()
    }
}

extension Transaction {
    fileprivate func own(_ bid: Bid, _ keys: KeyRing?) async throws -> OwnBid {
        guard let auction = try await auction(bid.auction) else { throw NotFound("auction") }
        var amount = bid.opened
        if bid.state == .sealed, let sealed = bid.sealed, let keys, auction.state != .cancelled {
            amount = try await auctionKey(of: bid.auction, in: keys).key.open(sealed, of: bid.id, version: bid.version)
        }
        let isCleared = auction.state.isCleared && bid.state == .opened
        return OwnBid(
            bid: bid, lane: auction.lane, auctionState: auction.state, closesAt: auction.closesAt,
            currency: auction.currency, amountMinor: amount?.minorUnits,
            salt: amount.map { $0.salt.hexadecimal },
            scoreMinor: isCleared ? amount.map { bid.qualityMinor - $0.minorUnits } : nil,
            outcome: isCleared ? try await ownOutcome(of: bid) : nil
        )
    }
}

extension OwnBid {
    package var json: JSON {
        [
            "auction": .string("\(bid.auction.id)"), "requester": .string("\(bid.auction.requester)"),
            "bid": .string("\(bid.id)"), "lane": .string(lane.rawValue),
            "auction_state": .string(auctionState.rawValue), "closes_at": .string(closesAt.ISO8601Format()),
            "state": .string(bid.state.rawValue), "version": .integer(Int64(bid.version)),
            "quantity": .integer(Int64(bid.quantity)), "earliest": .string(bid.earliest.description),
            "placed_at": .string(bid.placedAt.ISO8601Format()),
            "currency": .string(currency.code), "quality_minor": .integer(bid.qualityMinor),
            "low_bps": .integer(Int64(bid.lowBasisPoints)),
            "amount_minor": amountMinor.map { .integer($0) } ?? .null, "salt": salt.map { .string($0) } ?? .null,
            "commitment": bid.commitment.map { .string($0.hexadecimal) } ?? .null,
            "score_minor": scoreMinor.map { .integer($0) } ?? .null, "outcome": outcome?.json ?? .null,
        ]
    }
}

extension OwnOutcome {
    fileprivate var json: JSON {
        [
            "outcome": .string(outcome), "cut_off_score_minor": cutOffScoreMinor.map { .integer($0) } ?? .null,
            "clearing_price_minor": clearingPriceMinor.map { .integer($0) } ?? .null,
            "units_won": .integer(Int64(unitsWon)), "total_minor": .integer(totalMinor),
        ]
    }
}

extension AuctionAlternative {
    package func json(in currency: Currency) -> JSON {
        [
            "bid_minor": .integer(bidMinor), "units": .integer(Int64(units)),
            "payment_minor": .integer(paymentMinor), "currency": .string(currency.code),
        ]
    }
}
