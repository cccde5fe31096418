internal import Formats
package import Foundation
internal import Store

/// Why an award cannot be answered. In order of precedence.
package enum AwardRefusal: Refusal {
    /// It was answered before.
    case answered(AwardState)
    /// The time to accept is over.
    case late
    /// The batch hands out no work.
    case batchNotOpen(BatchState)

    package var code: String {
        switch self {
        case .answered: "award_answered"
        case .late: "award_lapsed"
        case .batchNotOpen: "batch_not_open"
        }
    }

    package var message: String {
        switch self {
        case .answered(let state): "The award is \(state.rawValue)."
        case .late: "The time to accept the award is over."
        case .batchNotOpen(let state): "The batch is \(state.rawValue) and hands out no work."
        }
    }
}

/// A winner takes what they have won: leases as far as there is room, the rest stays reserved for them.
package struct AcceptAward: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// What cannot be taken at once, for the tasks at once, the hours of the day or a later day that the bid named, is
    /// claimed from the batch until the reservation ends, at the award's price.
    ///
    /// - Parameter actor: the winner.
    /// - Returns: the leases that were taken at once, and until when the rest is reserved.
    /// - Throws: ``NotFound``; ``AwardRefusal``; ``ClaimRefusal`` for whoever may not take work of the batch any more.
    package func callAsFunction(
        _ key: Award.Key, by actor: Principal.ID
    ) async throws -> (leases: [Assignment], reservedUntil: Date) {
        try await market.change { change in
            let (row, change) = try await change.lockingForChange(Worker.ID(actor.uuid))
            let award = try await change.answerable(key, of: Worker.ID(actor.uuid))
            let transaction = change.transaction
            guard let offering = try await transaction.offering(award.batch, of: key.requester) else {
                throw NotFound("batch")
            }
            guard offering.state.isInWork else { throw AwardRefusal.batchNotOpen(offering.state) }
            let until = min(
                max(award.earliest, change.instant) + TimeInterval(award.reservedSeconds),
                offering.dueAt ?? .distantFuture)
            try await transaction.answerAward(award, as: .accepted, reservedUntil: until)
            try await transaction.handOver(award, until: until)
            try await change.record("award_accepted", of: award, facts: ["until": .string(until.ISO8601Format())])
            guard award.earliest <= change.instant, offering.state == .open else { return ([], until) }
            return (try await change.takeNow(of: offering, row, most: award.units), until)
        }
    }
}

/// A winner does not want what they have won. Nothing follows from it but that the next moves up.
package struct DeclineAward: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the winner.
    /// - Throws: ``NotFound``; ``AwardRefusal``.
    package func callAsFunction(_ key: Award.Key, by actor: Principal.ID) async throws {
        try await market.change { change in
            let change = try await change.afterLockingForChange(Worker.ID(actor.uuid))
            let award = try await change.answerable(key, of: Worker.ID(actor.uuid))
            try await change.transaction.answerAward(award, as: .declined)
            try await change.giveBack(award)
            try await change.record("award_declined", of: award)
        }
    }
}

/// A worker's awards, by pages.
package struct MyAwards: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: the worker.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func callAsFunction(
        before last: Award.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [Award] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, as: .worker)
            return try await transaction.awards(of: Worker.ID(actor.uuid), before: last, limit: limit)
        }
    }
}

extension Change {
    /// The worker's award, locked, not answered, and in time by the clock after the wait for the lock.
    fileprivate func answerable(_ key: Award.Key, of worker: Worker.ID) async throws -> Award {
        guard let award = try await transaction.award(key, of: worker, lock: true) else { throw NotFound("award") }
        guard award.state.after(.accept) != nil else { throw AwardRefusal.answered(award.state) }
        guard try await transaction.freshInstant() < award.acceptBy else { throw AwardRefusal.late }
        return award
    }

    /// Leases what there is room for; without room, or with too many tasks in hand, it waits in the reservation.
    fileprivate func takeNow(of offering: Offering, _ row: WorkerRow?, most: Int) async throws -> [Assignment] {
        var taken: [Assignment] = []
        do {
            while taken.count < most {
                // Anew each time: what was taken counts.
                var claimant = try await Claimant(row, in: self)
                let more = try await leaseAwarded(
                    of: offering, to: &claimant, event: "award_taken",
                    most: min(most - taken.count, ClaimTask.mostAtOnce))
                guard !more.isEmpty else { break }
                taken += more
            }
        } catch ClaimRefusal.mostAtOnce, ClaimRefusal.hoursCap, ClaimRefusal.dayCap, ClaimRefusal.windowCap,
            ClaimRefusal.restDue
        {
            // The rest waits.
        }
        return taken
    }

    /// Lets what was kept for an award be anybody's of the auctions to come.
    func giveBack(_ award: Award) async throws {
        for allotment in award.allotments {
            _ = try await transaction.setFree(allotment, of: award.auction.requester)
        }
    }

    fileprivate func record(_ action: String, of award: Award, facts: JSON = .object([:])) async throws {
        try await record(
            action, by: Principal.ID(award.worker.uuid), on: "award", award.id.uuid,
            in: .requester(award.auction.requester), facts: facts
        )
    }
}
