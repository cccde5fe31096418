internal import Foundation
internal import Store

extension Transaction {
    func insert(_ provider: SignInProvider) async throws {
        try await execute(
            """
            insert into sign_in_provider (provider_id, external_key, issuer, audience, requester_id, created_at)
            values (\(provider.id), \(provider.externalKey), \(provider.issuer), \(provider.audience),
                    \(provider.requester), \(instant))
            """)
    }

    func provider(named key: String) async throws -> SignInProvider? {
        try await firstRow("select * from sign_in_provider where external_key = \(key)").map(SignInProvider.init(row:))
    }

    /// Whether there is such a requester.
    func isRequester(_ id: Requester.ID) async throws -> Bool {
        try await firstRow("select from requester where requester_id = \(id)") != nil
    }

    func providers(after last: SignInProvider.ID?, limit: Int) async throws -> [SignInProvider] {
        try await rows(
            """
            select * from sign_in_provider
             where \(last)::uuid is null or provider_id > \(last)::uuid
             order by provider_id
             limit \(limit)
            """
        ).map(SignInProvider.init(row:))
    }

    func closeProvider(_ id: SignInProvider.ID) async throws {
        try await execute(
            "update sign_in_provider set closed_at = coalesce(closed_at, \(instant)) where provider_id = \(id)")
    }

    func holder(of subject: String, by provider: SignInProvider.ID) async throws -> Principal.ID? {
        try await firstRow(
            "select principal_id from provider_identity where provider_id = \(provider) and subject = \(subject)"
        )?["principal_id"]
    }

    /// - Returns: who is linked to the account now.
    func link(
        _ person: Principal.ID, to provider: SignInProvider.ID, _ subject: String
    ) async throws -> Principal.ID? {
        try await execute(
            """
            insert into provider_identity (provider_id, subject, principal_id, created_at)
            values (\(provider), \(subject), \(person), \(instant))
            on conflict (provider_id, subject) do nothing
            """)
        return try await holder(of: subject, by: provider)
    }

    func insertAttempt(_ state: Digest, of provider: SignInProvider.ID, until end: Date) async throws {
        try await execute(
            """
            insert into provider_attempt (state_hash, provider_id, expires_at)
            values (\(state), \(provider), \(end))
            """)
    }

    /// - Returns: whether it was under way; it is not any more.
    func takeAttempt(_ state: Digest, of provider: SignInProvider.ID) async throws -> Bool {
        try await firstRow(
            """
            delete from provider_attempt where state_hash = \(state) and provider_id = \(provider)
            returning expires_at > \(instant) as is_open
            """
        )?["is_open"] ?? false
    }
}

extension SignInProvider {
    init(row: Row) throws {
        id = try row["provider_id"]
        externalKey = try row["external_key"]
        issuer = try row["issuer"]
        audience = try row["audience"]
        requester = try row["requester_id"]
        closedAt = try row["closed_at"]
    }
}
