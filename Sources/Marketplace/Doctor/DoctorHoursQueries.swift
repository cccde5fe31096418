internal import Store

extension DoctorCheck {
    /// Balances of weeks and days against the ledger.
    static let hoursViolations: SQL = """
        select coalesce(worker_week.worker_id, ledger.worker_id)
               || ' week of ' || coalesce(worker_week.week_starts_on, ledger.week_starts_on) as example
          from worker_week
          full join (select worker_id, week_starts_on,
                            sum(case kind when 'reserved' then minutes when 'released' then -minutes else 0 end)
                                as minutes
                       from hours_entry
                      group by 1, 2) as ledger
            on ledger.worker_id = worker_week.worker_id and ledger.week_starts_on = worker_week.week_starts_on
         where coalesce(worker_week.committed_minutes, -1) <> coalesce(ledger.minutes, 0)
            or worker_week.committed_minutes > worker_week.minutes_max
         union all
        select coalesce(worker_day.worker_id, ledger.worker_id)
               || ' day ' || coalesce(worker_day.on_day, ledger.on_day)
          from worker_day
          full join (select worker_id, on_day,
                            sum(case kind when 'reserved' then minutes when 'released' then -minutes else 0 end)
                                as minutes
                       from hours_entry
                      group by 1, 2) as ledger
            on ledger.worker_id = worker_day.worker_id and ledger.on_day = worker_day.on_day
         where coalesce(worker_day.committed_minutes, -1) <> coalesce(ledger.minutes, 0)
            or worker_day.committed_minutes > worker_day.minutes_max
        """

    /// The ledger against the work.
    static let hoursLedgerViolations: SQL = """
        select assignment.assignment_id::text as example
          from assignment
          left join hours_entry as reserved
            on reserved.requester_id = assignment.requester_id
           and reserved.assignment_id = assignment.assignment_id
           and reserved.kind = 'reserved'
          left join hours_entry as ended
            on ended.requester_id = assignment.requester_id
           and ended.assignment_id = assignment.assignment_id
           and ended.kind <> 'reserved'
         where (reserved.worker_id, reserved.week_starts_on, reserved.minutes)
               is distinct from (assignment.worker_id, assignment.week_starts_on, assignment.expected_minutes)
            or ended.kind::text is distinct from case assignment.state when 'accepted' then 'worked'
                                                                       when 'rejected' then 'worked'
                                                                       when 'expired' then 'released'
                                                                       when 'returned' then 'released'
                                                                       when 'revoked' then 'released' end
            or (ended.kind is not null
                and (ended.worker_id, ended.week_starts_on, ended.on_day, ended.minutes)
                    is distinct from (reserved.worker_id, reserved.week_starts_on, reserved.on_day, reserved.minutes))
        """
}
