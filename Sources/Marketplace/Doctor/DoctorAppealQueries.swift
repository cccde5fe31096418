internal import Store

extension DoctorCheck {
    static let opinionViolations: SQL = """
        select opinion.assignment_id || ' ' || opinion.role as example
          from opinion
          join assignment using (requester_id, assignment_id)
         where opinion.author_id <> assignment.worker_id or opinion.person_id = assignment.worker_id
            or opinion.batch_id <> assignment.batch_id
            or exists (select from opinion as other
                        where other.requester_id = opinion.requester_id
                          and other.assignment_id = opinion.assignment_id
                          and other.person_id = opinion.person_id and other.role <> opinion.role)
         union all
        select opinion.assignment_id::text
          from opinion
          join review using (requester_id, assignment_id)
          join principal on principal.principal_id = review.reviewer_id and principal.kind = 'person'
         where opinion.role = 'first' and opinion.asks_second
           and not exists (select from opinion as other
                            where other.requester_id = opinion.requester_id
                              and other.assignment_id = opinion.assignment_id and other.role = 'second')
         union all
        select opinion.assignment_id || ' ' || opinion.role
          from opinion
         where opinion.role <> 'first'
           and not exists (select from opinion as other
                            where other.requester_id = opinion.requester_id
                              and other.assignment_id = opinion.assignment_id
                              and other.role < opinion.role and other.given_at <= opinion.given_at)
        """

    static let reworkViolations: SQL = """
        select rework.assignment_id || ' ' || rework.round as example
          from rework
          join assignment using (requester_id, assignment_id)
          join submission using (requester_id, assignment_id)
         where rework.author_id <> assignment.worker_id or rework.sent_by = assignment.worker_id
            or rework.answered_at > submission.submitted_at
            or (rework.round > 1
                and not exists (select from rework as before
                                 where before.requester_id = rework.requester_id
                                   and before.assignment_id = rework.assignment_id
                                   and before.round = rework.round - 1))
        """

    /// What an overturned rejection has brought is the rest of the terms, from the platform, under the appeal's id.
    /// What an appeal against a clawback has brought may be two: the second is its own source, in the appeal's entry.
    static let appealViolations: SQL = """
        select appeal.appeal_id::text as example
          from appeal
         where appeal.answered_by in (appeal.decided_by, appeal.worker_id)
         union all
        select appeal.appeal_id::text
          from appeal
          join decision on decision.decision_id = appeal.decision_id and decision.kind = 'rejection'
          join review on review.decision_id = decision.decision_id
          join assignment on assignment.requester_id = review.requester_id
                         and assignment.assignment_id = review.assignment_id
          left join earning on earning.requester_id = review.requester_id
                           and earning.assignment_id = review.assignment_id
                           and earning.flag_id is null and earning.bonus_id is null
          left join transfer on transfer.kind = 'remedy' and transfer.source_id = appeal.appeal_id
         where (appeal.state = 'overturned' or transfer.transfer_id is not null)
           and coalesce(transfer.amount_minor, 0)
               <> case when appeal.state = 'overturned' then assignment.pay_minor - coalesce(earning.amount_minor, 0)
                       else 0 end
         union all
        select transfer.transfer_id::text
          from transfer
         where transfer.kind = 'remedy'
           and not exists (select from journal_entry as entry join appeal on appeal.appeal_id = entry.source_id
                            where entry.entry_id = transfer.entry_id
                              and transfer.source_id in (appeal.appeal_id, transfer.transfer_id))
        """
}
