internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    func insertWebhook(
        _ id: WebhookEndpoint.ID, of requester: Requester.ID, url: String, kinds: [String], by actor: Principal.ID
    ) async throws {
        try await execute(
            """
            insert into webhook_endpoint (webhook_endpoint_id, requester_id, url, kinds, created_by, created_at)
            values (\(id), \(requester), \(url), \(kinds), \(actor), \(instant))
            """)
    }

    /// What was failing is forgotten when it is enabled anew.
    func updateWebhook(
        _ id: WebhookEndpoint.ID, url: String, kinds: [String], state: WebhookEndpointState
    ) async throws {
        try await execute(
            """
            update webhook_endpoint
               set url = \(url), kinds = \(kinds), state = \(state),
                   ended_at = case when \(state)::webhook_endpoint_state = 'enabled' then null
                                   else coalesce(ended_at, \(instant)) end,
                   failing_since = case when \(state)::webhook_endpoint_state = 'enabled' and state <> 'enabled'
                                        then null else failing_since end,
                   failures = case when \(state)::webhook_endpoint_state = 'enabled' and state <> 'enabled'
                                   then 0 else failures end,
                   failed_at = case when \(state)::webhook_endpoint_state = 'enabled' and state <> 'enabled'
                                    then null else failed_at end
             where webhook_endpoint_id = \(id)
            """)
    }

    func countEnabledWebhooks(of requester: Requester.ID) async throws -> Int {
        try await oneRow(
            """
            select count(*) as n from webhook_endpoint where requester_id = \(requester) and state = 'enabled'
            """)["n"]
    }

    func webhook(_ id: WebhookEndpoint.ID) async throws -> WebhookEndpoint? {
        try await firstRow("select * from webhook_endpoint where webhook_endpoint_id = \(id)")
            .map(WebhookEndpoint.init(row:))
    }

    package func lockWebhook(_ id: WebhookEndpoint.ID) async throws -> WebhookEndpoint? {
        try await firstRow("select * from webhook_endpoint where webhook_endpoint_id = \(id) for update")
            .map(WebhookEndpoint.init(row:))
    }

    func webhooks(
        of requester: Requester.ID, after last: WebhookEndpoint.ID?, limit: Int
    ) async throws -> [WebhookEndpoint] {
        try await rows(
            """
            select * from webhook_endpoint
             where requester_id = \(requester)
               and (\(last)::uuid is null or webhook_endpoint_id > \(last)::uuid)
             order by webhook_endpoint_id
             limit \(limit)
            """
        ).map(WebhookEndpoint.init(row:))
    }

    func insertWebhookSecret(_ id: UUID, of endpoint: WebhookEndpoint.ID) async throws {
        try await execute(
            """
            insert into webhook_secret (webhook_secret_id, webhook_endpoint_id, created_at)
            values (\(id), \(endpoint), \(instant))
            """)
    }

    func expireSecret(of endpoint: WebhookEndpoint.ID, at end: Date) async throws {
        try await execute(
            """
            update webhook_secret set expires_at = \(end)
             where webhook_endpoint_id = \(endpoint) and expires_at is null
            """)
    }

    /// Those in force, the newest first.
    func liveSecrets(of endpoint: WebhookEndpoint.ID) async throws -> [UUID] {
        try await rows(
            """
            select webhook_secret_id from webhook_secret
             where webhook_endpoint_id = \(endpoint) and (expires_at is null or expires_at > \(instant))
             order by expires_at desc nulls first, webhook_secret_id
            """
        ).map { try $0["webhook_secret_id"] }
    }
}

extension WebhookEndpoint {
    init(row: Row) throws {
        id = try row["webhook_endpoint_id"]
        requester = try row["requester_id"]
        url = try row["url"]
        kinds = try row["kinds"]
        state = try row["state"]
        createdAt = try row["created_at"]
        failingSince = try row["failing_since"]
        endedAt = try row["ended_at"]
    }
}
