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

    func hasAuditEvent(_ id: AuditEvent.ID) async throws -> Bool {
        try await firstRow("select from audit_event where event_id = \(id)") != nil
    }
}
