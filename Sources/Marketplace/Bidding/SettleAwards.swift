internal import Formats
internal import Foundation
internal import Matching
internal import Store

/// What a piece of settling awards came to.
package struct AwardProgress: Hashable, Sendable {
    package internal(set) var lapsed = 0
    package internal(set) var movedUp = 0
    /// Whether to go on at once.
    package internal(set) var hasMore = false
}

/// Awards that were not answered in time lapse; whoever is next moves up in place of what lapsed or was declined, at
/// the price that the rule gives (``AuctionMarket/movingUp(_:after:held:)``).
package struct SettleAwards: Sendable {
    /// Awards that lapse, or move up, in one transaction.
    static let awardsMax = 200

    let market: Market

    package init(market: Market) { self.market = market }

    /// A bounded transaction for each auction.
    ///
    /// - Parameters:
    ///   - most: how many auctions, 1 to 100.
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func callAsFunction(most: Int = 20, by actor: Principal.ID) async throws -> AwardProgress {
        guard (1...100).contains(most) else { throw BadInput("most", "must be 1 to 100") }
        let auctions = try await market.database.read { transaction in
            try await transaction.authorize(actor, as: .operator)
            return try await transaction.auctionsToSettle(limit: most)
        }
        var progress = AwardProgress(hasMore: auctions.count == most)
        var stuck = StuckOnes()
        for auction in auctions {
            try await stuck.passBy {
                let piece = try await market.change { change -> AwardProgress in
                    guard let (held, batch, change) = try await change.lockToSettle(auction), held.state == .awarded
                    else { return AwardProgress() }
                    return try await change.settle(held, batch, by: actor)
                }
                progress.lapsed += piece.lapsed
                progress.movedUp += piece.movedUp
                progress.hasMore = progress.hasMore || piece.hasMore
            }
        }
        if try stuck.report(unless: progress.lapsed + progress.movedUp > 0) { progress.hasMore = true }
        return progress
    }
}

extension Change {
    /// Late awards first, all of them: who moves up depends on everybody who is gone.
    fileprivate func settle(_ auction: Auction, _ batch: Batch, by actor: Principal.ID) async throws -> AwardProgress {
        let lapsed = try await lapseAwards(of: auction, by: actor)
        guard lapsed < SettleAwards.awardsMax else { return AwardProgress(lapsed: lapsed, hasMore: true) }
        var progress = try await moveUp(in: auction, batch, by: actor)
        progress.lapsed = lapsed
        return progress
    }

    private func lapseAwards(of auction: Auction, by actor: Principal.ID) async throws -> Int {
        let late = try await transaction.lockLateAwards(of: auction, limit: SettleAwards.awardsMax)
        for award in late {
            guard let lapsed = award.state.after(.lapse) else { continue }
            try await transaction.answerAward(award, as: lapsed)
            try await giveBack(award)
            try await record(
                "award_lapsed", by: actor, on: "award", award.id.uuid, in: .requester(auction.requester),
                facts: ["worker": .string("\(award.worker)"), "units": .integer(Int64(award.units))]
            )
        }
        return late.count
    }

    /// Lets so many move up at once. Who has moved up holds what they got, so that the next piece finds the others.
    private func moveUp(in auction: Auction, _ batch: Batch, by actor: Principal.ID) async throws -> AwardProgress {
        let (gone, held) = try await transaction.standingAwards(of: auction)
        guard !gone.isEmpty, batch.state.isInWork, batch.door == .bid else {
            try await transaction.markReplaced(of: auction)
            return AwardProgress()
        }
        let record = try AuctionRecord(clearing: auction, bids: try await transaction.bidders(in: auction))
        let rises = try record.market.movingUp(
            auction.lane, after: Set(gone.map(\.uuid.bits)),
            held: Dictionary(uniqueKeysWithValues: held.map { ($0.key.uuid.bits, $0.value) })
        )
        let (served, isAll) = try await serve(rises, of: auction, batch)
        try await enter(served, of: auction, batch, isMovedUp: true, by: actor)
        if isAll {
            try await transaction.markReplaced(of: auction)
            let left = try await transaction.freeSlots(of: batch.key).reduce(0) { $0 + $1.numbers.count }
            try await tellOfRest(of: auction, units: left)
        }
        return AwardProgress(movedUp: served.count, hasMore: !isAll)
    }

    /// - Returns: who is served now, and whether nobody is left who could be.
    private func serve(
        _ rises: [AuctionRise], of auction: Auction, _ batch: Batch
    ) async throws -> (served: [ServedWinner], isAll: Bool) {
        let workers = rises.map { Worker.ID(UUID(bits: $0.bidder)) }
        let bids = try await transaction.bidIDs(of: workers, in: auction)
        let had = try await transaction.tasksHad(by: workers, of: batch.key)
        var pool = AwardPool(try await transaction.freeSlots(of: batch.key))
        var served: [ServedWinner] = []
        for (worker, rise) in zip(workers, rises) {
            guard served.count < SettleAwards.awardsMax else { return (served, false) }
            guard let bid = bids[worker] else { continue }
            let slots = pool.take(rise.units, without: had[worker] ?? [])
            guard !slots.isEmpty else { continue }
            let winner = StoredWinner(worker: worker, bid: bid, units: rise.units, totalMinor: rise.paymentMinor)
            served.append(ServedWinner(winner: winner, slots: slots))
        }
        return (served, true)
    }
}
