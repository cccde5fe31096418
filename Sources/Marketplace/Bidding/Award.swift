package import Formats
package import Foundation
internal import Matching
internal import Store

/// What a bid has won: so many assignments for so much together.
package struct Award: Sendable {
    package typealias ID = Identifier<Award>

    /// Whose batch it is of, and which.
    package struct Key: Hashable, Sendable {
        package let requester: Requester.ID
        package let id: ID

        package init(requester: Requester.ID, id: ID) { (self.requester, self.id) = (requester, id) }
    }

    package let id: ID
    package let auction: Auction.Key
    package let batch: Batch.ID
    package let worker: Worker.ID
    package let state: AwardState
    package let units: Int
    /// Split evenly over the units; the first ones carry the remainder.
    package let total: Money
    /// Whether it came by somebody else's award that was declined or lapsed.
    package let isMovedUp: Bool
    package let awardedAt: Date
    package let acceptBy: Date
    /// How long the slots are the winner's; `nil` until accepted.
    package let reservedUntil: Date?
    /// From which day on the winner wanted to work.
    let earliest: Date
    /// Its slots: all, or those that carry the remainder and the rest.
    let allotments: [Allotment.ID]
    let reservedSeconds: Int

    package var key: Key { Key(requester: auction.requester, id: id) }
}

/// The values of the PostgreSQL enum `award_state`, in its order.
package enum AwardState: String, Sendable, CaseIterable, SQLEnum {
    case awarded, accepted, declined, lapsed
}

/// What can happen to an award.
package enum AwardEvent: String, Sendable, CaseIterable {
    case accept, decline, lapse
}

extension AwardState {
    /// Where the event leads, or `nil` where it cannot happen.
    package func after(_ event: AwardEvent) -> AwardState? {
        switch (self, event) {
        case (.awarded, .accept): .accepted
        case (.awarded, .decline): .declined
        case (.awarded, .lapse): .lapsed
        case (.accepted, _), (.declined, _), (.lapsed, _): nil
        }
    }
}

/// Slots of tasks that nobody has, from which awards are served: each of its units on another task.
struct AwardPool: Sendable {
    private var tasks: [FreeTask]

    init(_ tasks: [FreeTask]) { self.tasks = tasks }

    /// Takes slots of the tasks that have most of them left, so that no winner after it is left with two slots of one
    /// task: of tasks that all want as many workers, what is left differs by one slot at most.
    ///
    /// - Parameter had: tasks of which the winner has a slot.
    /// - Returns: as many as are wanted, or as there are tasks.
    mutating func take(_ units: Int, without had: Set<WorkTask.ID> = []) -> [(task: WorkTask.ID, slot: Int)] {
        let order = tasks.indices.filter { !tasks[$0].numbers.isEmpty && !had.contains(tasks[$0].id) }.sorted {
            let (left, right) = (tasks[$0], tasks[$1])
            return left.numbers.count == right.numbers.count
                ? left.id < right.id : left.numbers.count > right.numbers.count
        }
        return order.prefix(units).map { place in
            let task = tasks[place]
            tasks[place] = FreeTask(id: task.id, numbers: Array(task.numbers.dropFirst()))
            return (task.id, task.numbers[0])
        }
    }
}

/// An award as it is entered: who, and which slots at which price.
struct FreshAward: Sendable {
    /// Slots that pay the same.
    struct Part: Sendable {
        let allotment: Allotment.ID
        let pay: Money
        let fee: Money
        let slots: [(task: WorkTask.ID, slot: Int)]
    }

    let id: Award.ID
    let winner: StoredWinner
    let isMovedUp: Bool
    /// One, or two where the total does not divide.
    let parts: [Part]
    let units: Int
    let totalMinor: Int64
}

extension Change {
    /// Writes awards of the result that are not written yet, so many at once; when all are, the auction is over.
    ///
    /// - Returns: how many were written.
    func writeAwards(of auction: Auction, _ batch: Batch, by actor: Principal.ID) async throws -> Int {
        let winners = try await transaction.storedWinners(
            of: auction, after: auction.awardsWritten, limit: CloseAuctions.awardsMax)
        var pool = AwardPool(try await transaction.freeSlots(of: batch.key))
        for winner in winners {
            try await award(winner, by: pool.take(winner.units), of: auction, batch, by: actor)
        }
        let written = auction.awardsWritten + winners.count
        let isLast = winners.count < CloseAuctions.awardsMax
        guard let over = auction.state.after(.finish) else { throw StoreError.unexpectedRowCount(0) }
        try await transaction.countAwards(written, of: auction, to: isLast ? over : auction.state)
        if isLast {
            try await recordAuction(
                "auction_awarded", of: auction, by: actor, facts: ["awards": .integer(Int64(written))])
        }
        return winners.count
    }

    /// Gives a winner their slots, or as many as are left.
    ///
    /// - Returns: how many.
    @discardableResult
    func award(
        _ winner: StoredWinner, by slots: [(task: WorkTask.ID, slot: Int)], of auction: Auction, _ batch: Batch,
        isMovedUp: Bool = false, by actor: Principal.ID
    ) async throws -> Int {
        guard !slots.isEmpty else { return 0 }
        let pays = slots.indices.map { AuctionResult.part($0, of: winner.totalMinor, units: winner.units) }
        let feeBasisPoints = try await transaction.feeBasisPoints(of: batch.key)
        var parts: [FreshAward.Part] = []
        for pay in Set(pays).sorted(by: >) {
            let pay = try Money(pay, auction.currency)
            parts.append(
                FreshAward.Part(
                    allotment: make(), pay: pay, fee: try pay.share(basisPoints: feeBasisPoints),
                    slots: zip(slots, pays).filter { $0.1 == pay.minorUnits }.map(\.0)
                ))
        }
        let fresh = FreshAward(
            id: make(), winner: winner, isMovedUp: isMovedUp, parts: parts, units: slots.count,
            totalMinor: pays.reduce(0, +)
        )
        try await transaction.insertAward(
            fresh, of: auction, batch.key, acceptBy: instant + TimeInterval(auction.acceptanceSeconds))
        try await transaction.tell(
            Principal.ID(winner.worker.uuid), kind: "award_won",
            facts: [
                "award": .string("\(fresh.id)"), "auction": .string("\(auction.id)"),
                "units": .integer(Int64(slots.count)),
                "total": .string("\(try Money(fresh.totalMinor, auction.currency))"),
                "accept_by": .string((instant + TimeInterval(auction.acceptanceSeconds)).ISO8601Format()),
            ],
            id: make()
        )
        try await record(
            isMovedUp ? "award_moved_up" : "award_made", by: actor, on: "award", fresh.id.uuid,
            in: .requester(auction.requester),
            facts: [
                "auction": .string("\(auction.id)"), "worker": .string("\(winner.worker)"),
                "units": .integer(Int64(slots.count)), "units_won": .integer(Int64(winner.units)),
                "total_minor": .integer(fresh.totalMinor),
            ]
        )
        return slots.count
    }
}

extension Award {
    package var json: JSON {
        [
            "award": .string("\(id)"), "auction": .string("\(auction.id)"),
            "requester": .string("\(auction.requester)"),
            "batch": .string("\(batch)"), "state": .string(state.rawValue), "units": .integer(Int64(units)),
            "total_minor": .integer(total.minorUnits), "currency": .string(total.currency.code),
            "moved_up": .bool(isMovedUp), "accept_by": .string(acceptBy.ISO8601Format()),
            "reserved_until": reservedUntil.map { .string($0.ISO8601Format()) } ?? .null,
        ]
    }
}
