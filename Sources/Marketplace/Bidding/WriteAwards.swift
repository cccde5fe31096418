internal import Formats
internal import Foundation
internal import Matching
internal import Store

/// An award as it is entered: who, and which slots at which price.
struct FreshAward: Sendable {
    /// Slots that pay the same.
    struct Part: Sendable {
        let allotment: Allotment.ID
        let pay: Money
        let fee: Money
        let slots: [AwardedSlot]
    }

    let id: Award.ID
    let winner: StoredWinner
    /// One, or two where the total does not divide.
    let parts: [Part]
    let units: Int
    let totalMinor: Int64
}

/// A winner, and the slots that they are served with.
struct ServedWinner: Sendable {
    let winner: StoredWinner
    let slots: [AwardedSlot]
}

extension Change {
    /// Writes awards of the result that are not written yet, so many at once; when all are, the auction is over.
    ///
    /// - Returns: how many were written.
    func writeAwards(of auction: Auction, _ batch: Batch, by actor: Principal.ID) async throws -> Int {
        let winners = try await transaction.storedWinners(
            of: auction, after: auction.awardsWritten, limit: CloseAuctions.awardsMax)
        let had = try await transaction.tasksHad(by: winners.map(\.worker), of: batch.key)
        var pool = AwardPool(try await transaction.freeSlots(of: batch.key))
        var served: [ServedWinner] = []
        var slots = 0
        for winner in winners {
            // However much the first one has won, it is written.
            guard served.isEmpty || slots + winner.units <= CloseAuctions.slotsMax else { break }
            slots += winner.units
            served.append(
                ServedWinner(winner: winner, slots: pool.take(winner.units, without: had[winner.worker] ?? [])))
        }
        try await enter(served, of: auction, batch, by: actor)
        let written = auction.awardsWritten + served.count
        let isLast = served.count == winners.count && winners.count < CloseAuctions.awardsMax
        guard let over = auction.state.after(.finish) else { throw StoreError.unexpectedRowCount(0) }
        try await transaction.countAwards(written, of: auction, to: isLast ? over : auction.state)
        if isLast {
            try await recordAuction(
                "auction_awarded", of: auction, by: actor, facts: ["awards": .integer(Int64(written))])
        }
        return served.count
    }

    /// Gives winners their slots, or as many as are left; who is left without any has no award.
    ///
    /// - Parameter isMovedUp: whether they came by somebody else's award that was declined or lapsed.
    func enter(
        _ served: [ServedWinner], of auction: Auction, _ batch: Batch, isMovedUp: Bool = false, by actor: Principal.ID
    ) async throws {
        let feeBasisPoints = try await transaction.feeBasisPoints(of: batch.key)
        let awards = try served.filter { !$0.slots.isEmpty }.map {
            try freshAward($0, in: auction.currency, feeBasisPoints: feeBasisPoints)
        }
        guard !awards.isEmpty else { return }
        // Beyond the deadline nothing could be taken.
        let acceptBy = min(instant + TimeInterval(auction.acceptanceSeconds), batch.dueAt ?? .distantFuture)
        try await transaction.insertAwards(
            awards, of: auction, batch.key, isMovedUp: isMovedUp, acceptBy: acceptBy)
        try await transaction.tell(
            "award_won",
            try awards.map { award in
                Told(
                    id: make(), recipient: Principal.ID(award.winner.worker.uuid),
                    facts: [
                        "award": .string("\(award.id)"), "auction": .string("\(auction.id)"),
                        "units": .integer(Int64(award.units)),
                        "total": .string("\(try Money(award.totalMinor, auction.currency))"),
                        "accept_by": .string(acceptBy.ISO8601Format()),
                    ])
            })
        try await record(
            isMovedUp ? "award_moved_up" : "award_made", by: actor, on: "award", in: .requester(auction.requester),
            awards.map { award in
                (
                    award.id.uuid,
                    [
                        "auction": .string("\(auction.id)"), "worker": .string("\(award.winner.worker)"),
                        "units": .integer(Int64(award.units)), "units_won": .integer(Int64(award.winner.units)),
                        "total_minor": .integer(award.totalMinor),
                    ]
                )
            })
    }

    private func freshAward(
        _ served: ServedWinner, in currency: Currency, feeBasisPoints: Int
    ) throws -> FreshAward {
        let (winner, slots) = (served.winner, served.slots)
        let pays = slots.indices.map { AuctionResult.part($0, of: winner.totalMinor, units: winner.units) }
        let parts = try Set(pays).sorted(by: >).map { minorUnits in
            let pay = try Money(minorUnits, currency)
            return FreshAward.Part(
                allotment: make(), pay: pay, fee: try pay.share(basisPoints: feeBasisPoints),
                slots: zip(slots, pays).filter { $0.1 == minorUnits }.map(\.0)
            )
        }
        return FreshAward(
            id: make(), winner: winner, parts: parts, units: slots.count, totalMinor: pays.reduce(0, +))
    }
}
