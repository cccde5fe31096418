internal import Foundation
internal import Store

extension Transaction {
    /// Up to 50 people who are operators now, by id.
    func operatorsToTell() async throws -> [Principal.ID] { try await peopleToTell(in: .operator) }

    /// Up to 50 people who hold a role now, by id.
    func peopleToTell(in role: Role) async throws -> [Principal.ID] {
        try await rows(
            """
            select principal_id
              from principal
             where kind = 'person'
               and exists (select from role_grant
                            where role_grant.principal_id = principal.principal_id and role = \(role)
                              and in_force @> \(instant))
             order by principal_id
             limit 50
            """
        ).map { try $0["principal_id"] }
    }

    /// Up to 50 people who act for a requester now, and where there are none operators, by id.
    func peopleToTell(of requester: Requester.ID) async throws -> [Principal.ID] {
        let own: [Principal.ID] = try await rows(
            """
            select principal_id
              from principal
             where kind = 'person'
               and exists (select from role_grant
                            where role_grant.principal_id = principal.principal_id and role = 'requester'
                              and requester_id = \(requester) and in_force @> \(instant))
             order by principal_id
             limit 50
            """
        ).map { try $0["principal_id"] }
        return own.isEmpty ? try await operatorsToTell() : own
    }

    func insert(_ principal: Principal) async throws {
        try await execute(
            """
            insert into principal (principal_id, kind, name, created_at)
            values (\(principal.id), \(principal.kind), \(principal.name), \(instant))
            """)
    }

    /// Whether the principal holds the role at the transaction's instant.
    func holds(_ principal: Principal.ID, _ role: Role, for requester: Requester.ID?) async throws -> Bool {
        try await firstRow(
            """
            select from role_grant
             where principal_id = \(principal)
               and role = \(role)
               and requester_id is not distinct from \(requester)
               and in_force @> \(instant)
            """) != nil
    }

    func insertGrant(
        id: UUID, of role: Role, to principal: Principal.ID, for requester: Requester.ID?, by granter: Principal.ID
    ) async throws {
        try await execute(
            """
            insert into role_grant (role_grant_id, principal_id, role, requester_id, granted_by, in_force)
            values (\(id), \(principal), \(role), \(requester), \(granter),
                    \(InstantRange(from: instant, until: nil)))
            """)
    }

    func anyPrincipalExists() async throws -> Bool {
        try await firstRow("select from principal limit 1") != nil
    }

    func principalExists(_ id: Principal.ID) async throws -> Bool {
        try await firstRow("select from principal where principal_id = \(id)") != nil
    }

    func findPrincipal(named name: String, kind: PrincipalKind) async throws -> Principal.ID? {
        try await firstRow(
            """
            select principal_id from principal where name = \(name) and kind = \(kind) order by principal_id limit 1
            """)?["principal_id"]
    }

    /// The answer stored for a key, with the fingerprint of the request that got it.
    static func idempotentAnswer(of principal: Principal.ID, route: String, key: String) -> SQL {
        """
        select fingerprint, status, answer from idempotency_key
         where principal_id = \(principal) and route = \(route) and key = \(key)
        """
    }

    func insertIdempotencyKey(
        _ key: String, of principal: Principal.ID, route: String, fingerprint: Digest, reply: Reply
    ) async throws {
        try await execute(
            """
            insert into idempotency_key (principal_id, route, key, fingerprint, status, answer, created_at)
            values (\(principal), \(route), \(key), \(fingerprint), \(reply.status), \(reply.body), \(instant))
            """)
    }
}

extension Transaction {
    /// Forgets answers that are older than that, in a bounded step.
    ///
    /// - Returns: how many.
    func deleteIdempotencyKeys(before: Date, most: Int) async throws -> Int {
        try await execute(
            """
            with old as materialized (
                select principal_id, route, key
                  from idempotency_key
                 where created_at < \(before)
                 order by created_at
                 limit \(most)
                   for update skip locked
            )
            delete from idempotency_key
             using old
             where idempotency_key.principal_id = old.principal_id and idempotency_key.route = old.route
               and idempotency_key.key = old.key
            """)
    }
}

extension Transaction {
    /// People who hold another role than that of a worker at the transaction's instant, by id.
    func people(after last: Principal.ID?, limit: Int) async throws -> [Person] {
        try await rows(
            """
            select principal_id, name,
                   array(select distinct role from role_grant as held
                          where held.principal_id = principal.principal_id and held.in_force @> \(instant)
                          order by role)::text[] as roles
              from principal
             where kind = 'person' and (\(last)::uuid is null or principal_id > \(last)::uuid)
               and exists (select from role_grant
                            where role_grant.principal_id = principal.principal_id and role <> 'worker'
                              and in_force @> \(instant))
             order by principal_id
             limit \(limit)
            """
        ).map { Person(id: try $0["principal_id"], name: try $0["name"], roles: try $0["roles"]) }
    }
}

extension Transaction {
    /// A principal with what it holds at the transaction's instant.
    func oneself(_ id: Principal.ID) async throws -> Oneself? {
        try await firstRow(
            """
            select principal_id, kind, name,
                   array(select distinct role from role_grant as held
                          where held.principal_id = principal.principal_id and held.in_force @> \(instant)
                          order by role)::text[] as roles,
                   array(select distinct requester_id from role_grant as held
                          where held.principal_id = principal.principal_id and held.in_force @> \(instant)
                            and held.role = 'requester' and held.requester_id is not null
                          order by requester_id) as requesters
              from principal
             where principal_id = \(id)
            """
        ).map { row in
            Oneself(
                id: try row["principal_id"], kind: try row["kind"], name: try row["name"], roles: try row["roles"],
                requesters: try row["requesters"])
        }
    }
}
