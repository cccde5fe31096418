internal import Formats
package import Foundation
package import Store

/// How sensitive the content is that a worker may read, from one instant to another.
package struct Clearance: Hashable, Sendable {
    package typealias ID = Identifier<Clearance>
    /// The highest.
    package static let most = 3

    package let id: ID
    package let worker: Worker.ID
    /// 1 to 3, as the sensitivity of batches.
    package let level: Int
    package let reasons: String
    package let grantedBy: Principal.ID
    package let inForce: InstantRange
}

/// Why a clearance is not given or ended. In order of precedence.
package enum ClearanceRefusal: Refusal, CaseIterable {
    /// Nobody clears themselves.
    case ownGranter
    /// A program does not decide whom to trust.
    case granterIsNoPerson
    /// They hold that level already.
    case sameLevel
    /// They hold none.
    case notCleared

    package var code: String {
        switch self {
        case .ownGranter: "clearance_own_granter"
        case .granterIsNoPerson: "clearance_granter_is_no_person"
        case .sameLevel: "clearance_same_level"
        case .notCleared: "not_cleared"
        }
    }

    package var message: String {
        switch self {
        case .ownGranter: "Nobody clears themselves. Another operator must."
        case .granterIsNoPerson: "Clearances are given by people, not by programs."
        case .sameLevel: "The worker holds that clearance already."
        case .notCleared: "The worker holds no clearance."
        }
    }
}

/// An operator clears a worker for sensitive content, in place of what they held.
package struct GrantClearance: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - level: 1 to 3.
    ///   - end: when it ends; `nil` for never.
    ///   - reasons: 1 to 2,000 characters.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``; ``ClearanceRefusal``.
    package func callAsFunction(
        _ level: Int, to worker: Worker.ID, until end: Date? = nil, reasons: String, by actor: Principal.ID
    ) async throws -> Clearance.ID {
        guard (1...Clearance.most).contains(level) else { throw BadInput("level", "must be 1 to \(Clearance.most)") }
        let reasons = try PlainText.lines(reasons, field: "reasons", lengthMax: 2_000)
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.mayClear(worker, actor)
            if let end, end <= change.instant { throw BadInput("until", "must be later than now") }
            guard try await transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
            let held = try await transaction.clearance(of: worker)
            guard held?.level != level || held?.inForce.upper != end else { throw ClearanceRefusal.sameLevel }
            if let held { try await transaction.endClearance(held.id) }
            let id: Clearance.ID = change.make()
            try await transaction.insertClearance(id, level, to: worker, until: end, reasons: reasons, by: actor)
            try await change.refreshEligibility(of: worker, after: .clearance)
            try await change.record(
                "clearance_granted", by: actor, on: "worker", worker.uuid, in: .worker(worker),
                facts: [
                    "level": .integer(Int64(level)), "before": held.map { .integer(Int64($0.level)) } ?? .null,
                    "until": end.map { .string($0.formatted(.iso8601)) } ?? .null,
                ]
            )
            return id
        }
    }
}

/// An operator ends a worker's clearance. What they hold a lease on is revoked as for any other requirement.
package struct EndClearance: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter reasons: 1 to 2,000 characters; in the audit log.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``; ``ClearanceRefusal``.
    package func callAsFunction(of worker: Worker.ID, reasons: String, by actor: Principal.ID) async throws {
        let reasons = try PlainText.lines(reasons, field: "reasons", lengthMax: 2_000)
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.mayClear(worker, actor)
            guard try await transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
            guard let held = try await transaction.clearance(of: worker) else { throw ClearanceRefusal.notCleared }
            try await transaction.endClearance(held.id)
            try await change.refreshEligibility(of: worker, after: .clearance)
            try await change.record(
                "clearance_ended", by: actor, on: "worker", worker.uuid, in: .worker(worker),
                facts: ["level": .integer(Int64(held.level)), "reasons": .string(reasons)]
            )
        }
    }
}

/// A worker's clearances, newest first, by pages.
package struct ListClearances: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - before: the last one of the page before; `nil` for the newest.
    ///   - limit: 1 to 200.
    ///   - actor: an operator.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(
        of worker: Worker.ID, before: Clearance.ID? = nil, limit: Int = ListWorkers.pageMax, by actor: Principal.ID
    ) async throws -> [Clearance] {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            return try await transaction.clearances(
                of: worker, before: before, limit: min(max(limit, 1), ListWorkers.pageMax)
            )
        }
    }
}

extension Transaction {
    fileprivate func mayClear(_ worker: Worker.ID, _ actor: Principal.ID) async throws {
        try await authorize(actor, as: .operator)
        guard worker.uuid != actor.uuid else { throw ClearanceRefusal.ownGranter }
        guard try await isPerson(actor) else { throw ClearanceRefusal.granterIsNoPerson }
    }
}
