internal import Store

extension DoctorCheck {
    static let goldCountViolations: SQL = """
        select item.gold_item_id::text as example
          from gold_item as item
         where item.exposures <> (select count(*) from gold_exposure as seen
                                   where seen.requester_id = item.requester_id
                                     and seen.gold_item_id = item.gold_item_id)
         union all
        select assignment.assignment_id::text
          from gold_task as shown
          join assignment using (requester_id, task_id)
         where not exists (select from gold_exposure as seen
                            where seen.requester_id = shown.requester_id and seen.gold_item_id = shown.gold_item_id
                              and seen.worker_id = assignment.worker_id)
         union all
        select seen.assignment_id::text
          from gold_exposure as seen
          join assignment using (requester_id, assignment_id)
         where assignment.worker_id <> seen.worker_id or assignment.leased_at <> seen.shown_at
            or not exists (select from gold_task as shown
                            where shown.requester_id = seen.requester_id and shown.gold_item_id = seen.gold_item_id
                              and shown.task_id = assignment.task_id)
         union all
        select slot.task_id::text
          from slot
          join allotment as aside using (requester_id, allotment_id)
         where aside.kind = 'gold'
           and not exists (select from gold_task as shown
                            where shown.requester_id = slot.requester_id and shown.task_id = slot.task_id)
        """

    static let goldOnceViolations: SQL = """
        select later.assignment_id::text as example
          from gold_exposure as earlier
          join gold_exposure as later using (requester_id, gold_item_id)
          join duplicate_case as joined
            on joined.worker_id = least(earlier.worker_id, later.worker_id)
           and joined.other_worker_id = greatest(earlier.worker_id, later.worker_id)
         where earlier.worker_id <> later.worker_id
           and (earlier.shown_at, earlier.assignment_id) < (later.shown_at, later.assignment_id)
           and joined.opened_at < later.shown_at
           and (joined.state <> 'different_people' or joined.decided_at > later.shown_at)
        """

    static let tallyViolations: SQL = """
        select coalesce(tally.subject_id, counted.subject_id)::text as example
          from review_tally as tally
          full join (select requester_id, subject_id, count(*) as judged,
                            count(*) filter (where share_bps < 5000 and not asks_second) as alone
                       from opinion cross join lateral unnest(array[batch_id, author_id]) as subject_id
                      where role = 'first'
                      group by requester_id, subject_id) as counted using (requester_id, subject_id)
         where (tally.judged, tally.alone) is distinct from (counted.judged, counted.alone)
        """
}
