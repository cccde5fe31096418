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

extension Transaction {
    /// Events that meet a filter, newest first.
    ///
    /// - Parameters:
    ///   - last: only those before it.
    ///   - least: none before it.
    func auditLines(
        _ filter: AuditFilter, before last: UUID, notBefore least: UUID, limit: Int
    ) async throws -> [AuditLine] {
        try await rows(
            """
            select event.event_id, event.stream, event.occurred_at, event.actor_id, event.action, event.subject,
                   event.subject_id, event.facts, audit_seal.position, audit_seal.hash
              from audit_event as event
              left join audit_seal on audit_seal.event_id = event.event_id
             where event.event_id < \(last) and event.event_id >= \(least)
               and (\(filter.object)::uuid is null or event.subject_id = \(filter.object)::uuid)
               and (\(filter.subject)::text is null or event.subject = \(filter.subject)::text)
               and (\(filter.action)::text is null or event.action = \(filter.action)::text)
               and (\(filter.actor)::uuid is null or event.actor_id = \(filter.actor)::uuid)
               and (\(filter.from)::timestamptz is null or event.occurred_at >= \(filter.from)::timestamptz)
               and (\(filter.until)::timestamptz is null or event.occurred_at < \(filter.until)::timestamptz)
             order by event.event_id desc
             limit \(limit)
            """
        ).map(AuditLine.init(row:))
    }

    /// The event that comes so many before one; `nil` if there are fewer.
    func auditEvent(_ count: Int, before last: UUID, notBefore least: UUID) async throws -> AuditEvent.ID? {
        try await firstRow(
            """
            select event_id
              from audit_event
             where event_id < \(last) and event_id >= \(least)
             order by event_id desc
            offset \(count - 1)
             limit 1
            """)?["event_id"]
    }
}

extension AuditLine {
    init(row: Row) throws {
        id = try row["event_id"]
        stream = try row["stream"]
        occurredAt = try row["occurred_at"]
        actor = try row["actor_id"]
        action = try row["action"]
        subject = try row["subject"]
        object = try row["subject_id"]
        facts = try row["facts"]
        position = try row["position"]
        hash = try row["hash"]
    }
}
