package import Formats
package import Store

extension Transaction {
    /// Commits minutes of a worker's week, in one statement that waits for others on the same week.
    ///
    /// - Parameters:
    ///   - minutes: 1 to 10,080.
    ///   - cap: the most the worker gives in that week, all commitments together.
    /// - Returns: `false`, with nothing changed, when the cap would be passed.
    package func reserveMinutes(
        _ minutes: Int, of worker: Worker.ID, weekStartsOn monday: CalendarDate, cap: Int
    ) async throws -> Bool {
        guard (1...10_080).contains(minutes), minutes <= cap, cap <= 10_080 else { return false }
        return try await firstRow(
            """
            insert into worker_week as week (worker_id, week_starts_on, minutes_max, committed_minutes)
            values (\(worker), \(monday), \(cap), \(minutes))
            on conflict (worker_id, week_starts_on) do update
               set committed_minutes = week.committed_minutes + excluded.committed_minutes,
                   minutes_max = excluded.minutes_max
             where week.committed_minutes + excluded.committed_minutes <= excluded.minutes_max
            returning worker_id
            """) != nil
    }

    /// Gives back minutes that were committed by ``reserveMinutes(_:of:weekStartsOn:cap:)``.
    ///
    /// - Throws: ``StoreError/unexpectedRowCount(_:)`` when fewer are committed.
    package func releaseMinutes(_ minutes: Int, of worker: Worker.ID, weekStartsOn monday: CalendarDate) async throws {
        let changed = try await execute(
            """
            update worker_week
               set committed_minutes = committed_minutes - \(minutes)
             where worker_id = \(worker)
               and week_starts_on = \(monday)
               and committed_minutes >= \(minutes)
               and \(minutes) > 0
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// The minutes that a worker has committed in a week; 0 when there are none.
    package func committedMinutes(of worker: Worker.ID, weekStartsOn monday: CalendarDate) async throws -> Int {
        try await firstRow(
            """
            select committed_minutes from worker_week where worker_id = \(worker) and week_starts_on = \(monday)
            """)?["committed_minutes"] ?? 0
    }
}
