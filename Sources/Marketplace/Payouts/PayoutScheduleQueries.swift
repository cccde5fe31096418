internal import Formats
internal import Foundation
package import Store

extension Transaction {
    func upsert(_ schedule: PayoutSchedule, by actor: Principal.ID) async throws {
        let dates = schedule.dates
        try await execute(
            """
            insert into payout_schedule (source, rhythm, days, minute, time_zone, minimum_minor, next_at, changed_by,
                                         changed_at)
            values (\(schedule.source), \(dates.rhythm), \(dates.days), \(dates.minute), \(dates.zone),
                    \(schedule.minimumMinor), \(schedule.nextAt), \(actor), \(instant))
            on conflict (source) do update
               set rhythm = excluded.rhythm, days = excluded.days, minute = excluded.minute,
                   time_zone = excluded.time_zone, minimum_minor = excluded.minimum_minor,
                   next_at = excluded.next_at, changed_by = excluded.changed_by, changed_at = excluded.changed_at
            """)
    }

    func payoutSchedules(after: String?, limit: Int) async throws -> [PayoutSchedule] {
        try await rows(
            """
            \(fragment: PayoutSchedule.columns)
             where \(after)::text is null or source > \(after)::text
             order by source
             limit \(limit)
            """
        ).map(PayoutSchedule.init)
    }

    /// Whose date has passed, kept from anybody else until this transaction ends.
    func lockDueSchedules(limit: Int) async throws -> [PayoutSchedule] {
        try await rows(
            """
            with due as materialized (
                select source, rhythm, days, minute, time_zone, minimum_minor, next_at,
                       (select currency from payout_source where name = source) as currency
                  from payout_schedule
                 where next_at <= \(instant)
                 order by next_at, source
                 limit \(limit)
                   for update skip locked
            )
            select * from due order by source
            """
        ).map(PayoutSchedule.init)
    }

    func setNextDate(_ date: Date?, ofPayoutsFrom source: String) async throws {
        let changed = try await execute("update payout_schedule set next_at = \(date) where source = \(source)")
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// Opens a payout that fell due; where one of the source is open, that one has missed so many more.
    ///
    /// - Returns: whether it is new.
    func openPayoutDue(_ due: PayoutDue) async throws -> Bool {
        let added = try await execute(
            """
            insert into payout_due (payout_due_id, source, due_at, missed, pay_on, minimum_minor, opened_at, state)
            values (\(due.id), \(due.source), \(due.dueAt), \(due.missed), \(due.payOn), \(due.minimumMinor),
                    \(instant), 'open')
            on conflict (source) where state = 'open' do nothing
            """)
        guard added == 0 else { return true }
        try await execute(
            """
            update payout_due
               set due_at = \(due.dueAt), missed = missed + 1 + \(due.missed)::bigint, pay_on = \(due.payOn),
                   minimum_minor = \(due.minimumMinor)
             where source = \(due.source) and state = 'open'
            """)
        return false
    }

    /// One that fell due, kept from being closed by anybody else.
    func lockPayoutDue(_ id: PayoutDue.ID) async throws -> PayoutDue? {
        try await firstRow("\(fragment: PayoutDue.columns) where payout_due_id = \(id) for no key update")
            .map(PayoutDue.init)
    }

    func closePayoutDue(
        _ id: PayoutDue.ID, as state: PayoutDueState, batch: PayoutBatch.ID?, reason: String?, by actor: Principal.ID
    ) async throws {
        let changed = try await execute(
            """
            update payout_due
               set state = \(state), payout_batch_id = \(batch), reason = \(reason), closed_by = \(actor),
                   closed_at = \(instant)
             where payout_due_id = \(id) and state = 'open'
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// Newest first.
    func payoutsDue(
        in state: PayoutDueState?, before: PayoutDue.ID?, limit: Int
    ) async throws -> [PayoutDue] {
        try await rows(
            """
            \(fragment: PayoutDue.columns)
             where (\(state)::payout_due_state is null or state = \(state)::payout_due_state)
               and (\(before)::uuid is null or payout_due_id < \(before)::uuid)
             order by payout_due_id desc
             limit \(limit)
            """
        ).map(PayoutDue.init)
    }

    /// Keeps everybody else from changing it until this transaction ends.
    package func lockPayoutSchedule(of source: String) async throws {
        try await execute("select from payout_schedule where source = \(source) for no key update")
    }

    func payoutSchedule(of source: String) async throws -> PayoutSchedule? {
        try await firstRow("\(fragment: PayoutSchedule.columns) where source = \(source)").map(PayoutSchedule.init)
    }
}

extension PayoutSchedule {
    fileprivate static let columns: SQL = """
        select source, rhythm, days, minute, time_zone, minimum_minor, next_at,
               (select currency from payout_source where name = source) as currency
          from payout_schedule
        """

    fileprivate init(row: Row) throws {
        source = try row["source"]
        dates = PayoutDates(
            rhythm: try row["rhythm"], days: try row["days"], minute: try row["minute"], zone: try row["time_zone"])
        minimumMinor = try row["minimum_minor"]
        currency = try row["currency"]
        nextAt = try row["next_at"]
    }
}

extension PayoutDue {
    fileprivate static let columns: SQL = """
        select payout_due_id, source, due_at, missed, pay_on, minimum_minor, state, payout_batch_id, closed_by, reason,
               (select currency from payout_source where name = source) as currency
          from payout_due
        """

    fileprivate init(row: Row) throws {
        id = try row["payout_due_id"]
        source = try row["source"]
        dueAt = try row["due_at"]
        missed = try row["missed"]
        payOn = try row["pay_on"]
        minimumMinor = try row["minimum_minor"]
        currency = try row["currency"]
        state = try row["state"]
        batch = try row["payout_batch_id"]
        closedBy = try row["closed_by"]
        reason = try row["reason"]
    }
}
