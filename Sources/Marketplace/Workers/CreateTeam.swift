internal import Formats
internal import Foundation
internal import Store

/// Enters an agency, or a base of the operator's own staff.
package struct CreateTeam: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Idempotent by external key: an existing team of that key is returned as it is.
    ///
    /// - Throws: ``AccessRefusal``, ``TeamRefusal/onlyAgencyIsPayee``.
    package func callAsFunction(_ draft: TeamDraft, by actor: Principal.ID) async throws -> Team {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard !draft.isPayee || draft.kind == .agency else { throw TeamRefusal.onlyAgencyIsPayee }
            let id: Team.ID = change.make()
            guard try await transaction.insertTeam(id, draft) else {
                guard let found = try await transaction.team(externalKey: draft.externalKey) else {
                    throw NotFound("team")
                }
                return found
            }
            try await change.record(
                "team_created", by: actor, on: "team", id.uuid, in: .platform,
                facts: ["kind": .string(draft.kind.rawValue), "is_payee": .bool(draft.isPayee)]
            )
            return Team(
                id: id, externalKey: draft.externalKey, kind: draft.kind, name: draft.name, base: draft.base,
                isPayee: draft.isPayee
            )
        }
    }
}

/// Says who is paid for the work of an agency's people: the agency, or they themselves.
///
/// That it is the agency takes two operators: what its people had not been paid yet goes to it, too.
package struct ChangePayee: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Holds for payout batches prepared from now on; a batch that was prepared keeps its payees. Its people are told,
    /// in a notice that cannot be turned off.
    ///
    /// - Returns: whether it is so; else it waits for another operator, who says the same within a week.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``TeamRefusal/onlyAgencyIsPayee``.
    @discardableResult
    package func callAsFunction(_ team: Team.ID, isPayee: Bool, by actor: Principal.ID) async throws -> Bool {
        try await market.change { change -> Bool in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard let found = try await transaction.lockTeam(team) else { throw NotFound("team") }
            guard !isPayee || found.kind == .agency else { throw TeamRefusal.onlyAgencyIsPayee }
            guard found.isPayee != isPayee else { return true }
            if isPayee {
                guard try await change.isSaidByTwo(Digest(of: "is_payee"), of: team.uuid, by: actor) else {
                    try await change.record("team_payee_proposed", by: actor, on: "team", team.uuid, in: .platform)
                    return false
                }
            }
            try await transaction.setPayee(team, isPayee)
            try await change.tellOfPayee(try await transaction.peoplePaid(through: team), of: found, isPayee: isPayee)
            try await change.record(
                "team_payee_changed", by: actor, on: "team", team.uuid, in: .platform,
                facts: ["is_payee": .bool(isPayee)]
            )
            return true
        }
    }
}

extension Change {
    /// Tells people of a team who is paid for their work: the team, or they themselves.
    func tellOfPayee(_ people: [Principal.ID], of team: Team, isPayee: Bool) async throws {
        let facts: JSON = ["team": .string(team.name), "is_payee": .bool(isPayee)]
        try await transaction.tell(
            "payee_changed", people.map { Told(id: make(), recipient: $0, facts: facts) })
    }
}

/// Lets somebody see the work of an agency's people and offer its capacity.
package struct AppointManager: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Idempotent.
    ///
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``TeamRefusal/onlyAgencyIsManaged``; ``BadInput`` for an auditor.
    package func callAsFunction(
        _ manager: Principal.ID, of team: Team.ID, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard let found = try await transaction.lockTeam(team) else { throw NotFound("team") }
            guard found.kind == .agency else { throw TeamRefusal.onlyAgencyIsManaged }
            guard try await !transaction.holds(manager, .auditor, for: nil) else {
                throw BadInput("manager", "is an auditor: who looks at what was done does none of it")
            }
            guard try await !transaction.manages(manager, team) else { return }
            try await transaction.insertManager(manager, of: team, id: change.make(Role.self).uuid, by: actor)
            try await change.record(
                "agency_manager_appointed", by: actor, on: "team", team.uuid, in: .platform,
                facts: ["principal": .string("\(manager)")]
            )
        }
    }
}

/// Ends what ``AppointManager`` began.
package struct DismissManager: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal``, ``NotFound``.
    package func callAsFunction(
        _ manager: Principal.ID, of team: Team.ID, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard try await transaction.lockTeam(team) != nil else { throw NotFound("team") }
            guard try await transaction.endManager(manager, of: team) else { throw NotFound("agency manager") }
            try await change.record(
                "agency_manager_dismissed", by: actor, on: "team", team.uuid, in: .platform,
                facts: ["principal": .string("\(manager)")]
            )
        }
    }
}
