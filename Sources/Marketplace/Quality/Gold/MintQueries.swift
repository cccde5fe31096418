internal import Store

extension Transaction {
    /// Tasks of the batch's project of which an answer was upheld by a second person or an adjudicator, by id: those
    /// that are no gold, or that were minted, may be shown once more, and have no copy in a batch that is not over.
    func upheldTasks(for batch: Batch, after last: WorkTask.ID?, limit: Int) async throws -> [WorkTask.ID] {
        try await rows(
            """
            select distinct assignment.task_id
              from batch as target
              join batch as home
                on home.requester_id = target.requester_id and home.project_id = target.project_id
              join opinion on opinion.requester_id = home.requester_id and opinion.batch_id = home.batch_id
                          and opinion.role <> 'first' and opinion.verdict = 'accepted'
              join assignment on assignment.requester_id = opinion.requester_id
                             and assignment.assignment_id = opinion.assignment_id
             where target.requester_id = \(batch.requester) and target.batch_id = \(batch.id)
               and home.sensitivity <= target.sensitivity and home.emptied_through is null
               and (\(last)::uuid is null or assignment.task_id > \(last)::uuid)
               and not exists (select from gold_task as shown
                                where shown.requester_id = assignment.requester_id
                                  and shown.task_id = assignment.task_id)
               and not exists (select from task_suggestion as suggested
                                where suggested.requester_id = assignment.requester_id
                                  and suggested.task_id = assignment.task_id)
               and not exists (select from gold_item as item
                                where item.requester_id = assignment.requester_id
                                  and item.gold_item_id = assignment.task_id
                                  and item.exposures >= item.exposures_max)
               and not exists (select from gold_task as shown
                                 join task as copy
                                   on copy.requester_id = shown.requester_id and copy.task_id = shown.task_id
                                 join batch as other
                                   on other.requester_id = copy.requester_id and other.batch_id = copy.batch_id
                                where shown.requester_id = assignment.requester_id
                                  and shown.gold_item_id = assignment.task_id
                                  and other.state not in ('closed', 'archived'))
             order by assignment.task_id
             limit \(limit)
            """
        ).map { try $0["task_id"] }
    }

    /// Answers to tasks, with what people said of them; those that were withdrawn left out.
    func upheldAnswers(
        to tasks: [WorkTask.ID], _ requester: Requester.ID
    ) async throws -> [WorkTask.ID: [UpheldAnswer<StoredContent>]] {
        try await rows(
            """
            select assignment.task_id, assignment.assignment_id, assignment.state = 'accepted' as is_accepted,
                   coalesce(review.share_bps = 10000, false) as is_in_full, submission.answer, submission.sealed,
                   said.upheld_by, said.is_adjudicated
              from assignment
              join submission using (requester_id, assignment_id)
              left join review using (requester_id, assignment_id)
             cross join lateral (
                  select count(*) filter (where verdict = 'accepted') as upheld_by,
                         coalesce(bool_or(role = 'adjudicator' and verdict = 'accepted'), false) as is_adjudicated
                    from opinion
                   where opinion.requester_id = assignment.requester_id
                     and opinion.assignment_id = assignment.assignment_id) as said
             where assignment.requester_id = \(requester) and assignment.task_id = any(\(tasks)::uuid[])
               and assignment.state in ('submitted', 'accepted', 'rejected')
               and not \(fragment: Self.withdrawn("assignment"))
             order by assignment.assignment_id
            """
        ).reduce(into: [:]) { found, row in
            guard let content = try StoredContent(row: row, "answer") else { return }
            found[try row["task_id"], default: []].append(
                UpheldAnswer(
                    assignment: try row["assignment_id"], isAccepted: try row["is_accepted"],
                    isInFull: try row["is_in_full"], upheldBy: try row["upheld_by"],
                    isAdjudicated: try row["is_adjudicated"], content: content))
        }
    }

    func externalKeys(of tasks: [WorkTask.ID], _ requester: Requester.ID) async throws -> [(WorkTask.ID, String)] {
        try await rows(
            """
            select task_id, external_key from task
             where requester_id = \(requester) and task_id = any(\(tasks)::uuid[])
             order by task_id
            """
        ).map { (try $0["task_id"], try $0["external_key"]) }
    }

    /// How many minted copies a batch has.
    func mintedCount(in batch: Batch.Key) async throws -> Int {
        try await oneRow(
            """
            select count(*) as copies
              from task join gold_task as shown using (requester_id, task_id)
             where task.requester_id = \(batch.requester) and task.batch_id = \(batch.id)
               and shown.gold_item_id <> shown.task_id
            """)["copies"]
    }

    /// Makes copies what their originals are shown as.
    func insertMinted(
        _ copies: [(origin: WorkTask.ID, copy: WorkTask.ID)], of requester: Requester.ID, exposuresMax: Int
    ) async throws {
        try await execute(
            """
            insert into gold_item (requester_id, gold_item_id, source, exposures, exposures_max)
            select \(requester), origin, 'minted', 0, \(exposuresMax)
              from unnest(\(copies.map(\.origin))::uuid[]) as minted (origin) order by origin
            on conflict on constraint gold_item_pkey do nothing
            """)
        try await execute(
            """
            insert into gold_task (requester_id, task_id, gold_item_id)
            select \(requester), copy_id, origin
              from unnest(\(copies.map(\.copy))::uuid[], \(copies.map(\.origin))::uuid[]) as minted (copy_id, origin)
            on conflict on constraint gold_task_pkey do nothing
            """)
    }

    /// Makes a task of a draft batch a canary, and sets its slots aside as gold.
    ///
    /// - Returns: whether it was not gold before.
    func insertCanary(
        _ task: WorkTask.ID, of batch: Batch, _ reasons: [ReturnReason], exposuresMax: Int
    ) async throws -> Bool {
        try await firstRow(
            """
            with item as (
                insert into gold_item (requester_id, gold_item_id, source, exposures, exposures_max, right_reasons)
                select \(batch.requester), \(task), 'canary', 0, \(exposuresMax),
                       \(reasons.map(\.rawValue))::return_reason[]
                 where not exists (select from gold_task
                                    where requester_id = \(batch.requester) and task_id = \(task))
                on conflict on constraint gold_item_pkey do nothing
                returning requester_id, gold_item_id
            )
            insert into gold_task (requester_id, task_id, gold_item_id)
            select requester_id, gold_item_id, gold_item_id from item
            returning task_id
            """) != nil
    }
}
