internal import Store

extension DoctorCheck {
    static let functionViolations: SQL = """
        select review.review_id::text as example
          from review
          join assignment using (requester_id, assignment_id)
          join assignment as own
            on own.requester_id = assignment.requester_id and own.task_id = assignment.task_id
           and own.worker_id = review.reviewer_id
         where review.reviewer_id <> assignment.worker_id
        union all
        -- Who checks an answer again had given it, or judged one of its task, before.
        select own.assignment_id::text as example
          from recheck_item as item
          join assignment as own on own.requester_id = item.requester_id and own.task_id = item.recheck_task_id
          join assignment as checked on checked.requester_id = item.requester_id and checked.task_id = item.task_id
          left join review on review.requester_id = checked.requester_id
                          and review.assignment_id = checked.assignment_id
         where (checked.worker_id = own.worker_id and checked.leased_at <= own.leased_at)
            or (review.reviewer_id = own.worker_id and review.reviewed_at <= own.leased_at)
        """

    /// Content in one of the two tables, that of the project's function; cleaned as the project demands; under a key
    /// that is there or was destroyed; emptied only after its batch was closed.
    static let contentViolations: SQL = """
        select task.task_id::text as example
          from task
          join project using (requester_id, project_id)
          join batch on batch.requester_id = task.requester_id and batch.batch_id = task.batch_id
          left join task_content as functional
            on functional.requester_id = task.requester_id and functional.task_id = task.task_id
          left join safety_content as safety
            on safety.requester_id = task.requester_id and safety.task_id = task.task_id
          left join requester_key as key
            on key.requester_id = task.requester_id and key.function = project.function
         where (functional.task_id is null) = (project.function = 'functional')
            or (safety.task_id is null) = (project.function = 'safety')
            or (project.deidentification <> 'none'
                and not coalesce(coalesce(functional.deidentified, safety.deidentified) -> 'by'
                                 ? project.deidentification::text, false))
            or (num_nonnulls(functional.sealed, safety.sealed) > 0 and key.requester_id is null)
            or (coalesce(functional.emptied_at, safety.emptied_at) is not null
                and batch.state not in ('closed', 'archived'))
        """

    /// A lease counts until its end as it was extended.
    static let readingViolations: SQL = """
        select reading.reading_id::text as example
          from content_reading as reading
          left join assignment
            on assignment.requester_id = reading.requester_id
           and assignment.assignment_id = reading.assignment_id and assignment.task_id = reading.task_id
         where reading.purpose = 'lease'
           and not coalesce(assignment.worker_id = reading.reader_id and reading.read_at >= assignment.leased_at
                            and reading.read_at < assignment.answer_by, false)
         union all
        select reading.reading_id::text
          from content_reading as reading
          left join submission
            on submission.requester_id = reading.requester_id
           and submission.assignment_id = reading.assignment_id
          left join rework as first
            on first.requester_id = reading.requester_id
           and first.assignment_id = reading.assignment_id and first.round = 1
         where reading.purpose = 'review'
           and (submission.assignment_id is null
                or reading.read_at < least(submission.submitted_at, first.submitted_at)
                or exists (select from assignment as own
                            where own.requester_id = reading.requester_id and own.task_id = reading.task_id
                              and own.worker_id = reading.reader_id and own.leased_at < reading.read_at))
        """

    static let clearanceViolations: SQL = """
        select batch.batch_id::text as example
          from batch
          join requirement using (requirement_id)
         where sensitivity > 0
           and not exists (select from jsonb_array_elements(
                                      jsonb_build_array(tree) || coalesce(tree -> 'all', '[]')) as rule
                            where (rule ->> 'clearance')::integer >= sensitivity)
        union all
        select review.review_id::text as example
          from batch
          join assignment using (requester_id, batch_id)
          join review using (requester_id, assignment_id)
          join principal on principal.principal_id = review.reviewer_id
         where batch.sensitivity > 0 and principal.kind = 'person'
           and not exists (select from worker_clearance as cleared
                            where cleared.worker_id = review.reviewer_id and cleared.level >= batch.sensitivity
                              and cleared.in_force @> review.reviewed_at)
        """

    static let safetyViolations: SQL = """
        select assignment.assignment_id::text as example
          from assignment
          join batch using (requester_id, batch_id)
          join project using (requester_id, project_id)
         where project.function = 'safety' and assignment.state = 'accepted'
           and not exists (select from review join principal on principal.principal_id = review.reviewer_id
                            where review.requester_id = assignment.requester_id
                              and review.assignment_id = assignment.assignment_id and principal.kind = 'person')
        """
}

extension Transaction {
    /// In the order of requesters and assignments.
    func storedAnswers(after last: AnswerPlace?, limit: Int) async throws -> [StoredAnswer] {
        try await rows(
            """
            select submission.requester_id, assignment_id, submission.answer, submission.sealed, submission.hash,
                   project.function
              from submission
              join assignment using (requester_id, assignment_id)
              join batch using (requester_id, batch_id)
              join project using (requester_id, project_id)
             where \(last?.requester)::uuid is null
                or (submission.requester_id, submission.assignment_id)
                   > (\(last?.requester)::uuid, \(last?.assignment)::uuid)
             order by submission.requester_id, submission.assignment_id
             limit \(limit)
            """
        ).compactMap { row in
            guard let content = try StoredContent(row: row, "answer") else { return nil }
            let requester: Requester.ID = try row["requester_id"]
            return StoredAnswer(
                place: AnswerPlace(requester: requester, assignment: try row["assignment_id"]),
                owner: AnswerOwner(requester: requester, function: try row["function"]), content: content,
                hash: try row["hash"]
            )
        }
    }
}
