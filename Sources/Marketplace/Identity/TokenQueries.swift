internal import Foundation
internal import Store

extension Transaction {
    func insert(
        _ issued: IssuedToken, hash: Digest, for principal: Principal.ID, name: String, scopes: Set<TokenScope>,
        replacing old: AccessToken.ID?
    ) async throws {
        try await execute(
            """
            insert into access_token (token_hash, principal_id, created_at, expires_at, access_token_id, name, scopes,
                                      replaces_id)
            values (\(hash), \(principal), \(instant), \(issued.expiresAt), \(issued.id), \(name),
                    \(scopes.ordered.map(\.rawValue))::text[]::token_scope[], \(old))
            """)
    }

    func lockToken(_ id: AccessToken.ID) async throws -> TokenLine? {
        try await firstRow(
            "select *, scopes::text[] as scope_names from access_token where access_token_id = \(id) for update"
        ).map(TokenLine.init(row:))
    }

    func isReplaced(_ id: AccessToken.ID) async throws -> Bool {
        try await firstRow("select from access_token where replaces_id = \(id)") != nil
    }

    func endToken(_ id: AccessToken.ID, at end: Date) async throws {
        try await execute("update access_token set expires_at = \(end) where access_token_id = \(id)")
    }

    func revokeToken(_ id: AccessToken.ID) async throws {
        try await execute(
            """
            update access_token set revoked_at = \(instant) where access_token_id = \(id) and revoked_at is null
            """)
    }

    func revokeTokens(of principal: Principal.ID) async throws -> Int {
        try await execute(
            """
            update access_token set revoked_at = \(instant)
             where principal_id = \(principal) and revoked_at is null and expires_at > \(instant)
            """)
    }

    func tokens(of principal: Principal.ID, before: AccessToken.ID?, limit: Int) async throws -> [TokenLine] {
        try await rows(
            """
            select *, scopes::text[] as scope_names
              from access_token
             where principal_id = \(principal) and (\(before)::uuid is null or access_token_id < \(before)::uuid)
             order by access_token_id desc
             limit \(limit)
            """
        ).map(TokenLine.init(row:))
    }
}

extension Database {
    /// Whom a live token belongs to, and whether its use is to be noted. Every request asks it.
    func caller(ofToken hash: Digest) async throws -> (Caller, isNoteworthy: Bool)? {
        guard
            let row = try await statement(
                """
                select principal_id, access_token_id, scopes::text[] as scope_names,
                       coalesce(last_used_at < \(.instant)::timestamptz - interval '10 minutes', true)
                       as is_noteworthy
                  from access_token
                 where token_hash = \(hash)
                   and revoked_at is null
                   and expires_at > \(.instant)
                """, isReadOnly: true
            ).first
        else { return nil }
        let caller = Caller(
            principal: try row["principal_id"], scopes: try row.scopes(),
            door: .token(try row["access_token_id"]))
        return (caller, try row["is_noteworthy"])
    }

    /// Notes that a token was used; of many who say so at once, one writes.
    func noteUse(ofToken hash: Digest) async throws {
        try await statement(
            """
            with noted as materialized (
                select token_hash from access_token
                 where token_hash = \(hash)
                   and coalesce(last_used_at < \(.instant)::timestamptz - interval '10 minutes', true)
                   for no key update skip locked
            )
            update access_token set last_used_at = \(.instant)
              from noted where access_token.token_hash = noted.token_hash
            """)
    }
}

extension Row {
    func scopes() throws -> Set<TokenScope> {
        let scopes: [TokenScope] = try self["scope_names"]
        return Set(scopes)
    }
}

extension TokenLine {
    init(row: Row) throws {
        id = try row["access_token_id"]
        holder = try row["principal_id"]
        name = try row["name"]
        scopes = try row.scopes()
        createdAt = try row["created_at"]
        expiresAt = try row["expires_at"]
        revokedAt = try row["revoked_at"]
        lastUsedAt = try row["last_used_at"]
        replaces = try row["replaces_id"]
    }
}
