internal import Foundation
internal import Store

/// A requester's batches, newest first, by pages.
package struct ListBatches: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - before: the last batch of the page before; `nil` for the newest.
    ///   - withArchived: whether archived ones are among them.
    ///   - limit: 1 to 200.
    ///   - actor: a publisher of the requester.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func callAsFunction(
        of requester: Requester.ID, before: Batch.ID? = nil, withArchived: Bool = false, limit: Int = 50,
        by actor: Principal.ID
    ) async throws -> [Batch] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            return try await transaction.batches(
                of: requester, before: before, withArchived: withArchived, limit: limit
            )
        }
    }

    /// One of them.
    ///
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func one(_ id: Batch.ID, of requester: Requester.ID, by actor: Principal.ID) async throws -> Batch {
        try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            guard let batch = try await transaction.batch(id, of: requester) else { throw NotFound("batch") }
            return batch
        }
    }
}
