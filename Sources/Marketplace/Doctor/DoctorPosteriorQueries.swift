internal import Store

extension DoctorCheck {
    static let posteriorViolations: SQL = """
        select posterior.task_id::text as example
          from task_posterior as posterior
         where not posterior.is_stale
           and posterior.answers
               <> (select count(*)
                     from assignment join submission using (requester_id, assignment_id)
                    where assignment.requester_id = posterior.requester_id
                      and assignment.task_id = posterior.task_id and \(fragment: CountedAnswer.condition))
        union all
        select task.task_id::text
          from task
          join project using (requester_id, project_id)
         where case when project.task_kind = any(\(AnswerClasses.kinds.map(\.kind)))
                    then jsonb_array_length(
                             coalesce(project.kind_parameters -> 'labels', project.kind_parameters -> 'answers')) end
               between 2 and \(AnswerClasses.most)
           and not exists (select from task_posterior as posterior
                            where posterior.requester_id = task.requester_id and posterior.task_id = task.task_id)
           and not exists (select from requester_key
                            where requester_id = task.requester_id and destroyed_at is not null)
           and exists (select from assignment join submission using (requester_id, assignment_id)
                        where assignment.requester_id = task.requester_id and assignment.task_id = task.task_id)
        """

    static let outcomeViolations: SQL = """
        select review.assignment_id::text as example
          from review
          join principal on principal.principal_id = review.reviewer_id and principal.kind = 'person'
          left join appeal on appeal.decision_id = review.decision_id and appeal.state = 'overturned'
          left join skill_outcome as outcome using (requester_id, assignment_id)
         where outcome.assignment_id is null
            or appeal.appeal_id is not null and outcome.basis <> 'appeal'
            or appeal.appeal_id is null and outcome.basis not in ('gold', 'judged')
            or outcome.basis = 'judged' and outcome.right_ppm <> review.share_bps * 100
        """
}
