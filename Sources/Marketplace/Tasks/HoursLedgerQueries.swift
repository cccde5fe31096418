internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    /// Enters that the minutes of judged work were worked.
    ///
    /// - Throws: ``StoreError/unexpectedRowCount(_:)`` when nothing was reserved.
    func enterWorked(_ assignment: Assignment.ID, of requester: Requester.ID) async throws {
        let entered = try await execute(
            """
            insert into hours_entry (requester_id, assignment_id, kind, worker_id, week_starts_on, on_day, minutes,
                                     occurred_at)
            select requester_id, assignment_id, 'worked', worker_id, week_starts_on, on_day, minutes, \(instant)
              from hours_entry
             where requester_id = \(requester) and assignment_id = \(assignment) and kind = 'reserved'
            """)
        guard entered == 1 else { throw StoreError.unexpectedRowCount(entered) }
    }

    /// Gives back the minutes of a lease that ended without an answer.
    ///
    /// - Throws: ``StoreError/unexpectedRowCount(_:)`` when nothing was reserved; a check's failure when less is
    ///   committed than is given back.
    func releaseHours(of assignment: Assignment.ID, from requester: Requester.ID) async throws {
        let released: Int = try await oneRow(
            """
            with released as (
                insert into hours_entry (requester_id, assignment_id, kind, worker_id, week_starts_on, on_day, minutes,
                                         occurred_at)
                select requester_id, assignment_id, 'released', worker_id, week_starts_on, on_day, minutes, \(instant)
                  from hours_entry
                 where requester_id = \(requester) and assignment_id = \(assignment) and kind = 'reserved'
                returning worker_id, week_starts_on, on_day, minutes
            ),
            week as (
                update worker_week set committed_minutes = committed_minutes - minutes
                  from released
                 where worker_week.worker_id = released.worker_id
                   and worker_week.week_starts_on = released.week_starts_on
            ),
            day as (
                update worker_day set committed_minutes = committed_minutes - minutes
                  from released
                 where worker_day.worker_id = released.worker_id and worker_day.on_day = released.on_day
            )
            select count(*) as count from released
            """)["count"]
        guard released == 1 else { throw StoreError.unexpectedRowCount(released) }
    }

    /// What happened to a worker's hours of one week, by assignment and then as it happened.
    ///
    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    func hoursEntries(
        of worker: Worker.ID, weekStartsOn monday: CalendarDate, after last: HoursEntry.Place?, limit: Int
    ) async throws -> [HoursEntry] {
        try await rows(
            """
            select requester_id, assignment_id, kind, worker_id, week_starts_on, on_day, minutes, occurred_at
              from hours_entry
             where worker_id = \(worker) and week_starts_on = \(monday)
               and (\(last?.assignment)::uuid is null
                    or (assignment_id, kind) > (\(last?.assignment)::uuid, \(last?.kind)::hours_entry_kind))
             order by assignment_id, kind
             limit \(try PageLimit.checked(limit))
            """
        ).map(HoursEntry.init)
    }

    /// Minutes of a week by what became of them.
    func hoursSums(of worker: Worker.ID, weekStartsOn monday: CalendarDate) async throws -> [HoursEntryKind: Int] {
        let rows = try await rows(
            """
            select kind, sum(minutes)::bigint as minutes from hours_entry
             where worker_id = \(worker) and week_starts_on = \(monday)
             group by kind
            """)
        return try Dictionary(
            rows.map { (try $0.value("kind", as: HoursEntryKind.self), try $0["minutes"]) },
            uniquingKeysWith: { first, _ in first }
        )
    }
}

extension HoursEntry {
    init(row: Row) throws {
        requester = try row["requester_id"]
        assignment = try row["assignment_id"]
        kind = try row["kind"]
        worker = try row["worker_id"]
        weekStartsOn = try row["week_starts_on"]
        day = try row["on_day"]
        minutes = try row["minutes"]
        occurredAt = try row["occurred_at"]
    }
}
