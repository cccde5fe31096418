internal import Store

/// What a worker was offered, newest first, by pages.
package struct ListOffers: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - before: the last offer of the page before; `nil` for the newest.
    ///   - limit: 1 to 200.
    ///   - actor: the worker, or an operator.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func callAsFunction(
        of worker: Worker.ID, before: Offer.ID? = nil, limit: Int = 20, by actor: Principal.ID
    ) async throws -> [Offer] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            if worker.uuid != actor.uuid { try await transaction.authorize(actor, toSeeAs: .operator) }
            return try await transaction.offers(to: worker, before: before, limit: limit)
        }
    }
}
