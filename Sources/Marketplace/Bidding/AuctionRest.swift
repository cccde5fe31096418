internal import Formats
internal import Foundation
internal import Matching
internal import Store

/// Opens the next round for what an auction left, in a wider band: another auction, with a key, a seed and a freeze of
/// quality of its own.
package struct AuctionRest: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// A transaction for each auction. It waits until every award is answered.
    ///
    /// - Parameters:
    ///   - last: as the piece before returned it; `nil` begins with the first auction.
    ///   - most: how many auctions are looked at, 1 to 100.
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Returns: how many were opened, and where to go on; `nil` at the end.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``ContentRefusal/keysMissing``; ``VaultRefusal``.
    package func callAsFunction(
        after last: Auction.ID? = nil, most: Int = 20, by actor: Principal.ID
    ) async throws -> (opened: Int, last: Auction.ID?) {
        guard (1...100).contains(most) else { throw BadInput("most", "must be 1 to 100") }
        let auctions = try await market.database.read { transaction in
            try await transaction.authorize(actor, as: .operator)
            return try await transaction.auctionsToFollow(after: last, limit: most)
        }
        var opened = 0
        var stuck = StuckOnes()
        for auction in auctions {
            try await stuck.passBy { if try await follow(auction, by: actor) { opened += 1 } }
        }
        _ = try stuck.report(unless: opened > 0)
        return (opened, auctions.count == most ? auctions.last?.id : nil)
    }

    private func follow(_ key: Auction.Key, by actor: Principal.ID) async throws -> Bool {
        try await market.change { change in
            guard let (auction, batch, change) = try await change.lockToSettle(key), auction.roundsLeft > 0,
                batch.state == .open, batch.door == .bid,
                try await change.transaction.isSettled(auction),
                let terms = auction.nextTerms(
                    at: change.instant, spent: try await change.transaction.awardedMinor(of: auction))
            else { return false }
            if let dueAt = batch.dueAt, dueAt <= terms.closesAt + TimeInterval(terms.extensionMostSeconds) {
                return try await change.endRounds(of: auction, batch, by: actor)
            }
            do {
                _ = try await change.openAuction(of: batch, on: terms, round: auction, by: actor)
            } catch is AuctionRefusal {
                // It may go on later: a batch is resumed, what was reserved comes back.
                return false
            }
            try await change.transaction.markFollowed(auction)
            return true
        }
    }
}

extension Change {
    /// No round follows: there is no time for it before the deadline.
    fileprivate func endRounds(of auction: Auction, _ batch: Batch, by actor: Principal.ID) async throws -> Bool {
        try await transaction.markFollowed(auction)
        try await recordAuction("auction_rounds_ended", of: auction, by: actor)
        let left = try await transaction.freeSlots(of: batch.key).reduce(0) { $0 + $1.numbers.count }
        guard let ended = try await transaction.auction(auction.key) else { return false }
        try await tellOfRest(of: ended, units: left)
        return false
    }
}

extension Auction {
    /// What the next round is opened on: as long as this one, with a ceiling that is higher by the share that was said
    /// at the opening, and a reserve that is lower by the same amount.
    ///
    /// Rounding: the ceiling down to a whole minor unit.
    /// - Parameter spent: what the awards of this round come to; the clock lane's budget is for what is left.
    /// - Returns: `nil` when nothing of the budget is left.
    func nextTerms(at instant: Date, spent: Int64) -> AuctionTerms? {
        // As long as bids could be placed, but never longer than an auction may take.
        let length = min(closesAt.timeIntervalSince(openedAt), AuctionTerms.secondsMax)
        var terms = AuctionTerms(closesAt: instant + length)
        terms.lane = lane
        (terms.snipeSeconds, terms.extensionSeconds) = (snipeSeconds, extensionSeconds)
        terms.extensionMostSeconds = Int(min(closesLatestAt.timeIntervalSince(closesAt), 604_800))
        (terms.acceptanceSeconds, terms.reservedSeconds) = (acceptanceSeconds, reservedSeconds)
        let rise = Int64(clamping: Int128(ceilingMinor) * Int128(widenBasisPoints) / 10_000)
        let ceiling = ceilingMinor + min(rise, ceilingMostMinor - ceilingMinor)
        terms.ceilingMinor = ceiling
        terms.reserveScoreMinor = reserveScoreMinor.map {
            max($0 - (ceiling - ceilingMinor), -AuctionMarket.Bounds.scoreMax)
        }
        if let budgetMinor {
            guard budgetMinor > spent else { return nil }
            terms.budgetMinor = budgetMinor - spent
        }
        terms.stepBasisPoints = stepBasisPoints ?? terms.stepBasisPoints
        terms.qualityValueMinor = quality.valueMinor
        terms.baselineBasisPoints = quality.baselineBasisPoints
        terms.defaultBasisPoints = quality.defaultBasisPoints
        terms.skill = quality.skill
        (terms.widenBasisPoints, terms.rounds) = (widenBasisPoints, roundsLeft - 1)
        return terms
    }
}
