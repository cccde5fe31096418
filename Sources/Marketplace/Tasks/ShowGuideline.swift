internal import Foundation
internal import Store

/// A requester's guidelines in the order of their ids, by pages.
package struct ListGuidelines: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - last: the last guideline of the page before; `nil` for the oldest.
    ///   - limit: 1 to 200.
    ///   - actor: a publisher of the requester.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func callAsFunction(
        of requester: Requester.ID, after last: Guideline.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [Guideline] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            return try await transaction.guidelines(of: requester, after: last, limit: limit)
        }
    }

    /// The one of an external key.
    ///
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func one(_ key: String, of requester: Requester.ID, by actor: Principal.ID) async throws -> Guideline {
        try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            guard let found = try await transaction.guideline(of: requester, externalKey: key) else {
                throw NotFound("guideline called '\(key)'")
            }
            return found
        }
    }

    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func one(_ id: Guideline.ID, of requester: Requester.ID, by actor: Principal.ID) async throws -> Guideline {
        try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            guard let found = try await transaction.guideline(id, of: requester) else { throw NotFound("guideline") }
            return found
        }
    }
}

/// The versions of a guideline, newest first, by pages.
package struct ShowGuideline: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - before: the last version of the page before; `nil` for the newest.
    ///   - limit: 1 to 50, since each has its text.
    ///   - actor: a publisher of the requester.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func callAsFunction(
        _ id: Guideline.ID, of requester: Requester.ID, before: Int? = nil, limit: Int = 20, by actor: Principal.ID
    ) async throws -> [GuidelineVersion] {
        guard (1...50).contains(limit) else { throw BadInput("limit", "must be 1 to 50") }
        return try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            return try await transaction.guidelineVersions(of: id, requester, before: before, limit: limit)
        }
    }

    /// One version.
    ///
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func version(
        _ number: Int, of id: Guideline.ID, from requester: Requester.ID, by actor: Principal.ID
    ) async throws -> GuidelineVersion {
        try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            guard let found = try await transaction.guidelineVersion(number, of: id, requester) else {
                throw NotFound("version of the guideline")
            }
            return found
        }
    }
}
