internal import Store

extension Transaction {
    /// How many tasks of a batch have more answers, accepted or not yet judged, and leases than that.
    func tasksTakenMore(than number: Int, of batch: Batch) async throws -> Int {
        try await tasks(of: batch, withMoreThan: number, "state in ('leased', 'submitted', 'done')")
    }

    /// How many tasks of a batch have more slots than that which were not withdrawn.
    func tasksKeepingMore(than number: Int, of batch: Batch) async throws -> Int {
        try await tasks(of: batch, withMoreThan: number, "state <> 'withdrawn'")
    }

    private func tasks(of batch: Batch, withMoreThan number: Int, _ condition: SQL) async throws -> Int {
        try await oneRow(
            """
            select count(*) as tasks
              from (select from slot
                     where requester_id = \(batch.requester) and batch_id = \(batch.id)
                     group by task_id
                    having count(*) filter (where \(fragment: condition)) > \(number)) as task
            """)["tasks"]
    }

    /// How many slots the open tasks of a batch lack to have that many.
    func missingSlots(to number: Int, of batch: Batch) async throws -> Int {
        try await oneRow(
            """
            select coalesce(sum(greatest(0, \(number)::bigint - kept)), 0)::bigint as missing
              from (select count(*) filter (where slot.state <> 'withdrawn') as kept
                      from task join slot using (requester_id, task_id)
                     where task.requester_id = \(batch.requester) and task.batch_id = \(batch.id)
                       and task.state = 'open'
                     group by task.task_id) as task
            """)["missing"]
    }

    /// Says that a locked batch is being resized. What it may have at most grows at once, and shrinks at the end.
    func beginResizing(of batch: Batch, to number: Int) async throws {
        try await execute(
            """
            update batch
               set resizing_to = \(number),
                   redundancy_most = greatest(redundancy_most, \(number)::integer),
                   redundancy = case when agreement_bps is null then greatest(redundancy_most, \(number)::integer)
                                     else redundancy end
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
            """)
    }

    func endResizing(of batch: Batch, at number: Int) async throws {
        try await execute(
            """
            update batch
               set resizing_to = null,
                   redundancy_most = \(number),
                   redundancy = case when agreement_bps is null then \(number)::integer else redundancy end,
                   agreement_bps = case when \(number)::integer > redundancy then agreement_bps end,
                   error_cost_minor = case when \(number)::integer > redundancy then error_cost_minor end
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
            """)
    }

    /// Locks tasks of a batch that are not closed, in the order of their ids.
    func lockOpenTasks(of batch: Batch, after last: WorkTask.ID?, limit: Int) async throws -> [WorkTask.ID] {
        try await rows(
            """
            select task_id from task
             where requester_id = \(batch.requester) and batch_id = \(batch.id) and state = 'open'
               and (\(last)::uuid is null or task_id > \(last)::uuid)
             order by task_id
             limit \(limit)
               for no key update
            """
        ).map { try $0["task_id"] }
    }

    /// Gives locked tasks the slots that they lack, numbered after those that they had and set aside as their first.
    ///
    /// - Returns: how many.
    func addSlots(to tasks: [WorkTask.ID], of batch: Batch, upTo number: Int, as state: SlotState) async throws -> Int {
        try await execute(
            """
            insert into slot (requester_id, task_id, slot_no, batch_id, state, lease_token, lapses, allotment_id)
            select \(batch.requester), task_id, last_no + added, \(batch.id), \(state), 0, 0, allotment_id
              from (select task_id, max(slot_no) as last_no, count(*) filter (where state <> 'withdrawn') as kept,
                           (array_agg(allotment_id order by slot_no))[1] as allotment_id
                      from slot
                     where requester_id = \(batch.requester) and task_id = any(\(tasks)::uuid[])
                     group by task_id) as task
             cross join lateral generate_series(1, \(number)::integer - kept::integer) as added
            """)
    }

    /// Withdraws what locked tasks have too many of, the last slots first, as far as nobody has taken them. Waits for
    /// claims that are being made.
    ///
    /// - Returns: how many.
    func withdrawSurplus(of tasks: [WorkTask.ID], of batch: Batch, above number: Int) async throws -> Int {
        try await execute(
            """
            with kept as (
                select task_id, slot_no, state::text in ('waiting', 'open', 'quarantined') as is_untaken,
                       row_number() over (partition by task_id
                                          order by state::text in ('waiting', 'open', 'quarantined') desc, slot_no desc)
                           as place,
                       count(*) over (partition by task_id) - \(number)::bigint as surplus
                  from slot
                 where requester_id = \(batch.requester) and task_id = any(\(tasks)::uuid[]) and state <> 'withdrawn'
            )
            update slot set state = 'withdrawn'
              from kept
             where slot.requester_id = \(batch.requester) and slot.task_id = kept.task_id
               and slot.slot_no = kept.slot_no and kept.is_untaken and kept.place <= kept.surplus
               and slot.state::text in ('waiting', 'open', 'quarantined')
            """)
    }

    /// Those of the tasks of which nothing is open or in hand, but more could be asked for.
    func idleTasks(among tasks: [WorkTask.ID], of batch: Batch) async throws -> [WorkTask.ID] {
        try await rows(
            """
            select task_id from slot
             where requester_id = \(batch.requester) and task_id = any(\(tasks)::uuid[])
             group by task_id
            having bool_or(state = 'waiting') and not bool_or(state in ('open', 'leased', 'quarantined'))
             order by task_id
            """
        ).map { try $0["task_id"] }
    }

    /// Closes those of the locked tasks that have their answers.
    func closeAnswered(_ tasks: [WorkTask.ID], of batch: Batch, least: Int) async throws {
        try await execute(
            """
            update task set state = 'closed'
             where requester_id = \(batch.requester) and task_id = any(\(tasks)::uuid[]) and state = 'open'
               and (select bool_and(slot.state in ('done', 'withdrawn'))
                           and count(*) filter (where slot.state = 'done') >= \(least)
                      from slot
                     where slot.requester_id = task.requester_id and slot.task_id = task.task_id)
            """)
    }
}
