internal import Foundation
internal import Store

extension Transaction {
    func upsertSecret(_ wrapped: Bytes, _ kind: SecretKind, of owner: UUID, by name: String) async throws {
        try await execute(
            """
            insert into kept_secret (kind, owner_id, wrapping_key, wrapped)
            values (\(kind), \(owner), \(name), \(wrapped))
            on conflict (kind, owner_id)
            do update set wrapping_key = excluded.wrapping_key, wrapped = excluded.wrapped
            """)
    }

    func wrappedSecret(_ kind: SecretKind, of owner: UUID) async throws -> Row? {
        try await firstRow(
            "select wrapping_key, wrapped from kept_secret where kind = \(kind) and owner_id = \(owner)")
    }

    func deleteSecret(_ kind: SecretKind, of owner: UUID) async throws {
        try await execute("delete from kept_secret where kind = \(kind) and owner_id = \(owner)")
    }

    /// Secrets that another key than the named one wraps, locked.
    func lockSecretsToRewrap(to name: String, limit: Int) async throws -> [Row] {
        try await rows(
            """
            select kind, owner_id, wrapping_key, wrapped
              from kept_secret
             where wrapping_key <> \(name)
             order by kind, owner_id
             limit \(limit)
               for update
            """)
    }
}
