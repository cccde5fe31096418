internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    /// Writes an event and puts it in line for its seal, in one statement.
    func insert(_ event: AuditEvent) async throws {
        if let told = PublicEvent(event) { return try await insert(event, telling: told) }
        try await execute(
            """
            with event as (
                insert into audit_event
                    (event_id, stream, occurred_at, actor_id, action, subject, subject_id, facts)
                values (\(event.id), \(event.stream.description), \(event.occurredAt), \(event.actor), \(event.action),
                        \(event.subject), \(event.subjectID), \(event.facts))
                returning event_id, stream
            )
            insert into audit_unsealed (event_id, stream) select event_id, stream from event
            """)
    }

    /// The same for several events, none of which requesters' programs are told of.
    func insert(_ events: [AuditEvent]) async throws {
        try await execute(
            """
            with event as (
                insert into audit_event
                    (event_id, stream, occurred_at, actor_id, action, subject, subject_id, facts)
                select event_id, stream, occurred_at, actor_id, action, subject, subject_id, facts::jsonb
                  from unnest(\(events.map(\.id))::uuid[], \(events.map(\.stream.description))::text[],
                              \(events.map(\.occurredAt))::timestamptz[], \(events.map(\.actor))::uuid[],
                              \(events.map(\.action))::text[], \(events.map(\.subject))::text[],
                              \(events.map(\.subjectID))::uuid[], \(events.map(\.facts.canonicalText))::text[])
                       as told (event_id, stream, occurred_at, actor_id, action, subject, subject_id, facts)
                returning event_id, stream
            )
            insert into audit_unsealed (event_id, stream) select event_id, stream from event
            """)
    }

    /// The same, and puts it on its way to every endpoint of the requester that wants it.
    private func insert(_ event: AuditEvent, telling told: PublicEvent) async throws {
        try await execute(
            """
            with event as (
                insert into audit_event
                    (event_id, stream, occurred_at, actor_id, action, subject, subject_id, facts)
                values (\(event.id), \(event.stream.description), \(event.occurredAt), \(event.actor), \(event.action),
                        \(event.subject), \(event.subjectID), \(event.facts))
                returning event_id, stream
            ),
            endpoint as materialized (
                select webhook_endpoint_id from webhook_endpoint
                 where requester_id = \(told.requester) and state = 'enabled'
                   and (kinds = '{}' or \(told.kind) = any(kinds))
            ),
            outgoing as (
                insert into webhook_event (webhook_event_id, requester_id, kind, subject, subject_id, occurred_at,
                                           facts, trace)
                select \(event.id), \(told.requester), \(told.kind), \(event.subject), \(event.subjectID),
                       \(event.occurredAt), \(told.facts), \(TraceContext.current?.header)
                 where exists (select from endpoint)
                returning webhook_event_id, position, subject_id
            ),
            delivery as (
                insert into webhook_delivery (webhook_endpoint_id, webhook_event_id, position, subject_id, due_at,
                                              until)
                select webhook_endpoint_id, webhook_event_id, position, subject_id, \(event.occurredAt),
                       \(event.occurredAt)::timestamptz + interval '3 days'
                  from endpoint, outgoing
            )
            insert into audit_unsealed (event_id, stream) select event_id, stream from event
            """)
    }

    func hasAuditEvent(_ id: AuditEvent.ID) async throws -> Bool {
        try await firstRow("select from audit_event where event_id = \(id)") != nil
    }
}
