internal import Store

/// A requester's projects, oldest first, by pages.
package struct ListProjects: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - last: of the page before; `nil` for the oldest.
    ///   - limit: 1 to 200.
    ///   - actor: a publisher of the requester.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func callAsFunction(
        of requester: Requester.ID, after last: Project.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [Project] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            return try await transaction.projects(of: requester, after: last, limit: limit)
        }
    }

    /// The one that the requester calls so.
    ///
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func one(_ externalKey: String, of requester: Requester.ID, by actor: Principal.ID) async throws -> Project
    {
        try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            guard let found = try await transaction.project(of: requester, externalKey: externalKey) else {
                throw NotFound("project called '\(externalKey)'")
            }
            return found
        }
    }

    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func one(_ id: Project.ID, of requester: Requester.ID, by actor: Principal.ID) async throws -> Project {
        try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            guard let found = try await transaction.project(id, of: requester) else { throw NotFound("project") }
            return found
        }
    }

    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func settings(
        of id: Project.ID, of requester: Requester.ID, by actor: Principal.ID
    ) async throws -> ProjectSettings {
        try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            guard let found = try await transaction.projectSettings(of: id, requester) else {
                throw NotFound("project")
            }
            return found
        }
    }
}

/// What of a project is changed while it goes on.
package struct ProjectSettings: Hashable, Sendable {
    package let weight: Int
    /// How much of a batch one worker may do, in ten-thousandths; `nil` for what holds by default.
    package let shareBasisPoints: Int?
    package let retentionClass: String?
}

/// An organisation that publishes and pays, as operators see it.
package struct RequesterLine: Sendable {
    package let id: Requester.ID
    package let externalKey: String
    package let name: String
    /// What is in its wallets, by currency.
    package let wallets: [Money]
}

/// Shows operators the requesters, oldest first, by pages.
package struct ListRequesters: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - last: of the page before; `nil` for the oldest.
    ///   - limit: 1 to 200.
    /// - Throws: ``BadInput``; ``AccessRefusal`` unless the actor is an operator.
    package func callAsFunction(
        after last: Requester.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [RequesterLine] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            return try await transaction.requesters(after: last, limit: limit)
        }
    }
}
