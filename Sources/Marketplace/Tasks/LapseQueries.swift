internal import Foundation
internal import Store

extension Transaction {
    /// Ends leases that have run out, in one statement: slots reopen, or are quarantined, or withdrawn where the task
    /// was closed meanwhile; counts, minutes and hours go back; each is on record.
    ///
    /// It waits for nobody: what somebody uses right now, whose worker is claiming right now, or whose task somebody
    /// decides about, is passed by. A claim holds its worker and may wait for a slot, so that who holds slots must not
    /// wait for workers.
    ///
    /// - Parameters:
    ///   - events: ids for what is put on record, two for each lease: as many leases end at most as there are pairs.
    ///   - actor: who is named there.
    /// - Returns: how many ended.
    /// - Throws: ``StoreError/unexpectedRowCount(_:)`` when one had reserved no hours.
    func lapseLeases(_ events: [(lapse: AuditEvent.ID, quarantine: AuditEvent.ID)], by actor: Principal.ID) async throws
        -> Int
    {
        let row = try await oneRow(
            """
            with lapsed as materialized (
                select slot.requester_id, slot.task_id, slot.slot_no, slot.batch_id, slot.assignment_id,
                       task.state as task_state
                  from slot
                  join task using (requester_id, task_id)
                  join assignment on assignment.requester_id = slot.requester_id
                                 and assignment.assignment_id = slot.assignment_id
                  join worker using (worker_id)
                  join worker_load using (worker_id)
                 where slot.state = 'leased' and slot.lease_until <= \(instant)
                 order by slot.lease_until
                 limit \(events.count)
                   for no key update of worker skip locked
                   for no key update of worker_load skip locked
                   for no key update of slot skip locked
                   for share of task skip locked
            ),
            reopened as (
                update slot
                   set state = case when lapsed.task_state = 'closed' then 'withdrawn'
                                    when slot.lapses + 1 < batch.lapses_max then 'open'
                                    else 'quarantined' end::slot_state,
                       lease_until = null, assignment_id = null, lapses = slot.lapses + 1
                  from lapsed join batch using (requester_id, batch_id)
                 where slot.requester_id = lapsed.requester_id
                   and slot.task_id = lapsed.task_id
                   and slot.slot_no = lapsed.slot_no
                returning slot.requester_id, lapsed.assignment_id, slot.state
            ),
            ended as (
                update assignment set state = 'expired', closed_at = \(instant)
                  from reopened
                 where assignment.requester_id = reopened.requester_id
                   and assignment.assignment_id = reopened.assignment_id
                   and assignment.state = 'leased'
                returning assignment.requester_id, assignment.assignment_id, assignment.task_id, assignment.worker_id,
                          reopened.state as slot_state
            ),
            \(fragment: Self.returnOfHours(at: instant)),
            \(fragment: Self.records(events, by: actor, at: instant))
            select (select count(*) from ended) as ended, (select count(*) from released) as released
            """)
        let (ended, released): (Int, Int) = (try row["ended"], try row["released"])
        guard ended == released else { throw StoreError.unexpectedRowCount(released) }
        return ended
    }

    private static func returnOfHours(at instant: Date) -> SQL {
        """
        load as (
            update worker_load
               set live_leases = live_leases - fewer.leases, idle_since = greatest(idle_since, \(instant))
              from (select worker_id, count(*) as leases from ended group by worker_id) as fewer
             where worker_load.worker_id = fewer.worker_id
        ),
        released as (
            insert into hours_entry (requester_id, assignment_id, kind, worker_id, week_starts_on, on_day, minutes,
                                     occurred_at)
            select reserved.requester_id, reserved.assignment_id, 'released', reserved.worker_id,
                   reserved.week_starts_on, reserved.on_day, reserved.minutes, \(instant)
              from ended join hours_entry as reserved using (requester_id, assignment_id)
             where reserved.kind = 'reserved'
            returning worker_id, week_starts_on, on_day, minutes
        ),
        week as (
            update worker_week set committed_minutes = committed_minutes - freed.minutes
              from (select worker_id, week_starts_on, sum(minutes) as minutes from released group by 1, 2) as freed
             where worker_week.worker_id = freed.worker_id and worker_week.week_starts_on = freed.week_starts_on
        ),
        day as (
            update worker_day set committed_minutes = committed_minutes - freed.minutes
              from (select worker_id, on_day, sum(minutes) as minutes from released group by 1, 2) as freed
             where worker_day.worker_id = freed.worker_id and worker_day.on_day = freed.on_day
        )
        """
    }

    private static func records(
        _ events: [(lapse: AuditEvent.ID, quarantine: AuditEvent.ID)], by actor: Principal.ID, at instant: Date
    ) -> SQL {
        """
        numbered as (
            select ended.*, row_number() over (order by assignment_id) as place from ended
        ),
        event as (
            insert into audit_event (event_id, stream, occurred_at, actor_id, action, subject, subject_id, facts)
            select (\(events.map(\.lapse))::uuid[])[place], 'requester:' || requester_id, \(instant),
                   \(actor)::uuid, 'lease_expired', 'assignment', assignment_id, '{}'::jsonb
              from numbered
            union all
            select (\(events.map(\.quarantine))::uuid[])[place], 'requester:' || requester_id, \(instant),
                   \(actor)::uuid, 'slot_quarantined', 'task', task_id, '{}'::jsonb
              from numbered where slot_state = 'quarantined'
            returning event_id, stream
        ),
        unsealed as (
            insert into audit_unsealed (event_id, stream) select event_id, stream from event
        )
        """
    }
}
