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
        select least(worker.weekly_minutes_max, min(hours_policy.weekly_minutes_max)) as weekly_minutes_max,
               coalesce(least(worker.daily_minutes_max, min(hours_policy.daily_minutes_max)), 10080)
                   as daily_minutes_max,
               worker.tasks_at_once_max, worker.offer_notice_minutes
          from worker
          left join hours_policy on (hours_policy.country is null or hours_policy.country = worker.country)
                                and hours_policy.in_force @> \(instant)
         where worker.worker_id = \(worker)
         group by worker.worker_id
        """
    }
}

extension WorkLimits {
    init(row: Row) throws {
        self.init(
            weeklyMinutesMax: try row["weekly_minutes_max"], dailyMinutesMax: try row["daily_minutes_max"],
            tasksAtOnceMax: try row["tasks_at_once_max"], offerNoticeMinutes: try row["offer_notice_minutes"]
        )
    }
}
