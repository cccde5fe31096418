internal import Store

extension Transaction {
    /// Copies, and what they check, ask again or test with.
    private static let copies: SQL = """
        (select requester_id, task_id, recheck_task_id as copy_id from recheck_item
         union all
         select requester_id, task_id, copy_task_id from recollected_task
         union all
         select requester_id, gold_item_id, task_id from gold_task where task_id <> gold_item_id)
        """

    /// Whether somebody had a part in what a task checks, asks again or tests with: answered it, judged an answer to
    /// it, or read it for that. A task that checks a check has the tasks before that behind it as well.
    ///
    /// `offset 0` keeps the subqueries from being made into a hash of whole tables: there are few tasks behind any.
    ///
    /// - Parameters:
    ///   - requester: an expression, as `task` is.
    ///   - task: the copy; whatever is no copy has nothing behind it.
    static func hadPartInOrigin(_ person: Principal.ID, of requester: SQL, _ task: SQL) -> SQL {
        """
        exists (with recursive behind as (
                    select origin.task_id from \(fragment: copies) as origin
                     where origin.requester_id = \(fragment: requester) and origin.copy_id = \(fragment: task)
                    union
                    select origin.task_id
                      from behind
                      join \(fragment: copies) as origin
                        on origin.requester_id = \(fragment: requester) and origin.copy_id = behind.task_id
                )
                select from behind
                 where exists (select from assignment as before
                                where before.requester_id = \(fragment: requester)
                                  and before.task_id = behind.task_id
                                  and (before.worker_id = \(person)
                                       or exists (select from review
                                                   where review.requester_id = before.requester_id
                                                     and review.assignment_id = before.assignment_id
                                                     and review.reviewer_id = \(person)))
                               offset 0)
                    or exists (select from content_reading as reading
                                where reading.requester_id = \(fragment: requester)
                                  and reading.task_id = behind.task_id
                                  and reading.purpose = 'review' and reading.reader_id = \(person)
                               offset 0)
                offset 0)
        """
    }
}
