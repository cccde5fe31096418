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

    /// Puts events that a statement of many has written on their way to every endpoint that wants them.
    func tellPrograms(of events: [AuditEvent.ID]) async throws {
        guard !events.isEmpty else { return }
        let known = PublicEvent.columns
        try await execute(
            """
            with told as materialized (
                select event.event_id, substr(event.stream, 11)::uuid as requester_id, known.kind, event.subject,
                       event.subject_id, event.occurred_at,
                       (select coalesce(jsonb_object_agg(fact.key, fact.value), '{}')
                          from jsonb_each(event.facts) as fact
                         where fact.key = any(string_to_array(known.facts, ','))) as facts
                  from audit_event as event
                  join unnest(\(known.actions)::text[], \(known.kinds)::text[], \(known.facts)::text[])
                           as known (action, kind, facts) using (action)
                 where event.event_id = any(\(events)) and event.stream like 'requester:%'
                   -- Where nobody listens, nothing is worked out.
                   and exists (select from webhook_endpoint as listening
                                where listening.requester_id = substr(event.stream, 11)::uuid
                                  and listening.state = 'enabled')
            ),
            endpoint as materialized (
                select told.event_id, webhook_endpoint.webhook_endpoint_id
                  from told join webhook_endpoint using (requester_id)
                 where webhook_endpoint.state = 'enabled'
                   and (webhook_endpoint.kinds = '{}' or told.kind = any(webhook_endpoint.kinds))
            ),
            outgoing as (
                insert into webhook_event (webhook_event_id, requester_id, kind, subject, subject_id, occurred_at,
                                           facts, trace)
                select event_id, requester_id, kind, subject, subject_id, occurred_at, facts,
                       \(TraceContext.current?.header)::text
                  from told
                 where event_id in (select event_id from endpoint)
                 order by event_id
                returning webhook_event_id, position, subject_id, occurred_at
            )
            insert into webhook_delivery (webhook_endpoint_id, webhook_event_id, position, subject_id, due_at, until)
            select endpoint.webhook_endpoint_id, outgoing.webhook_event_id, outgoing.position, outgoing.subject_id,
                   outgoing.occurred_at, outgoing.occurred_at + interval '3 days'
              from outgoing join endpoint on endpoint.event_id = outgoing.webhook_event_id
            """)
    }

    func hasAuditEvent(_ id: AuditEvent.ID) async throws -> Bool {
        try await firstRow("select from audit_event where event_id = \(id)") != nil
    }
}
