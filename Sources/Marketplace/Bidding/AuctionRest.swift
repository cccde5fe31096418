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
        for auction in auctions where try await follow(auction, by: actor) { opened += 1 }
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
                return false
            }
            do {
                _ = try await change.openAuction(of: batch, on: terms, round: auction, by: actor)
            } catch is AuctionRefusal {
                return false
            }
            try await change.transaction.markFollowed(auction)
            return true
        }
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
        var terms = AuctionTerms(closesAt: instant + closesAt.timeIntervalSince(openedAt))
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
