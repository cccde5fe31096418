internal import Store

/// A person with the roles that they hold now.
package struct Person: Hashable, Sendable {
    package let id: Principal.ID
    package let name: String
    /// Each once, in the order of the enum.
    package let roles: [Role]
}

/// Shows operators who can act in the market: people, without those who are workers only.
package struct ListPeople: Sendable {
    package static let pageMax = 200
    let market: Market

    package init(market: Market) { self.market = market }

    /// By id.
    ///
    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(
        after last: Principal.ID? = nil, limit: Int = pageMax, by actor: Principal.ID
    ) async throws -> [Person] {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            return try await transaction.people(after: last, limit: min(max(limit, 1), Self.pageMax))
        }
    }
}
