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
    let market: Market

    package init(market: Market) { self.market = market }

    /// A transaction for each auction.
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
        var progress = AwardProgress()
        for auction in auctions {
            let (lapsed, movedUp) = try await market.change { change -> (Int, Int) in
                guard let (held, batch, change) = try await change.lockToSettle(auction), held.state == .awarded else {
                    return (0, 0)
                }
                let lapsed = try await change.lapseAwards(of: held, by: actor)
                return (lapsed, try await change.moveUp(in: held, batch, by: actor))
            }
            progress.lapsed += lapsed
            progress.movedUp += movedUp
        }
        progress.hasMore = auctions.count == most
        return progress
    }
}

extension Change {
    fileprivate func lapseAwards(of auction: Auction, by actor: Principal.ID) async throws -> Int {
        let late = try await transaction.lockLateAwards(of: auction)
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

    fileprivate func moveUp(in auction: Auction, _ batch: Batch, by actor: Principal.ID) async throws -> Int {
        let (gone, held) = try await transaction.standingAwards(of: auction)
        guard !gone.isEmpty else { return 0 }
        try await transaction.markReplaced(of: auction)
        guard batch.state.isInWork, batch.door == .bid else { return 0 }
        let record = try AuctionRecord(clearing: auction, bids: try await transaction.bidders(in: auction))
        let rises = try record.market.movingUp(
            auction.lane, after: Set(gone.map(\.uuid.bits)),
            held: Dictionary(uniqueKeysWithValues: held.map { ($0.key.uuid.bits, $0.value) })
        )
        var pool = AwardPool(try await transaction.freeSlots(of: batch.key))
        var moved = 0
        for rise in rises {
            let worker = Worker.ID(UUID(bits: rise.bidder))
            guard let bid = try await transaction.bidID(of: worker, in: auction) else { continue }
            let winner = StoredWinner(worker: worker, bid: bid, units: rise.units, totalMinor: rise.paymentMinor)
            let slots = pool.take(rise.units, without: try await transaction.tasksHad(by: worker, of: batch.key))
            if try await award(winner, by: slots, of: auction, batch, isMovedUp: true, by: actor) > 0 { moved += 1 }
        }
        return moved
    }
}
