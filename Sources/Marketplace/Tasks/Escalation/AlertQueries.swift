internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    func insert(_ alert: ScheduleAlert) async throws {
        try await execute(
            """
            insert into schedule_alert (requester_id, alert_id, batch_id, state, raised_at, due_at, open_slots, options)
            values (\(alert.batch.requester), \(alert.id), \(alert.batch.id), 'open', \(alert.raisedAt), \(alert.dueAt),
                    \(alert.openSlots), \(alert.options))
            """)
    }

    /// A batch's open alert, kept as it is until the transaction ends.
    func lockOpenAlert(of batch: Batch.Key) async throws -> ScheduleAlert? {
        try await firstRow(
            """
            select \(fragment: ScheduleAlert.columns) from schedule_alert
             where requester_id = \(batch.requester) and batch_id = \(batch.id) and state = 'open'
               for no key update
            """
        ).map(ScheduleAlert.init)
    }

    /// Alerts in a state, the oldest first.
    func alerts(in state: AlertState, after last: ScheduleAlert.ID?, limit: Int) async throws -> [ScheduleAlert] {
        try await rows(
            """
            select \(fragment: ScheduleAlert.columns) from schedule_alert
             where state = \(state) and (\(last)::uuid is null or alert_id > \(last)::uuid)
             order by alert_id
             limit \(limit)
            """
        ).map(ScheduleAlert.init)
    }

    /// One alert, kept as it is until the transaction ends.
    func lockAlert(_ id: ScheduleAlert.ID) async throws -> ScheduleAlert? {
        try await firstRow(
            """
            select \(fragment: ScheduleAlert.columns) from schedule_alert
             where state in ('open', 'closed') and alert_id = \(id)
               for no key update
            """
        ).map(ScheduleAlert.init)
    }

    /// Open alerts that need nobody any more, locked, with what can be said of them; those that somebody is closing are
    /// passed by.
    func settledAlerts(most: Int) async throws -> [(alert: ScheduleAlert, reason: String)] {
        try await rows(
            """
            select \(fragment: ScheduleAlert.columns), said.reason
              from schedule_alert
              join batch using (requester_id, batch_id)
             cross join lateral (
                select case when batch.state not in ('open', 'paused') then 'The batch has ended.'
                            when batch.due_at is distinct from schedule_alert.due_at
                                then \(ScheduleAlert.otherDeadline)::text
                            when not exists (select from slot
                                              where slot.requester_id = batch.requester_id
                                                and slot.batch_id = batch.batch_id and slot.state = 'open')
                                then 'Nothing of the batch is open any more.' end as reason
             ) as said
             where schedule_alert.state = 'open' and said.reason is not null
             order by alert_id
             limit \(most)
               for no key update of schedule_alert skip locked
            """
        ).map { (try ScheduleAlert(row: $0), try $0["reason"]) }
    }

    /// Whether the newest alert of a batch's deadline was closed because there was another one by then.
    func isAlertPutOff(of batch: Batch.Key) async throws -> Bool {
        try await firstRow(
            """
            select from batch
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
               and \(fragment: ScheduleAlert.isPutOff(of: "batch"))
            """) != nil
    }

    func closeAlert(_ alert: ScheduleAlert, _ resolution: String, by actor: Principal.ID) async throws {
        let changed = try await execute(
            """
            update schedule_alert
               set state = 'closed', closed_at = \(instant), closed_by = \(actor), resolution = \(resolution)
             where requester_id = \(alert.batch.requester) and alert_id = \(alert.id) and state = 'open'
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }
}

extension ScheduleAlert {
    /// See ``Store/Transaction/isAlertPutOff(of:)``.
    ///
    /// - Parameter table: what has the batch's key and its `due_at` of now.
    static func isPutOff(of table: SQL) -> SQL {
        """
        coalesce((select alert.resolution = \(otherDeadline)
                    from schedule_alert as alert
                   where alert.requester_id = \(fragment: table).requester_id
                     and alert.batch_id = \(fragment: table).batch_id and alert.due_at = \(fragment: table).due_at
                   order by alert.raised_at desc, alert.alert_id desc
                   limit 1), false)
        """
    }

    fileprivate static let columns: SQL = """
        schedule_alert.requester_id, schedule_alert.alert_id, schedule_alert.batch_id, schedule_alert.state,
        schedule_alert.raised_at, schedule_alert.due_at, schedule_alert.open_slots, schedule_alert.options,
        schedule_alert.closed_at, schedule_alert.closed_by, schedule_alert.resolution
        """

    fileprivate init(row: Row) throws {
        self.init(
            id: try row["alert_id"], batch: Batch.Key(requester: try row["requester_id"], id: try row["batch_id"]),
            state: try row["state"], raisedAt: try row["raised_at"], dueAt: try row["due_at"],
            openSlots: try row["open_slots"], options: try row["options"], closedAt: try row["closed_at"],
            closedBy: try row["closed_by"], resolution: try row["resolution"])
    }
}
