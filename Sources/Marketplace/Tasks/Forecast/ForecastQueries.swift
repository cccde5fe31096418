internal import Formats
internal import Foundation
package import Store

/// A worker as a forecast looks at them.
package struct ForecastWorker: Hashable, Sendable {
    package let id: Worker.ID
    /// The least of the caps of a week.
    package let weeklyMinutesMax: Int
    /// The first of their professions, which is their cell; empty without one.
    package let cell: String
}

extension Transaction {
    /// Active workers without a forecast of the week that runs where they live, by id.
    ///
    /// - Parameter limit: 1 to 200.
    package func workersToForecast(after last: Worker.ID?, limit: Int) async throws -> [ForecastWorker] {
        try await rows(
            """
            with page as materialized (
                select worker_id, country, place, weekly_minutes_max from worker
                 where state = 'active' and (\(last)::uuid is null or worker_id > \(last)::uuid)
                   and not exists (
                        select from hours_forecast as made
                         where made.worker_id = worker.worker_id
                           and made.week_starts_on
                               = date_trunc('week', \(instant)::timestamptz at time zone worker.time_zone)::date)
                 order by worker_id
                 limit \(try PageLimit.checked(limit))
            )
            select page.worker_id,
                   least(page.weekly_minutes_max,
                         (select min(hours_policy.weekly_minutes_max) from hours_policy
                           where \(fragment: Self.hoursPolicyHolds(in: "page.country", "page.place", at: instant))))
                       as weekly_minutes_max,
                   coalesce((select min(profession) from profile where profile.worker_id = page.worker_id), '') as cell
              from page
             order by page.worker_id
            """
        ).map {
            ForecastWorker(
                id: try $0["worker_id"], weeklyMinutesMax: try $0["weekly_minutes_max"], cell: try $0["cell"])
        }
    }

    /// What came of these workers' last 12 weeks in which they were asked for work, the newest first.
    package func pastHours(of workers: [Worker.ID]) async throws -> [PastHours] {
        try await rows(
            """
            select past.worker_id, past.part, past.declared_minutes, past.worked_minutes, past.offered_minutes
              from unnest(\(workers)::uuid[]) as asked (worker_id)
             cross join lateral (
                select * from hours_forecast as made
                 where made.worker_id = asked.worker_id and made.was_asked
                 order by week_starts_on desc, part
                 limit 24) as past
             order by past.worker_id, past.week_starts_on desc, past.part
            """
        ).map(PastHours.init)
    }

    /// How long each of these workers took for their last 50 answers, and how long was expected, in minutes.
    package func pastPaces(of workers: [Worker.ID]) async throws -> [Worker.ID: [(minutes: Int, expected: Int)]] {
        let rows = try await rows(
            """
            select past.worker_id, past.minutes, past.expected_minutes
              from unnest(\(workers)::uuid[]) as asked (worker_id)
             cross join lateral (
                select assignment.worker_id, (submission.active_seconds + 59) / 60 as minutes,
                       assignment.expected_minutes
                  from (select * from assignment
                         where assignment.worker_id = asked.worker_id
                         order by assignment_id desc
                         limit 100) as assignment
                  join submission using (requester_id, assignment_id)
                 order by assignment_id desc
                 limit 50) as past
             order by past.worker_id
            """)
        return try Dictionary(grouping: rows) { try $0.value("worker_id", as: Worker.ID.self) }
            .mapValues { try $0.map { (minutes: try $0["minutes"], expected: try $0["expected_minutes"]) } }
    }

    /// The newest parts of weeks that are over and in which workers of a profession were asked for work.
    ///
    /// - Parameter limit: 1 to 2,000.
    package func cellHours(of profession: String, _ part: WeekPart, limit: Int) async throws -> [PastHours] {
        try await rows(
            """
            select worker_id, part, declared_minutes, worked_minutes, offered_minutes
              from hours_forecast
             where part = \(part) and was_asked
               and week_starts_on > (select max(week_starts_on) from hours_forecast) - 90
               and coalesce((select min(profession) from profile
                              where profile.worker_id = hours_forecast.worker_id), '') = \(profession)
             order by week_starts_on desc, worker_id
             limit \(min(max(limit, 1), 2_000))
            """
        ).map(PastHours.init)
    }

