internal import Store

extension DoctorCheck {
    static let colleagueViolations: SQL = """
        select review.review_id::text as example
          from review
          join team_member as theirs on theirs.worker_id = review.author_id and theirs.in_force @> review.reviewed_at
          join team_member as own
            on own.worker_id = review.reviewer_id and own.team_id = theirs.team_id
           and own.in_force @> review.reviewed_at
         where review.author_id <> review.reviewer_id
        """

    static let qualityCaseViolations: SQL = """
        select quality_case_id::text as example
          from quality_case
         where not exists (select from quality_evidence
                            where quality_evidence.quality_case_id = quality_case.quality_case_id)
         union all
        select one.quality_case_id::text
          from quality_case as one
          join quality_case as other using (requester_id, batch_id, signal)
         where one.state = 'open' and other.state = 'open' and one.quality_case_id < other.quality_case_id
           and one.workers && other.workers
        """

    static let withdrawalViolations: SQL = """
        select withdrawal_id::text as example
          from withdrawn_contribution as gone
          left join decision
            on decision.decision_id = gone.decision_id and decision.kind = 'contribution_withdrawn'
           and decision.worker_id = gone.worker_id and decision.subject_id = gone.withdrawal_id
          left join appeal on appeal.decision_id = decision.decision_id and appeal.state = 'overturned'
         where decision.decision_id is null or (appeal.appeal_id is null) <> (gone.ended_at is null)
         union all
        select asked.copy_task_id::text
          from recollected_task as asked
          join task using (requester_id, task_id)
          join task as copy on copy.requester_id = asked.requester_id and copy.task_id = asked.copy_task_id
          left join assignment as own
            on own.requester_id = asked.requester_id and own.task_id = asked.copy_task_id
           and exists (select from assignment as before
                        where before.requester_id = asked.requester_id and before.task_id = asked.task_id
                          and before.worker_id = own.worker_id and before.leased_at <= own.leased_at)
         where copy.project_id <> task.project_id or own.assignment_id is not null
        """

    /// The window is the one of ``AcceptUnreviewed/windowSeconds``.
    static let unjudgedViolations: SQL = """
        select review.review_id::text as example
          from review
          join principal on principal.principal_id = review.reviewer_id
          left join submission using (requester_id, assignment_id)
         where principal.kind <> 'person'
           and (review.verdict <> 'accepted' or submission.assignment_id is null
                or review.reviewed_at < submission.submitted_at
                                        + make_interval(secs => \(AcceptUnreviewed.windowSeconds)))
        """
}
