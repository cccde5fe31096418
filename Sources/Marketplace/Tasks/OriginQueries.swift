internal import Store

extension Transaction {
    /// Whether somebody had a part in what a task checks: answered it, judged an answer to it, or read it for that. A
    /// task that checks a check has the tasks before that behind it as well.
    ///
    /// - Parameters:
    ///   - requester: an expression, as `task` is.
    ///   - task: the copy; whatever is no copy has nothing behind it.
    static func hadPartInOrigin(_ person: Principal.ID, of requester: SQL, _ task: SQL) -> SQL {
        """
        exists (with recursive behind as (
                    select item.task_id from recheck_item as item
                     where item.requester_id = \(fragment: requester) and item.recheck_task_id = \(fragment: task)
                    union
                    select item.task_id
                      from behind
                      join recheck_item as item
                        on item.requester_id = \(fragment: requester) and item.recheck_task_id = behind.task_id
                )
                select from behind
                 where exists (select from assignment as before
                                where before.requester_id = \(fragment: requester)
                                  and before.task_id = behind.task_id
                                  and (before.worker_id = \(person)
                                       or exists (select from review
                                                   where review.requester_id = before.requester_id
                                                     and review.assignment_id = before.assignment_id
                                                     and review.reviewer_id = \(person))))
                    or exists (select from content_reading as reading
                                where reading.requester_id = \(fragment: requester)
                                  and reading.task_id = behind.task_id
                                  and reading.purpose = 'review' and reading.reader_id = \(person))
                offset 0)
        """
    }
}
