internal import Formats
internal import Foundation
internal import Store

/// A worker says to whom they are tied; from that instant they get no work in which that party has a part.
package struct DeclareInterest: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Idempotent by kind and party: one that is in force is returned, and one in its cool-down is in force again.
    ///
    /// - Parameter actor: the worker, or an operator for them.
    /// - Throws: ``BadInput``, ``AccessRefusal``, ``NotFound``, ``InterestRefusal/tooMany``.
    package func callAsFunction(
        _ kind: InterestKind, in party: String, of worker: Worker.ID, by actor: Principal.ID
    ) async throws -> Interest {
        let party = try PartyName(party)
        return try await market.change { change in
            let transaction = change.transaction
            try await change.authorizeSelf(worker, orOperator: actor)
            guard try await transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
            if let found = try await transaction.interestInForce(kind, in: party, of: worker) {
                guard found.endsAt != nil else { return found }
                return try await change.note(
                    transaction.reopenInterest(found.id), as: "interest_declared_again", by: actor
                )
            }
            guard try await transaction.countInterests(of: worker) < Interest.mostInForce else {
                throw InterestRefusal.tooMany
            }
            return try await change.note(
                transaction.insertInterest(change.make(), kind, in: party, of: worker), as: "interest_declared",
                by: actor
            )
        }
    }
}

/// A worker's tie to a party has ended. It stays on record, and bars on for its kind's cool-down.
package struct WithdrawInterest: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker, or an operator for them.
    /// - Returns: the interest, with the instant from which it bars no longer.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``InterestRefusal/alreadyWithdrawn``.
    package func callAsFunction(
        _ id: Interest.ID, of worker: Worker.ID, by actor: Principal.ID
    ) async throws -> Interest {
        try await market.change { change in
            let transaction = change.transaction
            try await change.authorizeSelf(worker, orOperator: actor)
            guard try await transaction.lockWorkerForChange(worker) != nil,
                let interest = try await transaction.interest(id, of: worker)
            else { throw NotFound("interest") }
            guard interest.endsAt == nil else { throw InterestRefusal.alreadyWithdrawn }
            return try await change.note(
                transaction.endInterest(id, at: change.instant + interest.kind.coolDownSeconds),
                as: "interest_withdrawn", by: actor
            )
        }
    }
}

/// Shows a worker's interests, newest first, with those that have ended.
package struct ListInterests: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - before: the last one of the page before; `nil` for the first page.
    ///   - limit: 1 to 200.
    ///   - actor: the worker, or an operator.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(
        of worker: Worker.ID, before: Interest.ID? = nil, limit: Int = ListWorkers.pageMax, by actor: Principal.ID
    ) async throws -> [Interest] {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: actor.uuid == worker.uuid ? .worker : .operator)
            return try await transaction.interests(
                of: worker, before: before, limit: min(max(limit, 1), ListWorkers.pageMax)
            )
        }
    }
}

extension Change {
    /// Records what happened to an interest. The party is personal to the worker, so the log has its kind only.
    fileprivate func note(_ interest: Interest, as action: String, by actor: Principal.ID) async throws -> Interest {
        try await refreshEligibility(of: interest.worker, after: .interest)
        try await record(
            action, by: actor, on: "interest", interest.id.uuid, in: .worker(interest.worker),
            facts: ["kind": .string(interest.kind.rawValue)]
        )
        return interest
    }
}
