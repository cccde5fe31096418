internal import Foundation
internal import Store

extension Transaction {
    func insert(_ session: NewSession, hash: Digest) async throws {
        try await execute(
            """
            insert into person_session (session_hash, session_id, principal_id, method, created_at, seen_at, ends_at)
            values (\(hash), \(session.id), \(session.holder), \(session.method), \(instant), \(instant),
                    \(session.endsAt))
            """)
    }

    func endSession(_ hash: Digest) async throws {
        try await execute(
            "update person_session set ended_at = \(instant) where session_hash = \(hash) and ended_at is null")
    }

    /// - Returns: whose it was; `nil` when there is none.
    func endSession(_ id: PersonSession.ID) async throws -> Principal.ID? {
        try await firstRow(
            """
            update person_session set ended_at = coalesce(ended_at, \(instant))
             where session_id = \(id)
            returning principal_id
            """)?["principal_id"]
    }

    /// - Returns: how many were live.
    @discardableResult
    func endSessions(of holder: Principal.ID) async throws -> Int {
        try await execute(
            """
            update person_session set ended_at = \(instant)
             where principal_id = \(holder) and ended_at is null and ends_at > \(instant)
            """)
    }

    func sessions(of holder: Principal.ID, before: PersonSession.ID?, limit: Int) async throws -> [PersonSession] {
        try await rows(
            """
            select session_id, principal_id, method, created_at, seen_at, ends_at, ended_at
              from person_session
             where principal_id = \(holder) and (\(before)::uuid is null or session_id < \(before)::uuid)
             order by session_id desc
             limit \(limit)
            """
        ).map { row in
            PersonSession(
                id: try row["session_id"], holder: try row["principal_id"], method: try row["method"],
                createdAt: try row["created_at"], seenAt: try row["seen_at"], endsAt: try row["ends_at"],
                endedAt: try row["ended_at"])
        }
    }
}

extension Database {
    /// Whose live session it is, and whether its use is to be noted. Every request of a browser asks it.
    func caller(ofSession hash: Digest) async throws -> (Caller, isNoteworthy: Bool)? {
        guard
            let row = try await statement(
                """
                select principal_id, session_id,
                       seen_at < \(.instant)::timestamptz - interval '1 minute' as is_noteworthy
                  from person_session
                 where session_hash = \(hash)
                   and ended_at is null
                   and ends_at > \(.instant)
                   and seen_at > \(.instant)::timestamptz - interval '1 hour'
                """, isReadOnly: true
            ).first
        else { return nil }
        let caller = Caller(
            principal: try row["principal_id"], scopes: Set(TokenScope.allCases),
            door: .session(try row["session_id"]))
        return (caller, try row["is_noteworthy"])
    }

    func noteUse(ofSession hash: Digest) async throws {
        try await statement(
            """
            with noted as materialized (
                select session_hash from person_session
                 where session_hash = \(hash) and seen_at < \(.instant)::timestamptz - interval '1 minute'
                   for no key update skip locked
            )
            update person_session set seen_at = \(.instant)
              from noted where person_session.session_hash = noted.session_hash
            """)
    }
}
