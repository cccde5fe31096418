internal import Store

extension DoctorCheck {
    /// Beside what the constraints say: nobody closed a batch as done of which something was not.
    static let endingViolations: SQL = """
        select batch_id::text as example
          from batch
         where num_nonnulls(closed_at, closed_reason, closed_by)
               <> case when state in ('closed', 'archived') then 3 else 0 end
            or (archived_at is not null) <> (state = 'archived')
            or opened_at > closed_at or closed_at > archived_at
         union all
        select batch.batch_id::text
          from batch join task using (requester_id, batch_id)
         where batch.state in ('closed', 'archived') and task.state <> 'closed'
        """

    /// What is closed hands out nothing, and what is not asked for yet waits only where it may be asked for.
    static let handedOutViolations: SQL = """
        select slot.task_id || ' slot ' || slot.slot_no as example
          from slot
          join task using (requester_id, task_id)
          join batch on batch.requester_id = slot.requester_id and batch.batch_id = slot.batch_id
         where slot.state in ('waiting', 'open', 'quarantined')
           and (task.state = 'closed' or batch.state in ('closed', 'archived'))
         union all
        select slot.task_id || ' slot ' || slot.slot_no
          from slot
          join batch using (requester_id, batch_id)
         where slot.state = 'waiting' and batch.state <> 'draft' and batch.agreement_bps is null
         union all
        -- Nothing in hand, and more could be asked for: somebody forgot to decide.
        select task_id::text
          from slot
          join batch using (requester_id, batch_id)
         where batch.state in ('open', 'paused') and batch.agreement_bps is not null and batch.resizing_to is null
         group by requester_id, task_id
        having bool_or(slot.state = 'waiting') and not bool_or(slot.state in ('open', 'leased', 'quarantined'))
        """
}
