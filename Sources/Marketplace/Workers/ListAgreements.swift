internal import Foundation
internal import Store

/// Shows the versions of agreements, by kind, newest first in each. Anybody may read them.
package struct ListAgreements: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - kind: `nil` for all kinds.
    ///   - after: the last one of the page before.
    ///   - limit: 1 to 200.
    package func callAsFunction(
        kind: String? = nil, after: Agreement? = nil, limit: Int = ListWorkers.pageMax
    ) async throws -> [Agreement] {
        try await market.database.read { transaction in
            try await transaction.agreements(
                kind: kind, after: after, limit: min(max(limit, 1), ListWorkers.pageMax)
            )
        }
    }
}

/// The text of a version, for whoever is to accept it.
package struct ReadAgreement: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter version: `nil` for the one that counts now.
    /// - Throws: ``NotFound``.
    package func callAsFunction(
        _ kind: String, version: Int? = nil
    ) async throws -> (agreement: Agreement, body: String) {
        try await market.database.read { transaction in
            let found =
                if let version {
                    try await transaction.agreement(kind, version: version)
                } else {
                    try await transaction.currentAgreement(kind)
                }
            guard let agreement = found, let body = try await transaction.agreementBody(agreement.id) else {
                throw NotFound("agreement")
            }
            return (agreement, body)
        }
    }
}

/// Shows what a worker has yet to accept: the versions that count now, then those announced.
package struct DueAgreements: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - limit: 1 to 200.
    ///   - actor: the worker, or an operator.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(
        of worker: Worker.ID, limit: Int = ListWorkers.pageMax, by actor: Principal.ID
    ) async throws -> [DueAgreement] {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: actor.uuid == worker.uuid ? .worker : .operator)
            return try await transaction.dueAgreements(
                of: worker, limit: min(max(limit, 1), ListWorkers.pageMax)
            )
        }
    }
}
