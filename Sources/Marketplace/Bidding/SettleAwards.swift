internal import Formats
internal import Foundation
internal import Matching
internal import Store

/// What a piece of settling awards came to.
package struct AwardProgress: Hashable, Sendable {
    package internal(set) var lapsed = 0
    /// Reservations of accepted awards that are over.
    package internal(set) var ended = 0
    package internal(set) var movedUp = 0
    /// Whether to go on at once.
    package internal(set) var hasMore = false

    var isNothing: Bool { lapsed + ended + movedUp == 0 }
}

/// What was accepted and not taken in its time is free again. Awards that were not answered in time lapse; whoever is
/// next moves up in place of what lapsed or was declined, at the price that the rule gives
/// (``AuctionMarket/movingUp(_:after:held:)``).
package struct SettleAwards: Sendable {
    /// Awards that lapse, or move up, in one transaction.
    static let awardsMax = 200

    let market: Market

    package init(market: Market) { self.market = market }

    /// A bounded transaction for each auction.
    ///
    /// - Parameters:
    ///   - most: how many auctions, 1 to 100.
    ///   - pass: which auctions were looked at before.
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func callAsFunction(
        most: Int = 20, in pass: AuctionPass = AuctionPass(), by actor: Principal.ID
    ) async throws -> AwardProgress {
        guard (1...100).contains(most) else { throw BadInput("most", "must be 1 to 100") }
        let auctions = try await market.database.read { transaction in
            try await transaction.authorize(actor, as: .operator)
            return try await transaction.auctionsToSettle(after: pass.last, limit: most)
        }
        var progress = AwardProgress()
        for auction in auctions {
            try await pass.passBy {
                let piece = try await market.change { change -> AwardProgress in
                    guard let (held, batch, change) = try await change.lockToSettle(auction), held.state == .awarded
                    else { return AwardProgress() }
                    return try await change.settle(held, batch, by: actor)
                }
                progress.lapsed += piece.lapsed
                progress.ended += piece.ended
                progress.movedUp += piece.movedUp
                progress.hasMore = progress.hasMore || piece.hasMore
            }
        }
        let goesOn = try pass.end(
            at: auctions.last?.id, isOver: auctions.count < most, hasGoneOn: !progress.isNothing)
        progress.hasMore = progress.hasMore || goesOn
        return progress
    }
}

extension Change {
    /// Late awards first, all of them: who moves up depends on everybody who is gone.
    fileprivate func settle(_ auction: Auction, _ batch: Batch, by actor: Principal.ID) async throws -> AwardProgress {
        let ended = try await endReservations(of: auction, batch, by: actor)
        guard ended < SettleAwards.awardsMax else { return AwardProgress(ended: ended, hasMore: true) }
        let lapsed = try await lapseAwards(of: auction, batch, by: actor)
        guard lapsed < SettleAwards.awardsMax else {
            return AwardProgress(lapsed: lapsed, ended: ended, hasMore: true)
        }
        guard try await transaction.hasUnreplaced(auction) else { return AwardProgress(lapsed: lapsed, ended: ended) }
        var progress = try await moveUp(in: auction, batch, by: actor)
        (progress.lapsed, progress.ended) = (lapsed, ended)
        return progress
    }

    /// What was not taken of accepted awards is free, and counted; both allotments of an award at once.
    private func endReservations(of auction: Auction, _ batch: Batch, by actor: Principal.ID) async throws -> Int {
        let ended = try await transaction.lockEndedAwards(of: auction, limit: SettleAwards.awardsMax)
        guard let last = ended.last else { return 0 }
        var free = 0
        for award in ended {
            let unused = try await transaction.noteUnused(of: award)
            try await giveBack(award)
            free += unused
            try await record(
                "award_reservation_ended", by: actor, on: "award", award.id.uuid, in: .requester(auction.requester),
                facts: ["worker": .string("\(award.worker)"), "unused": .integer(Int64(unused))]
            )
        }
        guard free > 0, batch.isBidFor(at: instant), try await !transaction.hasRoundToCome(batch.key) else {
            return ended.count
        }
        try await tellOfRest(of: auction, units: try await freeUnits(of: batch), by: last.id)
        return ended.count
    }

    private func lapseAwards(of auction: Auction, _ batch: Batch, by actor: Principal.ID) async throws -> Int {
        let late = try await transaction.lockLateAwards(of: auction, limit: SettleAwards.awardsMax)
        guard !late.isEmpty else { return 0 }
        let hindrances = try await hindrances(of: late.map(\.worker), at: batch)
        for award in late {
            guard let lapsed = award.state.after(.lapse) else { continue }
            let reason = hindrances[award.worker] ?? .unanswered
            try await transaction.answerAward(award, as: lapsed, because: reason)
            try await giveBack(award)
            try await record(
                "award_lapsed", by: actor, on: "award", award.id.uuid, in: .requester(auction.requester),
                facts: [
                    "worker": .string("\(award.worker)"), "units": .integer(Int64(award.units)),
                    "reason": .string(reason.rawValue),
                ]
            )
        }
        try await transaction.tell(
            "award_lapsed",
            late.map { award in
                Told(
                    id: make(), recipient: Principal.ID(award.worker.uuid),
                    facts: [
                        "award": .string("\(award.id)"), "auction": .string("\(auction.id)"),
                        "units": .integer(Int64(award.units)),
                        "reason": .string((hindrances[award.worker] ?? .unanswered).rawValue),
                    ])
            })
        return late.count
    }

    /// Lets so many move up at once. Who has moved up holds what they got, so that the next piece finds the others.
    private func moveUp(in auction: Auction, _ batch: Batch, by actor: Principal.ID) async throws -> AwardProgress {
        let (gone, held) = try await transaction.standingAwards(of: auction)
        guard !gone.isEmpty, batch.isBidFor(at: instant) else {
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
            try await tellOfRest(of: auction, units: try await freeUnits(of: batch))
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
