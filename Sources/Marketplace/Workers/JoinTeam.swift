internal import Formats
internal import Foundation
internal import Store

/// Puts a worker into a team from now on. Nobody is in two at once.
package struct JoinTeam: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Adding a member again changes nothing.
    ///
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``TeamRefusal/inOtherTeam(_:)``.
    package func callAsFunction(_ worker: Worker.ID, _ team: Team.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard let target = try await transaction.lockTeam(team) else { throw NotFound("team") }
            guard try await transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
            if let held = try await transaction.team(of: worker) {
                guard held.id == team else { throw TeamRefusal.inOtherTeam(held.externalKey) }
                return
            }
            try await transaction.insertMember(change.make(), worker, of: team)
            try await change.note("team_joined", worker, target, by: actor)
            if target.isPayee {
                try await change.tellOfPayee([Principal.ID(worker.uuid)], of: target, isPayee: true)
            }
        }
    }
}

/// Takes a worker out of a team; they are of the crowd again. Work in hand goes on.
package struct LeaveTeam: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal``, ``NotFound``, ``TeamRefusal/notMember``.
    package func callAsFunction(_ worker: Worker.ID, _ team: Team.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard let target = try await transaction.lockTeam(team) else { throw NotFound("team") }
            guard try await transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
            guard try await transaction.endMembership(of: worker, in: team) else { throw TeamRefusal.notMember }
            try await change.note("team_left", worker, target, by: actor)
        }
    }
}

extension Change {
    /// Records a membership's change and tells the worker.
    fileprivate func note(_ action: String, _ worker: Worker.ID, _ team: Team, by actor: Principal.ID) async throws {
        try await transaction.tell(
            Principal.ID(worker.uuid), kind: action,
            facts: ["team": .string(team.name), "kind": .string(team.kind.rawValue)], id: make()
        )
        try await refreshEligibility(of: worker, after: .team)
        try await record(
            action, by: actor, on: "team", team.id.uuid, in: .worker(worker), facts: ["worker": .string("\(worker)")]
        )
    }
}

/// Shows operators all teams, by key.
package struct ListTeams: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - key: the last team's of the page before.
    ///   - limit: 1 to 200.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(
        after key: String? = nil, limit: Int = ListWorkers.pageMax, by actor: Principal.ID
    ) async throws -> [Team] {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            return try await transaction.teams(after: key, limit: min(max(limit, 1), ListWorkers.pageMax))
        }
    }

    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func one(_ id: Team.ID, by actor: Principal.ID) async throws -> Team {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            guard let found = try await transaction.team(id) else { throw NotFound("team") }
            return found
        }
    }
}

/// Shows a team's memberships, newest first, with those that have ended.
package struct ListMembers: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - before: the last one of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: a manager of the agency, or an operator.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(
        of team: Team.ID, before: TeamMember.ID? = nil, limit: Int = ListWorkers.pageMax, by actor: Principal.ID
    ) async throws -> [TeamMember] {
        try await market.database.read { transaction in
            try await transaction.authorizeTeam(toSee: actor, team)
            return try await transaction.members(
                of: team, before: before, limit: min(max(limit, 1), ListWorkers.pageMax)
            )
        }
    }
}
