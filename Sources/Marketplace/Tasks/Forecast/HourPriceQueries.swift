internal import Formats
internal import Foundation
package import Store

extension Transaction {
    /// What a quarter of an hour of these workers' time would bring in the days ahead, in micro-units, by the newest
    /// night's solve; whom it did not price is left out, and everybody while other settings are in force than it went
    /// by. A reader for routing.
    package func hourPrices(of workers: [Worker.ID]) async throws -> [Worker.ID: Int64] {
        let rows = try await rows(
            """
            select price.worker_id, price.price_micros
              from unnest(\(workers)::uuid[]) as asked (worker_id)
              join hour_price as price
                on price.worker_id = asked.worker_id
               and price.solved_on
                   = (select newest.solved_on
                        from (select solved_on, policy_version from price_solve order by solved_on desc limit 1)
                             as newest
                       where newest.policy_version
                             = coalesce((select version from scheduler_policy order by version desc limit 1), 0))
            """)
        return try Dictionary(
            rows.map { (try $0.value("worker_id", as: Worker.ID.self), try $0["price_micros"]) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The newest night's solve.
    package func newestSolve() async throws -> PriceSolve? {
        try await firstRow(
            """
            select solved_on, demands, workers, certificate_millionths, price_most_micros, policy_version
              from price_solve order by solved_on desc limit 1
            """
        ).map {
            PriceSolve(
                solvedOn: try $0["solved_on"], demands: try $0["demands"], workers: try $0["workers"],
                certificateMillionths: try $0["certificate_millionths"],
                priceMostMicros: try $0["price_most_micros"], policyVersion: try $0["policy_version"])
        }
    }

    /// What is open now of batches that give work, the oldest first.
    ///
    /// - Parameter batchesMax: 1 to 5,000.
    package func openAnswers(batchesMax: Int) async throws -> [PriceDemand] {
        try await rows(
            """
            with looked as materialized (
                select batch.requester_id, batch.batch_id, rate.profession, \(fragment: PriceDemand.columns)
                  from batch join rate using (rate_id)
                 where batch.state = 'open' and (batch.due_at is null or batch.due_at > \(instant))
                 order by batch.opened_at, batch.batch_id
                 limit \(min(max(batchesMax, 1), 5_000))
            )
            select profession, \(fragment: PriceDemand.columns(of: "looked")), sum(seen.answers)::bigint as answers
              from looked
             cross join lateral (
                select count(*) as answers
                  from (select from slot
                         where slot.requester_id = looked.requester_id and slot.batch_id = looked.batch_id
                           and slot.state = 'open'
                         order by slot.allotment_id, slot.slot_no, slot.task_id
                         limit \(Self.openSlotsMax)) as open) as seen
             where seen.answers > 0
             group by profession, \(fragment: PriceDemand.columns(of: "looked"))
             order by profession, \(fragment: PriceDemand.columns(of: "looked"))
            """
        ).map(PriceDemand.init)
    }

    /// How many of the last weeks can be looked back at: 1 to 4, as the oldest batch tells.
    package func weeksOfDemand() async throws -> Int {
        try await oneRow(
            """
            select least(greatest(ceil(
                       extract(epoch from \(instant)::timestamptz - min(opened_at)) / 604800), 1), 4)::bigint as weeks
              from batch
             where opened_at is not null
            """)["weeks"]
    }

    /// What the last weeks brought from this time of the week to its end (Monday, UTC): answers of batches that
    /// opened. Stated values are taken together by eighths of an octave.
    ///
    /// - Parameters:
    ///   - weeks: ``weeksOfDemand()``.
    ///   - kindsMax: different demands, the most frequent first: 1 to 5,000.
    package func arrivals(weeks: Int, kindsMax: Int) async throws -> [PriceDemand] {
        try await rows(
            """
            select rate.profession, batch.requirement_id, batch.expected_minutes, batch.pay_minor, batch.currency,
                   batch.redundancy, avg(answer_value_minor)::bigint as answer_value_minor,
                   sum(slot_count)::bigint as answers
              from generate_series(1, \(weeks)) as back (weeks)
              join batch
                on batch.opened_at > \(instant)::timestamptz - back.weeks * interval '7 days'
               and batch.opened_at <= (date_trunc('week', \(instant)::timestamptz at time zone 'UTC')
                                       + interval '7 days') at time zone 'UTC' - back.weeks * interval '7 days'
              join rate using (rate_id)
             group by rate.profession, batch.requirement_id, batch.expected_minutes, batch.pay_minor, batch.currency,
                      batch.redundancy, round(ln(answer_value_minor) / ln(2.0) * 8)
             order by answers desc, rate.profession, batch.requirement_id, batch.expected_minutes, batch.pay_minor,
                      batch.currency, batch.redundancy, answer_value_minor
             limit \(min(max(kindsMax, 1), 5_000))
            """
        ).map(PriceDemand.init)
    }

    /// Active workers and the week that runs where they live: what they declare, what is forecast of it, and what it
    /// and the next one have committed.
    ///
    /// - Parameter limit: 1 to 200.
    package func priceSupply(after last: Worker.ID?, limit: Int) async throws -> [PriceSupply] {
        try await rows(
            """
            with page as materialized (
                select worker_id, country, place, weekly_minutes_max,
                       date_trunc('week', \(instant)::timestamptz at time zone time_zone)::date as monday
                  from worker
                 where state = 'active' and (\(last)::uuid is null or worker_id > \(last)::uuid)
                 order by worker_id
                 limit \(try PageLimit.checked(limit))
            )
            select page.worker_id, coalesce(made.declared, 0) as declared, coalesce(made.mean, 0) as mean,
                   coalesce(made.promised, 0) as promised, coalesce(week.committed_minutes, 0) as committed,
                   coalesce(week_after.committed_minutes, 0) as committed_next,
                   least(page.weekly_minutes_max,
                         (select min(hours_policy.weekly_minutes_max) from hours_policy
                           where \(fragment: Self.hoursPolicyHolds(in: "page.country", "page.place", at: instant))))
                       as weekly_minutes_max,
                   made.declared is null
                   and exists (select from hours_forecast as earlier
                                where earlier.worker_id = page.worker_id
                                  and earlier.week_starts_on = page.monday - 7) as is_awaited
              from page
              left join lateral (
                select sum(declared_minutes)::bigint as declared, sum(mean_minutes)::bigint as mean,
                       sum(p10_minutes)::bigint as promised
                  from hours_forecast
                 where hours_forecast.worker_id = page.worker_id and hours_forecast.week_starts_on = page.monday
              ) as made on true
              left join worker_week as week
                on week.worker_id = page.worker_id and week.week_starts_on = page.monday
              left join worker_week as week_after
                on week_after.worker_id = page.worker_id and week_after.week_starts_on = page.monday + 7
             order by page.worker_id
            """
        ).map {
            PriceSupply(
                worker: try $0["worker_id"], declaredMinutes: try $0["declared"], meanMinutes: try $0["mean"],
                promisedMinutes: try $0["promised"], committedMinutes: try $0["committed"],
                weeklyMinutesMax: try $0["weekly_minutes_max"], committedNextMinutes: try $0["committed_next"],
                isAwaited: try $0["is_awaited"])
        }
    }

    /// Active workers who are kept as meeting a requirement, by id.
    ///
    /// - Parameter limit: 1 to 5,000.
    package func workersMeeting(_ requirement: Requirement.ID, limit: Int) async throws -> [Worker.ID] {
        try await rows(
            """
            select kept.worker_id from worker_requirement as kept join worker using (worker_id)
             where kept.requirement_id = \(requirement) and kept.in_force @> \(instant) and worker.state = 'active'
             order by kept.worker_id
             limit \(min(max(limit, 1), 5_000))
            """
        ).map { try $0["worker_id"] }
    }

    /// In the place of what the day has by an earlier setting, whose prices go.
    ///
    /// - Returns: false where the day has prices by this setting or a later one.
    func insert(_ solve: PriceSolve) async throws -> Bool {
        let changed = try await execute(
            """
            insert into price_solve (solved_on, solved_at, demands, workers, certificate_millionths, price_most_micros,
                                     policy_version)
            values (\(solve.solvedOn), \(instant), \(solve.demands), \(solve.workers), \(solve.certificateMillionths),
                    \(solve.priceMostMicros), \(solve.policyVersion))
            on conflict (solved_on) do update
               set solved_at = excluded.solved_at, demands = excluded.demands, workers = excluded.workers,
                   certificate_millionths = excluded.certificate_millionths,
                   price_most_micros = excluded.price_most_micros, policy_version = excluded.policy_version
             where price_solve.policy_version < excluded.policy_version
            """)
        guard changed == 1 else { return false }
        try await execute("delete from hour_price where solved_on = \(solve.solvedOn)")
        return true
    }

    func insert(_ tags: [HourPriceTag], of solve: PriceSolve) async throws {
        try await execute(
            """
            insert into hour_price (worker_id, solved_on, price_micros, units)
            select worker_id, \(solve.solvedOn), least(price, \(solve.priceMostMicros)), units
              from unnest(\(tags.map(\.worker))::uuid[], \(tags.map(\.priceMicros))::bigint[],
                          \(tags.map(\.units))::bigint[]) as tag (worker_id, price, units)
            """)
    }

    func priceTags(of solve: PriceSolve, after last: Worker.ID?, limit: Int) async throws -> [HourPriceTag] {
        try await rows(
            """
            select worker_id, price_micros, units from hour_price
             where solved_on = \(solve.solvedOn) and (\(last)::uuid is null or worker_id > \(last)::uuid)
             order by worker_id
             limit \(limit)
            """
        ).map {
            HourPriceTag(worker: try $0["worker_id"], priceMicros: try $0["price_micros"], units: try $0["units"])
        }
    }

    /// Forgets prices of earlier days, a day of each night.
    func forgetPrices(before day: CalendarDate, days: Int) async throws {
        try await execute("delete from hour_price where solved_on < \(day)::date - \(days)::integer")
    }
}

extension PriceDemand {
    fileprivate static let columns: SQL = columns(of: "batch")

    fileprivate static func columns(of table: SQL) -> SQL {
        """
        \(fragment: table).requirement_id, \(fragment: table).expected_minutes, \(fragment: table).pay_minor,
        \(fragment: table).currency, \(fragment: table).redundancy, \(fragment: table).answer_value_minor
        """
    }

    fileprivate init(row: Row) throws {
        self.init(
            profession: try row["profession"], requirement: try row["requirement_id"],
            expectedMinutes: try row["expected_minutes"],
            pay: try Money(row["pay_minor"], row["currency"]), redundancy: try row["redundancy"],
            answers: Int(clamping: try row.value("answers", as: Int64.self)),
            answerValue: try row["answer_value_minor"])
    }
}
