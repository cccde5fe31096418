internal import Formats
internal import Foundation
internal import Store

/// A worker who is offered something.
struct Offeree: Sendable {
    let id: Worker.ID
    let state: Worker.State
    /// IANA name.
    let timeZone: String
    let limits: WorkLimits

    init(row: Row) throws {
        id = try row["worker_id"]
        state = try row["state"]
        timeZone = try row["time_zone"]
        limits = try WorkLimits(row: row)
    }
}

/// What a worker was offered of a batch before.
struct OfferPast: Sendable {
    /// Offers on the same terms, whatever became of them.
    let turns: Int
    /// Whether they declined one on the same terms.
    let isDeclined: Bool
    /// Whether one waits for an answer, on whatever terms.
    let isOpen: Bool
}

extension Transaction {
    /// Workers, kept as they are and from being offered anything by others until this transaction ends.
    ///
    /// - Parameter waiting: whether those are waited for that somebody else has locked; else they are left out.
    func lockOfferees(_ workers: [Worker.ID], waiting: Bool) async throws -> [Worker.ID: Offeree] {
        let lock: SQL = waiting ? "for no key update" : "for no key update skip locked"
        let rows = try await rows(
            """
            with locked as materialized (
                select worker_id, state, country, place, time_zone, weekly_minutes_max, daily_minutes_max,
                       tasks_at_once_max, offer_notice_minutes
                  from worker where worker_id = any(\(workers))
                 order by worker_id
                   \(fragment: lock)
            )
            select locked.worker_id, locked.state, locked.time_zone, locked.tasks_at_once_max,
                   locked.offer_notice_minutes,
                   least(locked.weekly_minutes_max, policy.weekly_minutes_max) as weekly_minutes_max,
                   coalesce(least(locked.daily_minutes_max, policy.daily_minutes_max), 10080) as daily_minutes_max,
                   \(fragment: Self.hoursBoundsColumns)
              from locked
             cross join lateral (
                \(fragment: Self.hoursPolicy(in: "locked.country", "locked.place", at: instant))) as policy
             \(fragment: Self.hoursBounds(of: "locked.worker_id", in: "locked.time_zone", at: instant))
            """)
        return try Dictionary(
            rows.map(Offeree.init).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Keeps batches as they are, and from being offered by others, until this transaction ends.
    func lockBatches(_ keys: [Batch.Key]) async throws {
        try await execute(
            """
            select from batch
              join unnest(\(keys.map(\.requester))::uuid[], \(keys.map(\.id))::uuid[])
                       as wanted (requester_id, batch_id) using (requester_id, batch_id)
             order by batch.batch_id
               for no key update of batch
            """)
    }

    /// What these pairs were offered before; in their order.
    func offerPasts(
        _ pairs: [(key: Batch.Key, worker: Worker.ID, hash: Digest)]
    ) async throws -> [OfferPast] {
        try await rows(
            """
            select count(offer.offer_id) filter (where offer.terms_hash = asked.terms_hash) as turns,
                   \(fragment: Offer.isDeclinedAsAsked) as is_declined,
                   coalesce(bool_or(offer.state = 'open'), false) as is_open
              from unnest(\(pairs.map(\.key.requester))::uuid[], \(pairs.map(\.key.id))::uuid[],
                          \(pairs.map(\.worker))::uuid[], \(pairs.map { Bytes($0.hash.bytes) })::bytea[])
                       with ordinality as asked (requester_id, batch_id, worker_id, terms_hash, place)
              left join offer on offer.requester_id = asked.requester_id and offer.batch_id = asked.batch_id
                             and offer.worker_id = asked.worker_id
             group by asked.place
             order by asked.place
            """
        ).map { OfferPast(turns: try $0["turns"], isDeclined: try $0["is_declined"], isOpen: try $0["is_open"]) }
    }

    /// Writes offers, what they ask of their workers' weeks, and their audit events: all in one statement.
    func insertOffers(_ offers: [NewOffer], by actor: Principal.ID) async throws {
        guard !offers.isEmpty else { return }
        let drafts = offers.map(\.draft)
        try await execute(
            """
            with given as materialized (
                select * from unnest(
                    \(offers.map(\.id))::uuid[], \(offers.map(\.event))::uuid[],
                    \(drafts.map(\.batch.requester))::uuid[], \(drafts.map(\.batch.id))::uuid[],
                    \(drafts.map(\.worker))::uuid[], \(drafts.map { JSONText($0.reason.canonicalText) })::jsonb[],
                    \(offers.map(\.answerBy))::timestamptz[], \(offers.map { Bytes($0.terms.hash.bytes) })::bytea[],
                    \(offers.map(\.turn))::bigint[], \(offers.map(\.terms.expectedMinutes))::bigint[],
                    \(offers.map(\.terms.pay.minorUnits))::bigint[],
                    \(offers.map(\.terms.pay.currency.code))::text[], \(offers.map { "\($0.moment.monday)" })::text[],
                    \(offers.map(\.moment.band))::bigint[], \(offers.map(\.weeklyMinutesMax))::bigint[])
                    as given (offer_id, event_id, requester_id, batch_id, worker_id, reason, answer_by, terms_hash,
                              turn_no, expected_minutes, pay_minor, currency, week_starts_on, hour_band, minutes_max)
            ),
            made as (
                insert into offer (requester_id, offer_id, batch_id, worker_id, state, reason, offered_at, answer_by,
                                   terms_hash, turn_no, expected_minutes, pay_minor, currency, week_starts_on,
                                   hour_band)
                select requester_id, offer_id, batch_id, worker_id, 'open', reason, \(instant), answer_by, terms_hash,
                       turn_no, expected_minutes, pay_minor, currency, week_starts_on::date, hour_band
                  from given
            ),
            week as (
                insert into worker_week as week (worker_id, week_starts_on, minutes_max, committed_minutes,
                                                 offered_minutes)
                select worker_id, week_starts_on::date, max(minutes_max), 0, sum(expected_minutes)
                  from given
                 group by worker_id, week_starts_on
                 order by worker_id
                on conflict (worker_id, week_starts_on) do update
                   set offered_minutes = week.offered_minutes + excluded.offered_minutes
            ),
            event as (
                insert into audit_event (event_id, stream, occurred_at, actor_id, action, subject, subject_id, facts)
                select event_id, 'requester:' || requester_id::text, \(instant), \(actor), 'offer_made', 'offer',
                       offer_id, jsonb_build_object('worker', worker_id, 'batch', batch_id, 'reason', reason)
                  from given
                returning event_id, stream
            )
            insert into audit_unsealed (event_id, stream) select event_id, stream from event
            """)
        try await tellPrograms(of: offers.map(\.event))
    }
}
