package import Formats
internal import Foundation
package import Store

extension Transaction {
    /// The minutes that a worker has committed in a week; 0 when there are none.
    package func committedMinutes(of worker: Worker.ID, weekStartsOn monday: CalendarDate) async throws -> Int {
        try await firstRow(
            """
            select committed_minutes from worker_week where worker_id = \(worker) and week_starts_on = \(monday)
            """)?["committed_minutes"] ?? 0
    }
}

extension Transaction {
    /// What a worker has committed in a week and on one day of it.
    package func committedHours(
        of worker: Worker.ID, on day: CalendarDate, weekStartsOn monday: CalendarDate
    ) async throws -> CommittedHours {
        let week = try await committedMinutes(of: worker, weekStartsOn: monday)
        let days = try await committedMinutes(of: worker, onDaysFrom: monday)
        return CommittedHours(weekMinutes: week, dayMinutes: days[day] ?? 0)
    }

    /// The minutes that a worker has committed on the days of a week; days without any are left out.
    package func committedMinutes(
        of worker: Worker.ID, onDaysFrom monday: CalendarDate
    ) async throws -> [CalendarDate: Int] {
        let rows = try await rows(
            """
            select on_day, committed_minutes from worker_day
             where worker_id = \(worker) and on_day between \(monday) and \(monday)::date + 6
               and committed_minutes > 0
            """)
        return try Dictionary(
            rows.map { (try $0.value("on_day", as: CalendarDate.self), try $0["committed_minutes"]) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// What a worker may take at the transaction's instant.
    ///
    /// - Returns: `nil` when there is no such worker.
    package func workLimits(of worker: Worker.ID) async throws -> WorkLimits? {
        try await firstRow(Self.workLimitsStatement(of: worker, at: instant)).map(WorkLimits.init)
    }

    static func workLimitsStatement(of worker: Worker.ID, at instant: Date) -> SQL {
        """
        select policy.weekly_minutes_max, policy.daily_minutes_max, policy.tasks_at_once_max,
               policy.offer_notice_minutes, \(fragment: hoursBoundsColumns)
          from (
            select worker.worker_id, worker.time_zone,
                   least(worker.weekly_minutes_max, min(hours_policy.weekly_minutes_max)) as weekly_minutes_max,
                   coalesce(least(worker.daily_minutes_max, min(hours_policy.daily_minutes_max)), 10080)
                       as daily_minutes_max,
                   worker.tasks_at_once_max, worker.offer_notice_minutes, \(fragment: hoursPolicyBounds)
              from worker
              left join hours_policy
                on \(fragment: hoursPolicyHolds(in: "worker.country", "worker.place", at: instant))
             where worker.worker_id = \(worker)
             group by worker.worker_id
         ) as policy
         \(fragment: hoursBounds(of: "policy.worker_id", in: "policy.time_zone", at: instant))
        """
    }

    /// Whether a policy is for who lives in a country and works at a place.
    static func hoursPolicyCovers(_ country: SQL, _ place: SQL) -> SQL {
        """
        (hours_policy.region = \(fragment: place)
         or hours_policy.region is null
            and (hours_policy.country is null or hours_policy.country = \(fragment: country)))
        """
    }

    /// Whether it is, and holds at an instant.
    static func hoursPolicyHolds(in country: SQL, _ place: SQL, at instant: Date) -> SQL {
        "\(fragment: hoursPolicyCovers(country, place)) and hours_policy.in_force @> \(instant)"
    }

    /// The least of all caps of hours that hold for who lives in a country and works at a place, all windows, and the
    /// longest rest.
    static func hoursPolicy(in country: SQL, _ place: SQL, at instant: Date) -> SQL {
        """
        select min(hours_policy.weekly_minutes_max) as weekly_minutes_max,
               min(hours_policy.daily_minutes_max) as daily_minutes_max, \(fragment: hoursPolicyBounds)
          from hours_policy
         where \(fragment: hoursPolicyHolds(in: country, place, at: instant))
        """
    }

    /// Of the policies that hold; null where none asks for it. Both lists of windows are in one order.
    private static var hoursPolicyBounds: SQL {
        """
        max(hours_policy.rest_minutes) as rest_minutes,
        array_agg(hours_policy.window_weeks) filter (where hours_policy.window_weeks is not null) as window_weeks,
        array_agg(hours_policy.window_minutes_average) filter (where hours_policy.window_weeks is not null)
            as window_minutes_average
        """
    }

    /// What ``WorkLimits/init(row:)`` reads of ``hoursBounds(of:in:at:)`` and the policy.
    static var hoursBoundsColumns: SQL {
        """
        policy.rest_minutes, policy.window_weeks, policy.window_minutes_average, bound_weeks.weeks_ago,
        bound_weeks.week_minutes, bound_work.reserved_at, bound_work.reserved_minutes
        """
    }

    /// Joins what windows and rest of a row `policy` look at; where it has none, nothing is read.
    static func hoursBounds(of worker: SQL, in timeZone: SQL, at instant: Date) -> SQL {
        let monday: SQL = "date_trunc('week', \(instant)::timestamptz at time zone \(fragment: timeZone))::date"
        return """
            left join lateral (
               select array_agg((\(fragment: monday) - week.week_starts_on) / 7) as weeks_ago,
                      array_agg(week.committed_minutes) as week_minutes
                 from worker_week as week
                where policy.window_weeks is not null and week.worker_id = \(fragment: worker)
                  and week.week_starts_on between \(fragment: monday) - 364 and \(fragment: monday)
                  and week.committed_minutes > 0
            ) as bound_weeks on true
             left join lateral (
               select array_agg(entry.occurred_at order by entry.occurred_at, entry.assignment_id) as reserved_at,
                      array_agg(entry.minutes order by entry.occurred_at, entry.assignment_id) as reserved_minutes
                 from hours_entry as entry
                where policy.rest_minutes is not null and entry.worker_id = \(fragment: worker)
                  and entry.on_day >= (\(instant)::timestamptz at time zone 'UTC')::date - 9
                  and entry.kind = 'reserved'
                  and not exists (select from hours_entry as released
                                   where released.requester_id = entry.requester_id
                                     and released.assignment_id = entry.assignment_id
                                     and released.kind = 'released')
            ) as bound_work on true
            """
    }
}

extension WorkLimits {
    init(row: Row) throws {
        self.init(
            weeklyMinutesMax: try row["weekly_minutes_max"], dailyMinutesMax: try row["daily_minutes_max"],
            tasksAtOnceMax: try row["tasks_at_once_max"], offerNoticeMinutes: try row["offer_notice_minutes"],
            bounds: try HoursBounds.read(row)
        )
    }
}

extension HoursBounds {
    /// - Returns: `nil` where no policy asks anything over weeks or of rest.
    fileprivate static func read(_ row: Row) throws -> HoursBounds? {
        let rest: Int? = try row["rest_minutes"]
        let weeks: [Int]? = try row["window_weeks"]
        guard rest != nil || weeks != nil else { return nil }
        let averages: [Int]? = try row["window_minutes_average"]
        let (ago, minutes): ([Int]?, [Int]?) = (try row["weeks_ago"], try row["week_minutes"])
        let (instants, reserved): ([Date]?, [Int]?) = (try row["reserved_at"], try row["reserved_minutes"])
        do {
            return HoursBounds(
                windows: try zip(weeks ?? [], averages ?? []).map {
                    try HoursWindow(weeks: $0.0, averageMinutes: $0.1)
                },
                weekMinutes: Dictionary(zip(ago ?? [], minutes ?? []), uniquingKeysWith: { first, _ in first }),
                restMinutes: rest, reserved: zip(instants ?? [], reserved ?? []).map { (at: $0.0, minutes: $0.1) })
        } catch let fault as BadInput {
            throw StoreError.decoding(table: "hours_policy", column: fault.field, reason: fault.reason)
        }
    }
}
