internal import Formats
package import Foundation
package import Store

extension Transaction {
    /// When a worker is there: windows, and exceptions from yesterday on.
    ///
    /// - Returns: `nil` when there is no such worker.
    package func availability(of worker: Worker.ID) async throws -> Availability? {
        let answers = try await pipeline([
            "select time_zone from worker where worker_id = \(worker)",
            """
            select weekday, from_minute, until_minute from availability_window
             where worker_id = \(worker)
             order by weekday, from_minute
             limit \(Availability.windowsMax)
            """,
            """
            select on_day, kind, from_minute, until_minute from availability_exception
             where worker_id = \(worker) and on_day >= \(CalendarDate.yesterday(at: instant))
             order by on_day, from_minute
             limit \(Availability.exceptionsMax)
            """,
        ])
        guard answers.count == 3, let zone = answers[0].first else { return nil }
        do {
            return try Availability(
                timeZone: try zone["time_zone"], windows: try answers[1].map(AvailabilityWindow.init(row:)),
                exceptions: try answers[2].map(AvailabilityException.init(row:))
            )
        } catch let fault as BadInput {
            throw StoreError.decoding(table: "worker", column: "time_zone", reason: fault.message)
        }
    }

    /// When many workers are there: windows and exceptions. Without those of a zone that this machine does not know.
    ///
    /// - Parameters:
    ///   - start: exceptions are from the day before it on; `nil` for from yesterday on.
    ///   - end: exceptions of later days are left out.
    package func availabilities(
        of workers: [Worker.ID], since start: Date? = nil, until end: Date
    ) async throws -> [Worker.ID: Availability] {
        let answers = try await pipeline([
            "select worker_id, time_zone from worker where worker_id = any(\(workers))",
            """
            select worker_id, weekday, from_minute, until_minute from availability_window
             where worker_id = any(\(workers))
            """,
            """
            select worker_id, on_day, kind, from_minute, until_minute from availability_exception
             where worker_id = any(\(workers)) and on_day >= \(CalendarDate.yesterday(at: start ?? instant))
               and on_day <= (\(end) at time zone 'UTC')::date + 1
            """,
        ])
        guard answers.count == 3 else { return [:] }
        func grouped<Part>(_ rows: [Row], _ part: (Row) throws -> Part) throws -> [Worker.ID: [Part]] {
            try rows.reduce(into: [:]) { try $0[$1["worker_id"], default: []].append(part($1)) }
        }
        let windows = try grouped(answers[1], AvailabilityWindow.init(row:))
        let exceptions = try grouped(answers[2], AvailabilityException.init(row:))
        return try answers[0].reduce(into: [:]) { found, row in
            let worker: Worker.ID = try row["worker_id"]
            found[worker] = try? Availability(
                timeZone: row["time_zone"], windows: windows[worker] ?? [], exceptions: exceptions[worker] ?? []
            )
        }
    }

    /// Puts these windows in the place of all there are.
    func replaceWindows(of worker: Worker.ID, with windows: [AvailabilityWindow]) async throws {
        _ = try await pipeline([
            "delete from availability_window where worker_id = \(worker)",
            """
            insert into availability_window (worker_id, weekday, from_minute, until_minute)
            select \(worker), given.weekday, given.from_minute, given.until_minute
              from unnest(\(windows.map(\.weekday.rawValue))::bigint[], \(windows.map(\.span.from))::bigint[],
                          \(windows.map(\.span.until))::bigint[]) as given (weekday, from_minute, until_minute)
            """,
        ])
    }

    /// Takes the exceptions of a day away.
    ///
    /// - Returns: how many there were.
    func deleteExceptions(of worker: Worker.ID, on day: CalendarDate) async throws -> Int {
        try await execute("delete from availability_exception where worker_id = \(worker) and on_day = \(day)")
    }

    /// Takes the exceptions from a day on away.
    func deleteExceptions(of worker: Worker.ID, from day: CalendarDate) async throws {
        try await execute("delete from availability_exception where worker_id = \(worker) and on_day >= \(day)")
    }

    func insertExceptions(of worker: Worker.ID, _ exceptions: [AvailabilityException]) async throws {
        try await execute(
            """
            insert into availability_exception (worker_id, on_day, kind, from_minute, until_minute)
            select \(worker), given.on_day::date, given.kind::availability_kind, given.from_minute, given.until_minute
              from unnest(\(exceptions.map { "\($0.day)" })::text[], \(exceptions.map(\.kind.rawValue))::text[],
                          \(exceptions.map(\.span.from))::bigint[], \(exceptions.map(\.span.until))::bigint[])
                   as given (on_day, kind, from_minute, until_minute)
            """)
    }

    /// Changes the caps that are given.
    func updateLimits(of worker: Worker.ID, _ settings: AvailabilitySettings) async throws {
        let changed = try await execute(
            """
            update worker
               set weekly_minutes_max = coalesce(\(settings.weeklyMinutesMax)::bigint, weekly_minutes_max),
                   daily_minutes_max = case when not \(settings.clearsDailyMax)
                                       then coalesce(\(settings.dailyMinutesMax)::bigint, daily_minutes_max) end,
                   tasks_at_once_max = coalesce(\(settings.tasksAtOnceMax)::bigint, tasks_at_once_max),
                   offer_notice_minutes = coalesce(\(settings.offerNoticeMinutes)::bigint, offer_notice_minutes)
             where worker_id = \(worker)
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }
}

extension CalendarDate {
    /// A day that is over wherever a worker may live.
    static func yesterday(at instant: Date) -> CalendarDate? {
        let days = (instant.timeIntervalSince1970 / 86_400).rounded(.down)
        return days.magnitude < 1_000_000 ? CalendarDate(daysSince2000: Int(days) - 10_957 - 1) : nil
    }
}

extension AvailabilityWindow {
    init(row: Row) throws {
        guard let weekday = Weekday(rawValue: try row["weekday"]) else {
            throw StoreError.decoding(table: "availability_window", column: "weekday", reason: "is no weekday")
        }
        self.init(weekday, DaySpan(checkedFrom: try row["from_minute"], until: try row["until_minute"]))
    }
}

extension AvailabilityException {
    init(row: Row) throws {
        self.init(
            try row["on_day"], try row["kind"],
            DaySpan(checkedFrom: try row["from_minute"], until: try row["until_minute"])
        )
    }
}
