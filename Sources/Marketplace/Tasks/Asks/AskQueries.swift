internal import Foundation
package import Store

extension Transaction {
    /// What a worker asks for at this instant, at most ``StandingAsk/inForceMost``.
    func standingAsks(of worker: Worker.ID) async throws -> [StandingAsk] {
        try await rows(
            """
            select \(fragment: StandingAsk.columns) from standing_ask
             where worker_id = \(worker) and in_force @> \(instant)
             order by standing_ask_id
            """
        ).map(StandingAsk.init)
    }

    /// Newest first.
    func asks(of worker: Worker.ID, past: Bool, before: StandingAsk.ID?, limit: Int) async throws -> [StandingAsk] {
        try await rows(
            """
            select \(fragment: StandingAsk.columns) from standing_ask
             where worker_id = \(worker) and (\(past) or in_force @> \(instant))
               and (\(before)::uuid is null or standing_ask_id < \(before)::uuid)
             order by standing_ask_id desc
             limit \(limit)
            """
        ).map(StandingAsk.init)
    }

    /// From now, or a millisecond after the end of what was asked until now.
    func insertAsk(
        _ id: StandingAsk.ID, _ hourly: Money, for profession: Profession?, of worker: Worker.ID
    ) async throws {
        try await execute(
            """
            insert into standing_ask (standing_ask_id, worker_id, profession, currency, hourly_minor, in_force)
            select \(id), \(worker), \(profession), \(hourly.currency), \(hourly.minorUnits),
                   tstzrange(greatest(\(instant), (select max(upper(in_force)) from standing_ask
                                                    where worker_id = \(worker) and currency = \(hourly.currency)
                                                      and profession is not distinct from \(profession)::text)), null)
            """)
    }

    /// Changes an ask that began at this very instant: it never held.
    ///
    /// - Returns: whether it did.
    func changeAsk(_ id: StandingAsk.ID, to hourly: Money) async throws -> Bool {
        try await execute(
            """
            update standing_ask set hourly_minor = \(hourly.minorUnits)
             where standing_ask_id = \(id) and lower(in_force) = \(instant)
            """) == 1
    }

