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

    /// The newest reservation of a week under each window, with all that came before it.
    static let hoursWindowViolations: SQL = """
        select newest.assignment_id::text as example
          from (select distinct on (worker_id, week_starts_on, window_weeks, window_minutes_max) *
                  from hours_entry
                 where kind = 'reserved' and window_weeks is not null
                 order by worker_id, week_starts_on, window_weeks, window_minutes_max, occurred_at desc,
                          assignment_id desc) as newest
         where newest.window_minutes_max
               < (select coalesce(sum(entry.minutes), 0)
                    from hours_entry as entry
                   where entry.worker_id = newest.worker_id and entry.kind = 'reserved'
                     and entry.week_starts_on > newest.week_starts_on - 7 * newest.window_weeks
                     and entry.week_starts_on <= newest.week_starts_on
                     and (entry.occurred_at, entry.assignment_id) <= (newest.occurred_at, newest.assignment_id)
                     and not exists (select from hours_entry as released
                                      where released.requester_id = entry.requester_id
                                        and released.assignment_id = entry.assignment_id
                                        and released.kind = 'released'))
        """

    /// Each work follows the one before it: what was not released ends at the greatest of an instant of a reservation
    /// and all that was reserved from then on. A stretch begins behind a pause as long as the rest that was asked for.
    static let hoursRestViolations: SQL = """
        with summed as (
            select entry.worker_id, entry.assignment_id, entry.occurred_at, entry.minutes, entry.rest_minutes,
                   sum(entry.minutes) over (partition by entry.worker_id
                                                order by entry.occurred_at, entry.assignment_id) as total
              from hours_entry as entry
             where entry.kind = 'reserved'
               and entry.worker_id in (select worker_id from hours_entry where rest_minutes is not null)
               and not exists (select from hours_entry as released
                                where released.requester_id = entry.requester_id
                                  and released.assignment_id = entry.assignment_id
                                  and released.kind = 'released')
        ),
        timed as (
            select summed.*,
                   max(occurred_at - (total - minutes) * interval '1 minute')
                       over (partition by worker_id order by occurred_at, assignment_id)
                   + total * interval '1 minute' as done_at
              from summed
        ),
        work as (
            select timed.*,
                   lag(done_at) over (partition by worker_id order by occurred_at, assignment_id) as done_before
              from timed
        )
        select work.assignment_id::text as example
          from work
         where work.rest_minutes is not null
           and work.done_at
               > (select max(first.occurred_at)
                    from work as first
                   where first.worker_id = work.worker_id
                     and (first.occurred_at, first.assignment_id) <= (work.occurred_at, work.assignment_id)
                     and (first.done_before is null
                          or first.done_before + work.rest_minutes * interval '1 minute' <= first.occurred_at))
                 -- Instants are kept to the microsecond.
                 + (1440 - work.rest_minutes) * interval '1 minute' + interval '1 millisecond'
        """
}
