internal import Foundation
package import Store

extension Transaction {
    /// - Returns: false when the external key was taken; then nothing was changed.
    func insertTeam(_ id: Team.ID, _ draft: TeamDraft) async throws -> Bool {
        try await execute(
            """
            insert into team (team_id, external_key, kind, name, base, is_payee, created_at)
            values (\(id), \(draft.externalKey), \(draft.kind), \(draft.name), \(draft.base), \(draft.isPayee),
                    \(instant))
            on conflict on constraint team_one_per_external_key do nothing
            """) == 1
    }

    /// The team that operators know by that key.
    package func team(externalKey: String) async throws -> Team? {
        try await firstRow("\(fragment: Team.columns) where external_key = \(externalKey)").map(Team.init)
    }

    /// The worker's team at the transaction's instant, or that they joined while this transaction waited.
    package func team(of worker: Worker.ID) async throws -> Team? {
        try await firstRow(
            """
            \(fragment: Team.columns)
             where team_id = (select team_id from team_member
                              where worker_id = \(worker) and (in_force @> \(instant) or upper_inf(in_force))
                              order by lower(in_force) desc
                              limit 1)
            """
        ).map(Team.init)
    }

    func team(_ id: Team.ID) async throws -> Team? {
        try await firstRow("\(fragment: Team.columns) where team_id = \(id)").map(Team.init)
    }

    /// Keeps everybody else from changing the team until this transaction ends.
    package func lockTeam(_ id: Team.ID) async throws -> Team? {
        try await firstRow("\(fragment: Team.columns) where team_id = \(id) for no key update").map(Team.init)
    }

    func setPayee(_ id: Team.ID, _ isPayee: Bool) async throws {
        try await execute("update team set is_payee = \(isPayee) where team_id = \(id)")
    }

    func teams(after key: String?, limit: Int) async throws -> [Team] {
        try await rows(
            """
            \(fragment: Team.columns)
             where \(key)::text is null or external_key > \(key)::text
             order by external_key
             limit \(limit)
            """
        ).map(Team.init)
    }
}

extension Transaction {
    func insertMember(_ id: TeamMember.ID, _ worker: Worker.ID, of team: Team.ID) async throws {
        try await execute(
            """
            insert into team_member (team_member_id, team_id, worker_id, in_force)
            values (\(id), \(team), \(worker),
                    tstzrange(greatest(\(instant), (select max(upper(in_force)) from team_member
                                                   where worker_id = \(worker))), null))
            """)
    }

    /// Ends a membership; one that would have lasted no time at all, a millisecond after it began.
    ///
    /// - Returns: whether there was one without end.
    func endMembership(of worker: Worker.ID, in team: Team.ID) async throws -> Bool {
        try await execute(
            """
            update team_member
               set in_force = tstzrange(lower(in_force),
                                        greatest(\(instant), lower(in_force) + interval '1 millisecond'))
             where worker_id = \(worker) and team_id = \(team) and upper_inf(in_force)
            """) == 1
    }

    func members(of team: Team.ID, before: TeamMember.ID?, limit: Int) async throws -> [TeamMember] {
        try await rows(
            """
            select team_member_id, worker_id, worker.external_key as worker_key, lower(in_force) as joined_at,
                   upper(in_force) as left_at
              from team_member join worker using (worker_id)
             where team_id = \(team) and (\(before)::uuid is null or team_member_id < \(before)::uuid)
             order by team_member_id desc
             limit \(limit)
            """
        ).map(TeamMember.init)
    }
}

extension Transaction {
    /// Whose work is paid to whoever is the team's payee: its people, and who was one of them when they earned what is
    /// not paid yet.
    func peoplePaid(through team: Team.ID) async throws -> [Principal.ID] {
        try await rows(
            """
            select distinct worker_id from team_member
             where team_id = \(team)
               and (upper_inf(in_force)
                    or exists (select from earning
                                where earning.worker_id = team_member.worker_id
                                  and team_member.in_force @> earning.earned_at
                                  and not exists (select from payout_item
                                                   where payout_item.requester_id = earning.requester_id
                                                     and payout_item.transfer_id = earning.transfer_id
                                                     and payout_item.is_live)))
             order by worker_id
            """
        ).map { try $0["worker_id"] }
    }

    /// Whether the principal manages that very team at the transaction's instant.
    func manages(_ principal: Principal.ID, _ team: Team.ID) async throws -> Bool {
        try await firstRow(
            """
            select from role_grant
             where principal_id = \(principal) and role = 'agency_manager' and team_id = \(team)
               and in_force @> \(instant)
            """) != nil
    }

    /// Who manages a team now, or did after an instant, by id.
    func managers(of team: Team.ID, after: Date, limit: Int) async throws -> [Principal.ID] {
        try await rows(
            """
            select distinct principal_id from role_grant
             where role = 'agency_manager' and team_id = \(team) and in_force && tstzrange(\(after), null)
             order by principal_id
             limit \(limit)
            """
        ).map { try $0["principal_id"] }
    }

    func insertManager(
        _ principal: Principal.ID, of team: Team.ID, id: UUID, by granter: Principal.ID
    ) async throws {
        try await execute(
            """
            insert into role_grant (role_grant_id, principal_id, role, granted_by, in_force, team_id)
            values (\(id), \(principal), 'agency_manager', \(granter), \(InstantRange(from: instant, until: nil)),
                    \(team))
            """)
    }

    /// - Returns: whether the principal was a manager.
    func endManager(_ principal: Principal.ID, of team: Team.ID) async throws -> Bool {
        try await execute(
            """
            update role_grant
               set in_force = tstzrange(lower(in_force),
                                        greatest(\(instant), lower(in_force) + interval '1 millisecond'))
             where principal_id = \(principal) and role = 'agency_manager' and team_id = \(team)
               and upper_inf(in_force)
            """) == 1
    }
}

extension Team {
    static let columns: SQL = "select team_id, external_key, kind, name, base, is_payee from team"
}
