internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    /// Enters that the minutes of judged work were worked.
    func enterWorked(_ assignment: Assignment.ID, of requester: Requester.ID) async throws {
        _ = try await endHours(of: assignment, from: requester, as: .worked)
    }

    /// Gives back the minutes of a lease that ended without an answer.
    func releaseHours(of assignment: Assignment.ID, from requester: Requester.ID) async throws {
        let entry = try await endHours(of: assignment, from: requester, as: .released)
        try await releaseMinutes(entry.minutes, of: entry.worker, on: entry.day, weekStartsOn: entry.weekStartsOn)
    }

    /// - Throws: ``StoreError/unexpectedRowCount(_:)`` when nothing was reserved.
    private func endHours(
        of assignment: Assignment.ID, from requester: Requester.ID, as kind: HoursEntryKind
    ) async throws -> HoursEntry {
        let row = try await oneRow(
            """
            insert into hours_entry (requester_id, assignment_id, kind, worker_id, week_starts_on, on_day, minutes,
                                     occurred_at)
            select requester_id, assignment_id, \(kind), worker_id, week_starts_on, on_day, minutes, \(instant)
              from hours_entry
             where requester_id = \(requester) and assignment_id = \(assignment) and kind = 'reserved'
            returning requester_id, assignment_id, kind, worker_id, week_starts_on, on_day, minutes, occurred_at
            """)
        return try HoursEntry(row: row)
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
