internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    /// Takes deliveries that are due, for as long as `until`; of one object only the first that waits, and to one
    /// endpoint no more than may be in hand. Requesters take turns, whose count includes what they have in hand; of
    /// each the longest due comes first, and where nothing arrives, the endpoint whose last try is longest ago.
    ///
    /// - Parameters:
    ///   - limit: how many to endpoints that answer.
    ///   - failing: how many to those where nothing arrives.
    func claimWebhooks(
        limit: Int, failing: Int = DeliverWebhooks.failingMost, until end: Date, _ keys: KeyRing?
    ) async throws -> (claimed: [WebhookParcel], instant: Date) {
        let rows = try await rows(
            """
            with \(fragment: Self.claimable(limit, failing, at: instant)),
            due as materialized (
                select webhook_endpoint_id, webhook_event_id
                  from webhook_delivery
                 where (webhook_endpoint_id, webhook_event_id) in (select * from chosen)
                   and state = 'waiting' and due_at <= \(instant)
                   for update skip locked
            ),
            claimed as (
                update webhook_delivery
                   set attempts = webhook_delivery.attempts + 1, due_at = \(end), claim_id = gen_random_uuid(),
                       claimed_until = \(end)
                  from due
                 where webhook_delivery.webhook_endpoint_id = due.webhook_endpoint_id
                   and webhook_delivery.webhook_event_id = due.webhook_event_id
                returning webhook_delivery.*
            )
            select claimed.webhook_endpoint_id, claimed.webhook_event_id, claimed.attempts, claimed.claim_id,
                   webhook_endpoint.requester_id, webhook_endpoint.url,
                   webhook_endpoint.failures >= \(DeliverWebhooks.failuresApart) as is_failing,
                   webhook_event.kind, webhook_event.subject, webhook_event.subject_id, webhook_event.occurred_at,
                   webhook_event.facts, webhook_event.trace
              from claimed
              join webhook_endpoint using (webhook_endpoint_id)
              join webhook_event using (webhook_event_id)
             order by claimed.position
            """)
        var parcels: [WebhookParcel] = []
        var known: [WebhookEndpoint.ID: WebhookSecrets] = [:]
        for row in rows {
            var parcel = try WebhookParcel(row: row)
            let secrets: WebhookSecrets
            if let found = known[parcel.endpoint] {
                secrets = found
            } else {
                secrets = try await readableSecrets(of: parcel.endpoint, keys)
                known[parcel.endpoint] = secrets
            }
            parcel.secrets = secrets
            parcels.append(parcel)
        }
        return (parcels, instant)
    }

    /// What can be read of the secrets in force: one that cannot is that endpoint's trouble, and stops nobody else's.
    ///
    /// - Throws: ``VaultRefusal/keysMissing``: without keys nothing is sent at all.
    private func readableSecrets(of endpoint: WebhookEndpoint.ID, _ keys: KeyRing?) async throws -> WebhookSecrets {
        var secrets = WebhookSecrets()
        for id in try await liveSecrets(of: endpoint) {
            do {
                if let secret = try await keptSecret(.webhook, of: id, keys) { secrets.readable.append(secret) }
            } catch let refusal as VaultRefusal {
                if case .keysMissing = refusal { throw refusal }
                secrets.fault = refusal
            }
        }
        return secrets
    }

    /// The first clauses of a claim: `chosen` names deliveries to be locked.
    private static func claimable(_ limit: Int, _ failing: Int, at instant: Date) -> SQL {
        """
        in_hand as materialized (
            select webhook_endpoint_id, count(*) as messages
              from webhook_delivery
             where claim_id is not null and state = 'waiting' and claimed_until > \(instant)
             group by webhook_endpoint_id
        ),
        standing as materialized (
            select webhook_endpoint.webhook_endpoint_id, requester_id, failed_at, coalesce(messages, 0) as messages,
                   failures >= \(DeliverWebhooks.failuresApart) as is_failing
              from webhook_endpoint
              left join in_hand on in_hand.webhook_endpoint_id = webhook_endpoint.webhook_endpoint_id
             where state = 'enabled'
        ),
        told as materialized (
            select webhook_endpoint_id, requester_id, is_failing,
                   case when is_failing then failed_at end as tried_at,
                   case when is_failing then 1 else \(DeliverWebhooks.inHandMost) end - messages as room,
                   sum(messages) over (partition by requester_id, is_failing) as taken
              from standing
        ),
        candidate as materialized (
            select is_failing, tried_at, next.*,
                   taken + row_number() over (partition by requester_id, is_failing
                                                  order by tried_at, due_at, webhook_event_id) as turn
              from told
             cross join lateral (
                   select webhook_delivery.webhook_endpoint_id as endpoint_id, webhook_event_id, due_at
                     from webhook_delivery
                    where webhook_delivery.webhook_endpoint_id = told.webhook_endpoint_id
                      and state = 'waiting' and due_at <= \(instant)
                      and not exists (
                          select from webhook_delivery as earlier
                           where earlier.webhook_endpoint_id = webhook_delivery.webhook_endpoint_id
                             and earlier.subject_id = webhook_delivery.subject_id
                             and earlier.state = 'waiting' and earlier.position < webhook_delivery.position)
                    order by due_at, webhook_event_id
                    limit greatest(told.room, 0)
                   ) as next
        ),
        chosen as materialized (
            (select endpoint_id, webhook_event_id
               from candidate
              where not is_failing
              order by turn, due_at, webhook_event_id
              limit \(limit))
            union all
            (select endpoint_id, webhook_event_id
               from candidate
              where is_failing
              order by turn, tried_at, due_at, webhook_event_id
              limit \(failing))
        )
        """
    }

    /// Writes what came back, and what follows for the delivery.
    ///
    /// - Returns: whether it was ours to settle: claimed by nobody since, and waiting still.
    func settle(_ parcel: WebhookParcel, _ attempt: WebhookAttempt, id: UUID, early: Double) async throws -> Bool {
        // How often it was tried may have begun anew meanwhile: somebody asked for it again.
        let waits = (1...WebhookSchedule.triesMost).map {
            instant + WebhookSchedule.wait(afterAttempts: $0, early: early)
        }
        let isOurs =
            try await execute(
                """
                with settled as materialized (
                    select webhook_endpoint_id, webhook_event_id, until,
                           (\(waits)::timestamptz[])[least(greatest(attempts, 1), \(waits.count))] as next
                      from webhook_delivery
                     where webhook_endpoint_id = \(parcel.endpoint) and webhook_event_id = \(parcel.event)
                       and claim_id = \(parcel.claim)
                       for no key update
                ),
                ended as (
                    select settled.*,
                           case when \(attempt.isSuccess) then 'delivered'
                                when next > until then 'dead'
                                else 'waiting' end::webhook_delivery_state as outcome
                      from settled
                )
                update webhook_delivery
                   set state = ended.outcome,
                       due_at = case when ended.outcome = 'waiting' then ended.next else \(instant) end,
                       ended_at = case when ended.outcome = 'waiting' then null else \(instant)::timestamptz end,
                       claim_id = null, claimed_until = null
                  from ended
                 where webhook_delivery.webhook_endpoint_id = ended.webhook_endpoint_id
                   and webhook_delivery.webhook_event_id = ended.webhook_event_id
                   and webhook_delivery.state = 'waiting'
                """) == 1
        try await execute(
            """
            insert into webhook_attempt (webhook_attempt_id, webhook_endpoint_id, webhook_event_id, attempt, tried_at,
                                         took_ms, status, fault)
            values (\(id), \(parcel.endpoint), \(parcel.event), \(attempt.number), \(instant),
                    \(min(attempt.tookMilliseconds, 3_600_000)), \(attempt.status), \(attempt.fault))
            """)
        if attempt.isSuccess {
            try await execute(
                """
                update webhook_endpoint set failing_since = null, failures = 0, failed_at = null
                 where webhook_endpoint_id = \(parcel.endpoint) and failing_since is not null
                """)
        }
        return isOurs
    }

    /// Puts a delivery back as it was before it was claimed; it is due, and given up, a minute later.
    ///
    /// - Returns: whether it was ours, and waits still.
    func putBack(_ parcel: WebhookParcel) async throws -> Bool {
        try await execute(
            """
            update webhook_delivery
               set attempts = greatest(attempts - 1, 0), due_at = \(instant)::timestamptz + interval '1 minute',
                   until = until + interval '1 minute', claim_id = null, claimed_until = null
             where webhook_endpoint_id = \(parcel.endpoint) and webhook_event_id = \(parcel.event)
               and claim_id = \(parcel.claim) and state = 'waiting'
            """) == 1
    }

    /// - Returns: since when nothing has arrived; `nil` for an endpoint that is not told anything more.
    func noteFailing(_ id: WebhookEndpoint.ID) async throws -> Date? {
        try await firstRow(
            """
            update webhook_endpoint
               set failing_since = coalesce(failing_since, \(instant)), failures = least(failures + 1, 1000000),
                   failed_at = \(instant)
             where webhook_endpoint_id = \(id) and state = 'enabled'
            returning failing_since
            """)?["failing_since"]
    }

    /// Gives up what waits for an endpoint.
    func endDeliveries(to id: WebhookEndpoint.ID) async throws {
        try await execute(
            """
            update webhook_delivery set state = 'dead', ended_at = \(instant)
             where webhook_endpoint_id = \(id) and state = 'waiting'
            """)
    }

    // MARK: The log

    func deliveries(
        of id: WebhookEndpoint.ID, in state: WebhookDeliveryState?, before: Int64?, limit: Int
    ) async throws -> [WebhookDelivery] {
        try await rows(
            """
            select webhook_delivery.*, kind, subject, occurred_at
              from webhook_delivery join webhook_event using (webhook_event_id)
             where webhook_endpoint_id = \(id)
               and (\(before)::bigint is null or webhook_delivery.position < \(before)::bigint)
               and (\(state)::webhook_delivery_state is null or state = \(state)::webhook_delivery_state)
             order by webhook_delivery.position desc
             limit \(limit)
            """
        ).map(WebhookDelivery.init(row:))
    }

    func deliveryExists(_ event: UUID, to id: WebhookEndpoint.ID) async throws -> Bool {
        try await firstRow(
            """
            select from webhook_delivery where webhook_endpoint_id = \(id) and webhook_event_id = \(event)
            """) != nil
    }

    func attempts(of event: UUID, to id: WebhookEndpoint.ID) async throws -> [WebhookAttempt] {
        try await rows(
            """
            select attempt, took_ms, status, fault, tried_at
              from webhook_attempt
             where webhook_endpoint_id = \(id) and webhook_event_id = \(event)
             order by webhook_attempt_id
             limit 200
            """
        ).map { row in
            WebhookAttempt(
                number: try row["attempt"], tookMilliseconds: try row["took_ms"], status: try row["status"],
                fault: try row["fault"], triedAt: try row["tried_at"])
        }
    }

    // MARK: Again

    /// At once; while a try is in hand, when its claim would run out: two could overtake each other.
    private static func dueAgain(at instant: Date) -> SQL { "greatest(claimed_until, \(instant)::timestamptz)" }

    func replay(_ event: UUID, to id: WebhookEndpoint.ID) async throws -> Bool {
        try await execute(
            """
            update webhook_delivery
               set state = 'waiting', attempts = 0, due_at = \(fragment: Self.dueAgain(at: instant)), ended_at = null,
                   until = \(instant)::timestamptz + interval '3 days'
             where webhook_endpoint_id = \(id) and webhook_event_id = \(event)
            """) == 1
    }

    func replayDead(since: Date, to id: WebhookEndpoint.ID, most: Int) async throws -> Int {
        try await execute(
            """
            with dead as materialized (
                select webhook_event_id
                  from webhook_delivery join webhook_event using (webhook_event_id)
                 where webhook_endpoint_id = \(id) and state = 'dead' and occurred_at >= \(since)
                 order by webhook_delivery.position
                 limit \(most)
            )
            update webhook_delivery
               set state = 'waiting', attempts = 0, due_at = \(fragment: Self.dueAgain(at: instant)), ended_at = null,
                   until = \(instant)::timestamptz + interval '3 days'
              from dead
             where webhook_delivery.webhook_endpoint_id = \(id)
               and webhook_delivery.webhook_event_id = dead.webhook_event_id
            """)
    }

    func insertTestEvent(_ event: UUID, to endpoint: WebhookEndpoint) async throws {
        try await execute(
            """
            with event as (
                insert into webhook_event
                    (webhook_event_id, requester_id, kind, subject, subject_id, occurred_at, facts, trace)
                values (\(event), \(endpoint.requester), \(PublicEvent.test), 'webhook', \(endpoint.id), \(instant),
                        '{}', \(TraceContext.current?.header))
                returning webhook_event_id, position, subject_id
            )
            insert into webhook_delivery (webhook_endpoint_id, webhook_event_id, position, subject_id, due_at, until)
            select \(endpoint.id), webhook_event_id, position, subject_id, \(instant),
                   \(instant)::timestamptz + interval '3 days'
              from event
            """)
    }

    /// Forgets events from before an instant whose deliveries are all over, in a bounded step.
    func forgetEvents(before: Date, most: Int) async throws -> Int {
        let old: [UUID] = try await rows(
            """
            select webhook_event_id from webhook_event
             where occurred_at < \(before)
               and not exists (select from webhook_delivery
                                where webhook_delivery.webhook_event_id = webhook_event.webhook_event_id
                                  and state = 'waiting')
             order by occurred_at
             limit \(most)
            """
        ).map { try $0["webhook_event_id"] }
        guard !old.isEmpty else { return 0 }
        try await execute(
            """
            delete from webhook_attempt
             using webhook_delivery
             where webhook_delivery.webhook_event_id = any(\(old))
               and webhook_attempt.webhook_endpoint_id = webhook_delivery.webhook_endpoint_id
               and webhook_attempt.webhook_event_id = webhook_delivery.webhook_event_id
            """)
        try await execute("delete from webhook_delivery where webhook_event_id = any(\(old))")
        return try await execute("delete from webhook_event where webhook_event_id = any(\(old))")
    }
}

extension WebhookParcel {
    init(row: Row) throws {
        endpoint = try row["webhook_endpoint_id"]
        requester = try row["requester_id"]
        url = try row["url"]
        event = try row["webhook_event_id"]
        kind = try row["kind"]
        subject = try row["subject"]
        subjectID = try row["subject_id"]
        occurredAt = try row["occurred_at"]
        facts = try row["facts"]
        trace = try row["trace"]
        attempts = try row["attempts"]
        claim = try row["claim_id"]
        isFailing = try row["is_failing"]
    }
}

extension WebhookDelivery {
    init(row: Row) throws {
        endpoint = try row["webhook_endpoint_id"]
        event = try row["webhook_event_id"]
        position = try row["position"]
        kind = try row["kind"]
        subject = try row["subject"]
        subjectID = try row["subject_id"]
        occurredAt = try row["occurred_at"]
        state = try row["state"]
        attempts = try row["attempts"]
        dueAt = try row["due_at"]
        endedAt = try row["ended_at"]
    }
}
