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
         where project.task_kind = any(\(AnswerClasses.kinds.map(\.kind)))
           and jsonb_array_length(
                   coalesce(project.kind_parameters -> 'labels', project.kind_parameters -> 'answers'))
               between 2 and \(AnswerClasses.most)
           and not exists (select from task_posterior as posterior
                            where posterior.requester_id = task.requester_id and posterior.task_id = task.task_id)
           and not exists (select from requester_key
                            where requester_id = task.requester_id and destroyed_at is not null)
           and exists (select from assignment join submission using (requester_id, assignment_id)
                        where assignment.requester_id = task.requester_id and assignment.task_id = task.task_id)
        """
}
