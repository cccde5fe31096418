package import Formats
package import Foundation
internal import Store

/// A live lease that rests on a credential.
package struct AffectedLease: Hashable, Sendable {
    package let requester: Requester.ID
    package let assignment: Assignment.ID
    package let worker: Worker.ID
    package let leaseUntil: Date

    package var json: JSON {
        [
            "requester": .string("\(requester)"), "assignment": .string("\(assignment)"),
            "worker": .string("\(worker)"),
            "lease_until": .integer(Int64(exactly: leaseUntil.timeIntervalSince1970.rounded(.down)) ?? 0),
        ]
    }
}

/// Shows operators which live leases were granted on the strength of a credential: what its expiry or revocation
/// touches. The worker is no longer eligible from that instant: the scheduler ends the lease (``RevokeLeases``), and
/// submitting checks it again.
package struct AffectedLeases: Sendable {
    package static let pageMax = 200
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - assignment: the last one of the page before; `nil` for the first page.
    ///   - limit: 1 to 200.
    /// - Returns: newest first.
    /// - Throws: ``AccessRefusal``, ``NotFound``.
    package func callAsFunction(
        of credential: Credential.ID, after assignment: Assignment.ID? = nil, limit: Int = pageMax,
        by actor: Principal.ID
    ) async throws -> [AffectedLease] {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            guard let worker = try await transaction.holder(of: credential) else { throw NotFound("credential") }
            return try await transaction.leases(
                of: worker, restingOn: credential, after: assignment, limit: min(max(limit, 1), Self.pageMax)
            )
        }
    }
}