    /// - Returns: how many are new.
    func insert(_ forecasts: [WorkerForecast]) async throws -> Int {
        try await execute(
            """
            insert into hours_forecast (worker_id, week_starts_on, part, declared_minutes, alpha_milli, beta_milli,
                                        mean_minutes, p10_minutes, made_at, pace_millionths)
            select worker_id, week_starts_on::date, part::week_part, declared, alpha, beta, mean, promised,
                   \(instant), pace
              from unnest(\(forecasts.map(\.worker))::uuid[], \(forecasts.map { "\($0.weekStartsOn)" })::text[],
                          \(forecasts.map(\.part.rawValue))::text[], \(forecasts.map(\.declaredMinutes))::bigint[],
                          \(forecasts.map(\.alphaMilli))::bigint[], \(forecasts.map(\.betaMilli))::bigint[],
                          \(forecasts.map(\.meanMinutes))::bigint[], \(forecasts.map(\.promisedMinutes))::bigint[],
                          \(forecasts.map(\.paceMillionths))::bigint[])
                   as made (worker_id, week_starts_on, part, declared, alpha, beta, mean, promised, pace)
            on conflict on constraint hours_forecast_pkey do nothing
            """)
    }

    /// Writes what came of parts of weeks that ended more than a day ago: what was worked, and what offers asked for,
    /// as far as they tell of hours: accepted, left to lapse or declined for want of time. Whoever declines for another
    /// reason, such as the pay, may have the hours; that is for the model of acceptance. Nor does work that was gone.
    /// Where nothing is left of either, the part tells of no hours at all.
    func closeWeeks(most: Int) async throws -> Int {
        try await execute(
            """
            with over as materialized (
                select worker_id, week_starts_on, part from hours_forecast
                 where worked_minutes is null
                   and week_starts_on < (\(instant)::timestamptz at time zone 'UTC')::date - 8
                 order by week_starts_on, worker_id, part
                 limit \(most) for update skip locked
            ),
            came as (
                select over.*,
                       greatest((select coalesce(sum(case kind when 'reserved' then minutes
                                                               when 'released' then -minutes else 0 end), 0)
                                   from hours_entry
                                  where hours_entry.worker_id = over.worker_id
                                    and hours_entry.week_starts_on = over.week_starts_on
                                    and (hours_entry.on_day - over.week_starts_on >= 5) = (over.part = 'weekend')), 0)
                           as worked,
                       asked.minutes as offered
                  from over join worker using (worker_id)
                 cross join lateral (
                    -- Null without any offer of the week; of the days of the part, by the wall clock where the worker
                    -- lives.
                    select sum(case when (extract(isodow from offer.offered_at at time zone worker.time_zone) >= 6)
                                         = (over.part = 'weekend')
                                     and (offer.state in ('accepted', 'lapsed')
                                          or offer.state = 'declined' and offer.decline_reason = 'not_now')
                                    then offer.expected_minutes else 0 end) as minutes
                      from offer
                     where offer.worker_id = over.worker_id and offer.week_starts_on = over.week_starts_on) as asked
            )
            update hours_forecast as made
               set worked_minutes = least(came.worked, 2147483647),
                   was_asked = came.worked > 0 or coalesce(came.offered, 0) > 0,
                   offered_minutes = case when came.offered is not null then least(came.offered, 2147483647) end
              from came
             where made.worker_id = came.worker_id and made.week_starts_on = came.week_starts_on
               and made.part = came.part
            """)
    }

