internal import Store

/// A principal as they see themselves.
package struct Oneself: Hashable, Sendable {
    package let id: Principal.ID
    package let kind: PrincipalKind
    package let name: String
    /// Held now, each once, in the order of the enum.
    package let roles: [Role]
    /// For whom they act now, by id.
    package let requesters: [Requester.ID]
}

/// Shows whoever asks who they are here.
package struct ShowOneself: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``NotFound`` for a principal that is not there.
    package func callAsFunction(by actor: Principal.ID) async throws -> Oneself {
        let found = try await market.database.read { try await $0.oneself(actor) }
        guard let found else { throw NotFound("principal") }
        return found
    }
}
