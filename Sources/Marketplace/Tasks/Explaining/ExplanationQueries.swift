internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    /// Writes why offers were made.
    func insertExplanations(of offers: [NewOffer]) async throws {
        let told = offers.compactMap { offer in offer.draft.explanation.map { (offer: offer, why: $0) } }
        guard !told.isEmpty else { return }
        try await execute(
            """
            insert into offer_explanation (requester_id, offer_id, explained_at, value_micros, parts,
                                           hours_price_micros, runner_up_id, runner_up_micros, candidates,
                                           certificate_millionths)
            select requester_id, offer_id, \(instant), value, parts::jsonb, price, nullif(runner_up, '')::uuid,
                   case when runner_up <> '' then runner_up_value end, candidates, certificate
              from unnest(\(told.map(\.offer.draft.batch.requester))::uuid[], \(told.map(\.offer.id))::uuid[],
                          \(told.map(\.why.valueMicros))::bigint[],
                          \(told.map(\.why.partsJSON.canonicalText))::text[],
                          \(told.map(\.why.hoursPriceMicros))::bigint[],
                          \(told.map { $0.why.runnerUp.map { "\($0.worker)" } ?? "" })::text[],
                          \(told.map { $0.why.runnerUp?.valueMicros ?? 0 })::bigint[],
                          \(told.map(\.why.candidates))::bigint[],
                          \(told.map(\.why.certificateMillionths))::bigint[])
                   as told (requester_id, offer_id, value, parts, price, runner_up, runner_up_value, candidates,
                            certificate)
            """)
    }

    /// Says of batches why slots of them are left: a row for each change of reason, every five minutes at most. Where
    /// the newest has the same reason, its counts and the time at which it was said last are brought up to date every
    /// five minutes; where it has another and is younger than that, it takes the new one, once a minute, so that
    /// reasons that take turns fill nothing.
    func keep(_ batches: [UnroutedBatch]) async throws {
        try await execute(
            """
            with said as materialized (
                select * from unnest(\(batches.map(\.batch.requester))::uuid[], \(batches.map(\.batch.id))::uuid[],
                                     \(batches.map(\.reason.rawValue))::text[], \(batches.map(\.message))::text[],
                                     \(batches.map(\.counts.json.canonicalText))::text[],
                                     \(batches.map(\.slotsLeft))::bigint[])
                     as said (requester_id, batch_id, reason, message, counts, slots_left)
            ),
            compared as materialized (
                select said.*, newest.explained_at, newest.last_said_at,
                       newest.reason::text is not distinct from said.reason as is_same,
                       newest.explained_at > \(instant)::timestamptz - interval '5 minutes' as is_young
                  from said
                  left join lateral (
                    select explained_at, last_said_at, reason
                      from routing_explanation as kept
                     where kept.requester_id = said.requester_id and kept.batch_id = said.batch_id
                     order by explained_at desc
                     limit 1) as newest on true
            ),
            again as (
                update routing_explanation as kept
                   set last_said_at = \(instant), reason = compared.reason::unrouted_reason,
                       message = compared.message, counts = compared.counts::jsonb, slots_left = compared.slots_left
                  from compared
                 where (compared.is_same and compared.last_said_at <= \(instant)::timestamptz - interval '5 minutes'
                        or not compared.is_same and compared.is_young
                           and compared.last_said_at <= \(instant)::timestamptz - interval '1 minute')
                   and kept.requester_id = compared.requester_id and kept.batch_id = compared.batch_id
                   and kept.explained_at = compared.explained_at
            )
            insert into routing_explanation (requester_id, batch_id, explained_at, last_said_at, reason, message,
                                             counts, slots_left)
            select requester_id, batch_id, \(instant), \(instant), reason::unrouted_reason, message, counts::jsonb,
                   slots_left
              from compared
             where not is_same and is_young is not true
             order by batch_id
            on conflict on constraint routing_explanation_pkey do update
               set reason = excluded.reason, message = excluded.message, counts = excluded.counts,
                   slots_left = excluded.slots_left
            """)
    }

    /// Says of workers why they were offered nothing; writes what changed, and the rest once an hour.
    func keep(_ workers: [UnroutedWorker]) async throws {
        try await execute(
            """
            insert into worker_explanation as kept (worker_id, explained_at, reason, message, counts)
            select worker_id, \(instant), reason::unrouted_reason, message, counts::jsonb
              from unnest(\(workers.map(\.worker))::uuid[], \(workers.map(\.reason.rawValue))::text[],
                          \(workers.map(\.message))::text[], \(workers.map(\.counts.json.canonicalText))::text[])
                   as said (worker_id, reason, message, counts)
             order by worker_id
            on conflict (worker_id) do update
               set explained_at = excluded.explained_at, reason = excluded.reason, message = excluded.message,
                   counts = excluded.counts
             where (kept.reason, kept.counts) is distinct from (excluded.reason, excluded.counts)
                or kept.explained_at < excluded.explained_at - interval '1 hour'
            """)
    }

    /// - Returns: how many.
    func forgetExplanations(ofOffersBefore offers: Date, others: Date, most: Int) async throws -> Int {
        var forgotten = try await execute(
            """
            with old as materialized (
                select requester_id, offer_id from offer_explanation
                 where explained_at < \(offers)
                 order by explained_at
                 limit \(most)
                   for update skip locked
            )
            delete from offer_explanation using old
             where offer_explanation.requester_id = old.requester_id and offer_explanation.offer_id = old.offer_id
            """)
        forgotten += try await execute(
            """
            with old as materialized (
                select requester_id, batch_id, explained_at from routing_explanation
                 where last_said_at < \(others)
                 order by last_said_at
                 limit \(most)
                   for update skip locked
            )
            delete from routing_explanation as kept using old
             where kept.requester_id = old.requester_id and kept.batch_id = old.batch_id
               and kept.explained_at = old.explained_at
            """)
        forgotten += try await execute(
            """
            with old as materialized (
                select worker_id from worker_explanation
                 where explained_at < \(others)
                 order by explained_at
                 limit \(most)
                   for update skip locked
            )
            delete from worker_explanation using old
             where worker_explanation.worker_id = old.worker_id
            """)
        return forgotten
    }

    /// What was said of a batch, the newest first.
    func explanations(of batch: Batch.Key, before: Date?, limit: Int) async throws -> [BatchExplanation] {
        try await rows(
            """
            select reason, message, counts, slots_left, explained_at, last_said_at
              from routing_explanation
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
               and (\(before)::timestamptz is null or explained_at < \(before)::timestamptz)
             order by explained_at desc
             limit \(limit)
            """
        ).map {
            BatchExplanation(
                batch: batch, reason: try $0["reason"], message: try $0["message"],
                counts: UnroutedCounts(json: try $0["counts"]), slotsLeft: try $0["slots_left"],
                since: try $0["explained_at"], lastSaid: try $0["last_said_at"])
        }
    }

    func explanation(of worker: Worker.ID) async throws -> WorkerExplanation? {
        try await firstRow(
            "select reason, message, counts, explained_at from worker_explanation where worker_id = \(worker)"
        ).map {
            WorkerExplanation(
                worker: worker, reason: try $0["reason"], message: try $0["message"],
                counts: UnroutedCounts(json: try $0["counts"]), explainedAt: try $0["explained_at"])
        }
    }

    /// A worker's offer, as it stands.
    func offer(_ id: Offer.ID, to worker: Worker.ID) async throws -> Offer? {
        try await firstRow(
            """
            select \(fragment: Offer.columns)
              from offer where worker_id = \(worker) and offer_id = \(id)
            """
        ).map(Offer.init)
    }

    func explanation(of offer: Offer) async throws -> OfferExplanation? {
        try await firstRow(
            """
            select value_micros, parts, hours_price_micros, runner_up_id, runner_up_micros, candidates,
                   certificate_millionths
              from offer_explanation
             where requester_id = \(offer.requester) and offer_id = \(offer.id)
            """
        ).map { row in
            let worker: Worker.ID? = try row["runner_up_id"]
            let micros: Int64? = try row["runner_up_micros"]
            let parts: JSON = try row["parts"]
            return OfferExplanation(
                valueMicros: try row["value_micros"],
                parts: (parts.objectValue ?? [:]).compactMapValues(\.integerValue),
                hoursPriceMicros: try row["hours_price_micros"],
                runnerUp: worker.flatMap { worker in
                    micros.map { OfferExplanation.RunnerUp(worker: worker, valueMicros: $0) }
                },
                candidates: try row["candidates"], certificateMillionths: try row["certificate_millionths"]
            )
        }
    }
}
