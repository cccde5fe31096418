import Marketplace
import Store

/// How people sign in, and what requesters are told.
let doctorIdentityBreaks: [(check: DoctorCheck, statements: [SQL])] = [
    (
        .signIns,
        [
            """
            insert into person_login
            select principal_id, 'x@example.org', null, null, '2026-03-02', 1, '2026-03-02'
              from principal where kind = 'person' limit 1
            """
        ]
    ),
    (
        .signIns,
        [
            "insert into wrapping_key values ('x', '2026-03-02')",
            "insert into kept_secret select 'totp', gen_random_uuid(), 'x', repeat('x', 40)::bytea",
        ]
    ),
    (
        .signIns,
        [
            """
            insert into person_login
            select principal_id, 'x@example.org', null, null, null, null, '2026-03-02', '2026-03-03'
              from principal where kind = 'person' limit 1
            """,
            """
            insert into person_session
            select sha256('s'), gen_random_uuid(), principal_id, 'password', '2026-03-02', '2026-03-02', '2026-03-04'
              from person_login
            """,
        ]
    ),
    (.webhooks, [webhookEndpoint("'enabled'", "null")]),
    (
        .webhooks,
        [
            webhookEndpoint("'enabled'", "null"),
            """
            insert into webhook_secret
            select gen_random_uuid(), webhook_endpoint_id, '2026-03-02' from webhook_endpoint
            """,
        ]
    ),
    (
        .webhooks,
        [
            "insert into wrapping_key values ('x', '2026-03-02')", webhookEndpoint("'failed'", "'2026-03-02'"),
            """
            insert into webhook_secret
            select gen_random_uuid(), webhook_endpoint_id, '2026-03-02' from webhook_endpoint
            """,
            """
            insert into kept_secret
            select 'webhook', webhook_secret_id, 'x', repeat('x', 60)::bytea from webhook_secret
            """,
            """
            insert into webhook_event
                (webhook_event_id, requester_id, kind, subject, subject_id, occurred_at, facts)
            select gen_random_uuid(), requester_id, 'webhook.test', 'webhook', webhook_endpoint_id, '2026-03-02', '{}'
              from webhook_endpoint
            """,
            """
            insert into webhook_delivery
            select webhook_endpoint_id, webhook_event_id, position, subject_id, 'waiting', 0, '2026-03-02', '2026-03-05'
              from webhook_endpoint, webhook_event
            """,
        ]
    ),
]

private func webhookEndpoint(_ state: SQL, _ ended: SQL) -> SQL {
    """
    insert into webhook_endpoint
        (webhook_endpoint_id, requester_id, url, kinds, state, created_by, created_at, ended_at)
    select gen_random_uuid(), requester_id, 'https://hooks.example.org/', '{}',
           \(fragment: state)::webhook_endpoint_state,
           (select min(principal_id::text)::uuid from principal where kind = 'person'), '2026-03-02', \(fragment: ended)
      from requester limit 1
    """
}
