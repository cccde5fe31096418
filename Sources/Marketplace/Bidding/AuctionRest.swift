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
    ///   - pass: which auctions were looked at before.
    ///   - most: how many auctions are looked at, 1 to 100.
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Returns: how many were opened, and whether to go on at once.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``ContentRefusal/keysMissing``; ``VaultRefusal``.
    package func callAsFunction(
        in pass: AuctionPass = AuctionPass(), most: Int = 20, by actor: Principal.ID
    ) async throws -> (opened: Int, hasMore: Bool) {
        guard (1...100).contains(most) else { throw BadInput("most", "must be 1 to 100") }
        let auctions = try await market.database.read { transaction in
            try await transaction.authorize(actor, as: .operator)
            return try await transaction.auctionsToFollow(after: pass.last, limit: most)
        }
        var opened = 0
        for auction in auctions {
            try await pass.passBy { if try await follow(auction, by: actor) { opened += 1 } }
        }
        let hasMore = try pass.end(at: auctions.last?.id, isOver: auctions.count < most, hasGoneOn: opened > 0)
        return (opened, hasMore)
    }

    private func follow(_ key: Auction.Key, by actor: Principal.ID) async throws -> Bool {
        try await market.change { change in
            guard let (auction, batch, change) = try await change.lockToSettle(key), auction.roundsLeft > 0,
                batch.state == .open, batch.door == .bid, try await change.transaction.isSettled(auction)
            else { return false }
            let spent = try await change.transaction.awardedMinor(of: auction)
            guard let terms = auction.nextTerms(at: change.instant, spent: spent), terms.leaveTime(before: batch.dueAt)
            else { return try await change.endRounds(of: auction, batch, by: actor) }
            do {
                _ = try await change.openAuction(of: batch, on: terms, round: auction, by: actor)
            } catch let refusal as AuctionRefusal {
                guard refusal.isForGood else { return false }
                return try await change.endRounds(of: auction, batch, by: actor)
            }
            try await change.transaction.markFollowed(auction)
            return true
        }
    }
}

extension Change {
    /// No round follows: there is no time for it before the deadline, nothing of the sum is left, or the floor has
    /// risen above the ceiling.
    fileprivate func endRounds(of auction: Auction, _ batch: Batch, by actor: Principal.ID) async throws -> Bool {
        try await transaction.markFollowed(auction)
        try await recordAuction("auction_rounds_ended", of: auction, by: actor)
        guard let ended = try await transaction.auction(auction.key) else { return false }
        try await tellOfRest(of: ended, units: try await freeUnits(of: batch))
        return false
    }
}

extension AuctionRefusal {
    /// Whether waiting does not help. A batch may be resumed, what was reserved come back, awards be answered.
    fileprivate var isForGood: Bool {
        switch self {
        case .noRoom, .notAlike: true
        case .otherDoor, .batchNotOpen, .running, .unsettled, .nothingLeft: false
        }
    }
}

extension Auction {
    /// What the next round is opened on: as long as this one was to be, with a ceiling that is higher by the share that
    /// was said at the opening, and a reserve that is lower by the same amount.
    ///
    /// Rounding: the ceiling down to a whole minor unit.
    /// - Parameter spent: what the awards of this round come to; the clock lane's budget is for what is left.
    /// - Returns: `nil` when nothing of the budget is left.
    func nextTerms(at instant: Date, spent: Int64) -> AuctionTerms? {
        // Without what bids added, and never longer than an auction may take.
        let length = min(firstClose.timeIntervalSince(openedAt), AuctionTerms.secondsMax)
        var terms = AuctionTerms(closesAt: instant + length)
        terms.lane = lane
        (terms.snipeSeconds, terms.extensionSeconds) = (snipeSeconds, extensionSeconds)
        terms.extensionMostSeconds = extensionMostSeconds
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
