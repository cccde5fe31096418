internal import Store

extension Transaction {
    /// Tasks of a batch that are not closed, in the order of their ids.
    func openTasks(of batch: Batch, after last: WorkTask.ID?, limit: Int) async throws -> [WorkTask.ID] {
        try await rows(
            """
            select task_id from task
             where requester_id = \(batch.requester) and batch_id = \(batch.id) and state = 'open'
               and (\(last)::uuid is null or task_id > \(last)::uuid)
             order by task_id
             limit \(limit)
            """
        ).map { try $0["task_id"] }
    }

    /// Tasks of a batch that are not closed and of which something was not taken, from the end.
    ///
    /// - Returns: with how much of each.
    func untakenTasks(of batch: Batch, limit: Int) async throws -> [(task: WorkTask.ID, slots: Int)] {
        try await rows(
            """
            select task.task_id, untaken.slots
              from task
             cross join lateral (
                 select count(*) as slots from slot
                  where slot.requester_id = task.requester_id and slot.task_id = task.task_id
                    and slot.state::text in ('waiting', 'open', 'quarantined')) as untaken
             where task.requester_id = \(batch.requester) and task.batch_id = \(batch.id) and task.state = 'open'
               and untaken.slots > 0
             order by task.task_id desc
             limit \(limit)
            """
        ).map { (try $0["task_id"], try $0["slots"]) }
    }

    /// Closes those of the tasks that are open, locked in the order of their ids. Whoever decides about one of them is
    /// waited for.
    func closeOpenTasks(_ tasks: [WorkTask.ID], of batch: Batch) async throws -> [WorkTask.ID] {
        try await rows(
            """
            with open as materialized (
                select task_id from task
                 where requester_id = \(batch.requester) and task_id = any(\(tasks)::uuid[])
                   and batch_id = \(batch.id) and state = 'open'
                 order by task_id
                   for no key update
            )
            update task set state = 'closed'
              from open
             where task.requester_id = \(batch.requester) and task.task_id = open.task_id
            returning task.task_id
            """
        ).map { try $0["task_id"] }
    }

    /// Withdraws what nobody has taken of locked tasks. Waits for claims that are being made.
    ///
    /// - Returns: how many slots.
    func withdrawSlots(of tasks: [WorkTask.ID], _ requester: Requester.ID) async throws -> Int {
        try await execute(
            """
            update slot set state = 'withdrawn'
             where requester_id = \(requester) and task_id = any(\(tasks)::uuid[])
               and state::text in ('waiting', 'open', 'quarantined')
            """)
    }

    /// Says what a locked batch closes as when nothing is in hand any more; what was said last stands.
    func letClose(_ batch: Batch, as reason: BatchClosedReason) async throws {
        try await execute(
            """
            update batch set closes_as = \(reason)
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
            """)
    }
}
