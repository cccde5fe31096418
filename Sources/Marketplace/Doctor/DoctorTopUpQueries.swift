internal import Store

extension DoctorCheck {
    /// What an assignment was paid in all against the highest flag under which it was topped up, in the share of its
    /// review, bonuses and what appeals gave back aside, and flags against the floors and the times that they tell of.
    static let topUpViolations: SQL = """
        select paid.assignment_id::text as example
          from (select earning.requester_id, earning.assignment_id, sum(earning.amount_minor) as amount_minor,
                       max(flag.owed_minor) as owed_minor, count(distinct earning.flag_id) as flags,
                       count(flag.flag_id) as top_ups,
                       bool_or(flag.batch_id <> earning.batch_id or floor.currency <> earning.currency
                               or flag.floor_minor <> floor.hourly_minor) as differs
                  from earning
                  left join pay_floor_flag as flag
                    on flag.requester_id = earning.requester_id and flag.flag_id = earning.flag_id
                  left join pay_floor as floor using (pay_floor_id)
                 where earning.bonus_id is null
                 group by 1, 2) as paid
          join review using (requester_id, assignment_id)
         where paid.top_ups > 0
           and (paid.flags <> paid.top_ups or paid.differs
                or paid.amount_minor > (paid.owed_minor * review.share_bps + 5000) / 10000)
         union all
        -- Work whose pay was taken back by a decision that stands is not topped up after it, or that is taken back,
        -- too. Whoever topped it up may have begun before.
        select top_up.assignment_id::text
          from earning as top_up
          join earning as work on work.requester_id = top_up.requester_id
                              and work.assignment_id = top_up.assignment_id
                              and work.flag_id is null and work.bonus_id is null
          join clawback_item as item on item.requester_id = work.requester_id
                                    and item.transfer_id = work.transfer_id and item.is_live
          join clawback on clawback.clawback_id = item.clawback_id and clawback.state = 'decided'
         where top_up.flag_id is not null
           and top_up.earned_at > clawback.decided_at + interval '1 minute'
           and not exists (select from clawback_item as own
                            where own.requester_id = top_up.requester_id
                              and own.transfer_id = top_up.transfer_id and own.is_live)
         union all
        select flag_id::text
          from pay_floor_flag
         where owed_minor <> (floor_minor::numeric * median_seconds + 3599)::bigint / 3600
         union all
        select submission.assignment_id::text
          from submission join assignment using (requester_id, assignment_id)
         where submission.active_seconds
               > (select greatest(1, ceil(extract(epoch from submission.submitted_at - min(first.leased_at))))
                    from assignment as first
                   where first.requester_id = assignment.requester_id and first.task_id = assignment.task_id
                     and first.worker_id = assignment.worker_id)
        """

    static let topUpShareViolations: SQL = """
        select batch.batch_id::text as example
          from batch
          left join account on account.kind = 'batch_hold' and account.owner_id = batch.batch_id
                           and account.currency = batch.currency
          left join (select debit_account_id as account_id, sum(amount_minor) as amount_minor
                       from transfer where kind = 'top_up' group by 1) as spent using (account_id)
         where batch.top_up_spent_minor <> coalesce(spent.amount_minor, 0)
            or batch.top_up_spent_minor > batch.top_up_share_minor
        """
}