    /// One that would have been in force for no time at all, a millisecond after it began.
    func endAsk(_ id: StandingAsk.ID) async throws {
        let changed = try await execute(
            """
            update standing_ask
               set in_force = tstzrange(lower(in_force),
                                        greatest(\(instant), lower(in_force) + interval '1 millisecond'))
             where standing_ask_id = \(id) and upper_inf(in_force)
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// What counts for what the worker is offered at this instant.
    func asks(of worker: Worker.ID) async throws -> Asks {
        try Asks(rows: await rows(Self.asksStatement(of: worker, at: instant)))
    }

    /// The same of many workers; who asks for nothing is not among them.
    func asks(of workers: [Worker.ID]) async throws -> [Worker.ID: Asks] {
        let rows = try await rows(
            """
            select worker_id, profession, currency, hourly_minor from standing_ask
             where worker_id = any(\(workers)) and in_force @> \(instant)
             order by standing_ask_id
            """)
        return try Dictionary(grouping: rows) { try $0.value("worker_id", as: Worker.ID.self) }
            .mapValues { try Asks(rows: $0) }
    }

    static func asksStatement(of worker: Worker.ID, at instant: Date) -> SQL {
        """
        select profession, currency, hourly_minor from standing_ask
         where worker_id = \(worker) and in_force @> \(instant)
         order by standing_ask_id
        """
    }

    /// Which of these batches pay less than which of these workers ask for.
    ///
    /// - Parameter pay: what they would pay for one task, in minor units; `nil` for what they do.
    package func routingBelowAsk(
        _ batches: [Batch.Key], _ workers: [Worker.ID], paying pay: Int64? = nil
    ) async throws -> Set<RoutingPair> {
        guard !batches.isEmpty, !workers.isEmpty else { return [] }
        let rows = try await rows(
            """
            with ask as materialized (
                select worker_id, profession, currency, hourly_minor from standing_ask
                 where worker_id = any(\(workers)) and in_force @> \(instant)
            ),
            asked as materialized (
                select batch.batch_id, batch.currency, batch.expected_minutes, rate.profession,
                       coalesce(\(pay)::bigint, greatest(
                           \(fragment: Escalator.payNow(at: instant)),
                           (select max(raise.pay_minor) from batch_raise as raise
                             where raise.requester_id = batch.requester_id and raise.batch_id = batch.batch_id)))
                           as pay
                  from unnest(\(batches.map(\.requester))::uuid[], \(batches.map(\.id))::uuid[])
                       as given (requester_id, batch_id)
                  join batch using (requester_id, batch_id)
                  join rate using (rate_id)
                  left join batch_price as price
                    on price.requester_id = batch.requester_id and price.batch_id = batch.batch_id
                 where exists (select from ask)
            ),
            compared as (
                select distinct on (asked.batch_id, ask.worker_id) asked.batch_id, ask.worker_id,
                       asked.pay * 60 >= ask.hourly_minor::numeric * asked.expected_minutes as is_met
                  from asked
                  join ask on ask.currency = asked.currency
                          and coalesce(ask.profession, asked.profession) = asked.profession
                 order by asked.batch_id, ask.worker_id, ask.profession nulls last
            )
            select batch_id, worker_id from compared where not is_met
            """)
        return try Set(rows.map { RoutingPair(batch: try $0["batch_id"], worker: try $0["worker_id"]) })
    }
}

extension Asks {
    /// That a row of `batch` passes: the same as ``admit(pay:minutes:of:)``, for lists that stop at a number of rows.
    func passes(at instant: Date) -> SQL {
        guard !entries.isEmpty else { return "true" }
        return """
            (select coalesce(
                        (select ask.hourly_minor
                           from unnest(\(entries.map(\.hourly.currency.code))::text[],
                                       \(entries.map { $0.profession?.code ?? "" })::text[],
                                       \(entries.map(\.hourly.minorUnits))::bigint[])
                                as ask (currency, profession, hourly_minor)
                          where ask.currency = batch.currency and ask.profession in (rate.profession, '')
                          order by ask.profession desc
                          limit 1), 0)::numeric * batch.expected_minutes
                    <= \(fragment: Escalator.payNow(at: instant)) * 60
               from rate
               left join batch_price as price
                 on price.requester_id = batch.requester_id and price.batch_id = batch.batch_id
              where rate.rate_id = batch.rate_id)
            """
    }

    init(rows: [Row]) throws {
        self.init(
            try rows.map { row in
                Entry(profession: try row["profession"], hourly: try Money(row["hourly_minor"], row["currency"]))
            })
    }
}

extension Escalator {
    /// What ``price(from:elapsed:)`` says, for a row of `batch` that has been open, and its `price`.
    fileprivate static func payNow(at instant: Date) -> SQL {
        let seconds: SQL = """
            trunc(least(extract(epoch from \(instant)::timestamptz - batch.opened_at) - price.after_seconds,
                        1000000000))
            """
        return """
            case when price.shape is null then batch.pay_minor::numeric
                 else greatest(batch.pay_minor, least(price.most_pay_minor, batch.pay_minor + greatest(0,
                      case price.shape
                      when 'steps' then price.step_minor * div(\(fragment: seconds), price.interval_seconds)
                      when 'linear' then div(price.step_minor * \(fragment: seconds), price.interval_seconds)
                      end)))
            end
            """
    }
}

extension StandingAsk {
    fileprivate static let columns: SQL = "standing_ask_id, worker_id, profession, currency, hourly_minor, in_force"

    fileprivate init(row: Row) throws {
        self.init(
            id: try row["standing_ask_id"], worker: try row["worker_id"], profession: try row["profession"],
            hourly: try Money(row["hourly_minor"], row["currency"]), inForce: try row["in_force"]
        )
    }
}
