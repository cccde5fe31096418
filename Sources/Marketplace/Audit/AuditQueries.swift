internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    /// Writes an event and puts it in line for its seal, in one statement.
    func insert(_ event: AuditEvent) async throws {
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

    /// The same for several events.
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

    func hasAuditEvent(_ id: AuditEvent.ID) async throws -> Bool {
        try await firstRow("select from audit_event where event_id = \(id)") != nil
    }
}