    /// Tests up to eight weeks of which all is known and which were not tested: what was forecast and promised, as far
    /// as it was asked for. Hours that nobody wanted are no hours that were not given.
    func testWeeks() async throws -> Int {
        try await execute(
            """
            insert into forecast_backtest (week_starts_on, workers, forecast_minutes, worked_minutes, error_bps,
                                           promises, promises_kept, tested_at)
            select week_starts_on, count(*), sum(mean), sum(worked),
                   least(abs(sum(worked) - sum(mean))::bigint * 10000 / greatest(sum(mean), 1)::bigint, 1000000000),
                   count(*) filter (where promised > 0), count(*) filter (where promised > 0 and worked >= promised),
                   \(instant)
              from (select made.week_starts_on, made.worker_id, sum(least(made.mean_minutes, asked.minutes)) as mean,
                           sum(made.worked_minutes) as worked, sum(least(made.p10_minutes, asked.minutes)) as promised
                      from hours_forecast as made
                     cross join lateral (
                        select greatest(coalesce(made.offered_minutes, made.mean_minutes), made.worked_minutes)
                                   as minutes) as asked
                     where made.was_asked
                       and made.week_starts_on in (
                            select distinct week_starts_on from hours_forecast as every
                             where week_starts_on > (\(instant)::timestamptz at time zone 'UTC')::date - 64
                               and week_starts_on < (\(instant)::timestamptz at time zone 'UTC')::date - 8
                               and not exists (select from forecast_backtest as tested
                                                where tested.week_starts_on = every.week_starts_on)
                               and not exists (select from hours_forecast as unknown
                                                where unknown.week_starts_on = every.week_starts_on
                                                  and unknown.worked_minutes is null))
                     group by 1, 2) as by_worker
             group by week_starts_on
            on conflict (week_starts_on) do nothing
            """)
    }

    func forgetForecasts(olderThan days: Int, most: Int) async throws {
        try await execute(
            """
            with old as materialized (
                select worker_id, week_starts_on, part from hours_forecast
                 where week_starts_on < (\(instant)::timestamptz at time zone 'UTC')::date - \(days)::integer
                 order by week_starts_on, worker_id, part
                 limit \(most)
                   for update skip locked
            )
            delete from hours_forecast using old
             where hours_forecast.worker_id = old.worker_id and hours_forecast.week_starts_on = old.week_starts_on
               and hours_forecast.part = old.part
            """)
    }

    func backtests(before: CalendarDate?, limit: Int) async throws -> [ForecastBacktest] {
        try await rows(
            """
            select * from forecast_backtest
             where \(before)::date is null or week_starts_on < \(before)::date
             order by week_starts_on desc
             limit \(limit)
            """
        ).map {
            ForecastBacktest(
                weekStartsOn: try $0["week_starts_on"], workers: try $0["workers"],
                forecastMinutes: try $0["forecast_minutes"], workedMinutes: try $0["worked_minutes"],
                errorBasisPoints: try $0["error_bps"], promises: try $0["promises"],
                promisesKept: try $0["promises_kept"], testedAt: try $0["tested_at"])
        }
    }

    /// How far the last tested week's forecast was off, in millionths of it; 0 where none was tested in the last three
    /// weeks. What prices are paced by until a week tells itself.
    package func hoursForecastErrorMillionths() async throws -> Int {
        let error: Int64? = try await firstRow(
            """
            select error_bps from forecast_backtest
             where week_starts_on > (\(instant)::timestamptz at time zone 'UTC')::date - 28
             order by week_starts_on desc
             limit 1
            """)?["error_bps"]
        return Int(clamping: (error ?? 0) * 100)
    }
}

extension PastHours {
    fileprivate init(row: Row) throws {
        self.init(
            worker: try row["worker_id"], part: try row["part"], declaredMinutes: try row["declared_minutes"],
            workedMinutes: try row["worked_minutes"], offeredMinutes: try row["offered_minutes"])
    }
}
