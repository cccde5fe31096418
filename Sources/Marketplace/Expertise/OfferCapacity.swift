internal import Formats
package import Foundation
internal import Store

/// What an agency offers as a whole, in one profession.
package struct TeamCapacity: Hashable, Sendable {
    package let profession: Profession
    /// Minutes of work a week, of all its people together.
    package let weeklyMinutes: Int
    package let since: Date
}

/// Says how much an agency offers a week in one profession, from now on; what it offered before stays on record.
package struct OfferCapacity: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - weeklyMinutes: 0 to 100,000,000; 0 offers nothing more.
    ///   - actor: a manager of the agency, or an operator.
    /// - Throws: ``BadInput``, ``AccessRefusal``, ``NotFound``, ``ExpertiseRefusal/unknownProfession``.
    package func callAsFunction(
        of team: Team.ID, in profession: Profession, weeklyMinutes: Int, by actor: Principal.ID
    ) async throws {
        guard (0...100_000_000).contains(weeklyMinutes) else {
            throw BadInput("weekly_minutes", "must be 0 to 100,000,000")
        }
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorizeTeam(actor, team)
            guard try await transaction.lockTeam(team) != nil else { throw NotFound("team") }
            guard try await transaction.isInCatalogue(profession) else { throw ExpertiseRefusal.unknownProfession }
            try await transaction.beginCapacity(
                weeklyMinutes, of: team, in: profession, id: change.make(TeamCapacity.self).uuid
            )
            try await change.record(
                "team_capacity_offered", by: actor, on: "team", team.uuid, in: .platform,
                facts: [
                    "profession": .string(profession.code), "weekly_minutes": .integer(Int64(weeklyMinutes)),
                ]
            )
        }
    }
}

/// What an agency offers at this instant, by profession; a catalogue bounds the list.
package struct ListCapacity: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: a manager of the agency, or an operator.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(of team: Team.ID, by actor: Principal.ID) async throws -> [TeamCapacity] {
        try await market.database.read { transaction in
            try await transaction.authorizeTeam(toSee: actor, team)
            return try await transaction.capacity(of: team)
        }
    }

    /// What it offers in one profession.
    ///
    /// - Returns: `nil` where it never offered any.
    /// - Throws: ``AccessRefusal``; ``NotFound`` for a profession that the catalogue does not have.
    package func one(
        of team: Team.ID, in profession: Profession, by actor: Principal.ID
    ) async throws -> TeamCapacity? {
        try await market.database.read { transaction in
            try await transaction.authorizeTeam(toSee: actor, team)
            guard try await transaction.isInCatalogue(profession) else { throw NotFound("profession") }
            return try await transaction.capacity(of: team).first { $0.profession == profession }
        }
    }
}
