internal import Foundation
internal import Store

extension Transaction {
    /// Takes a batch whose answers nobody has screened for so many seconds, in work or not long closed; one that was
    /// left midway comes first. `nil` where none is due, or somebody else was faster.
    func takeScreenedBatch(every: TimeInterval) async throws -> ScreenedPlace? {
        let midway = instant - ScreenAnswers.midwaySeconds
        let since = instant - Double(ScreenAnswers.daysBack) * 86_400
        return try await firstRow(
            """
            with midway as materialized (
                select requester_id, batch_id from screened_batch
                 where through_task_id is not null and screened_at <= \(midway)
                 order by screened_at limit 1
            ),
            fresh as materialized (
                select batch.requester_id, batch.batch_id from batch
                 where (batch.state in ('open', 'paused') or batch.closed_at > \(since))
                   and not exists (select from screened_batch as screened
                                    where screened.requester_id = batch.requester_id
                                      and screened.batch_id = batch.batch_id
                                      and (screened.screened_at > \(instant - every)
                                           or screened.through_task_id is not null))
                 order by batch.batch_id limit 1
            ),
            due as materialized (
                select * from midway union all select * from fresh limit 1
            ),
            taken as (
                insert into screened_batch (requester_id, batch_id, screened_at)
                select requester_id, batch_id, \(instant) from due
                on conflict on constraint screened_batch_pkey do update set screened_at = excluded.screened_at
                 where screened_batch.screened_at
                       <= case when screened_batch.through_task_id is null then \(instant - every) else \(midway) end
                returning requester_id, batch_id, through_task_id
            )
            select taken.*, batch.project_id from taken join batch using (requester_id, batch_id)
            """
        ).map {
            ScreenedPlace(
                batch: Batch.Key(requester: try $0["requester_id"], id: try $0["batch_id"]),
                project: try $0["project_id"], through: try $0["through_task_id"])
        }
    }

    /// - Returns: false, with nothing changed, when the pass is somewhere else.
    func moveScreened(_ batch: Batch.Key, from last: WorkTask.ID?, to end: WorkTask.ID?) async throws -> Bool {
        try await execute(
            """
            update screened_batch set through_task_id = \(end), screened_at = \(instant)
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
               and through_task_id is not distinct from \(last)::uuid
            """) == 1
    }

    func tasks(of batch: Batch.Key, after last: WorkTask.ID?, limit: Int) async throws -> [WorkTask.ID] {
        try await rows(
            """
            select task_id from task
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
               and (\(last)::uuid is null or task_id > \(last)::uuid)
             order by task_id
             limit \(limit)
            """
        ).map { try $0["task_id"] }
    }

    /// Tasks of other batches of the project, in work or not long closed, the newest batches first.
    func tasksBeside(_ place: ScreenedPlace, limit: Int) async throws -> [WorkTask.ID] {
        let since = instant - Double(ScreenAnswers.daysBack) * 86_400
        return try await rows(
            """
            select task.task_id
              from batch
              join task using (requester_id, batch_id)
             where batch.requester_id = \(place.batch.requester) and batch.project_id = \(place.project)
               and batch.batch_id <> \(place.batch.id)
               and (batch.state in ('open', 'paused') or batch.closed_at > \(since))
             order by batch.batch_id desc, task.task_id
             limit \(limit)
            """
        ).map { try $0["task_id"] }
    }

    /// Answers to tasks, by task, up to so many and so many bytes of them; those that were judged and those that wait.
    func screenedAnswers(
        to tasks: [WorkTask.ID], of requester: Requester.ID, _ function: WorkFunction, limit: Int, bytes: Int
    ) async throws -> (answers: [StoredScreenedAnswer], isCut: Bool) {
        let rows = try await rows(
            """
            with sized as materialized (
                select assignment.task_id, assignment.assignment_id, assignment.worker_id,
                       row_number() over everything as place,
                       sum(coalesce(octet_length(sealed), pg_column_size(answer))) over everything as bytes
                  from assignment
                  join submission using (requester_id, assignment_id)
                 where assignment.requester_id = \(requester) and assignment.task_id = any(\(tasks)::uuid[])
                   and assignment.state in ('submitted', 'accepted', 'rejected')
                   and not \(fragment: Self.withdrawn("assignment"))
                window everything as (order by assignment.task_id, assignment.assignment_id)
            )
            select sized.task_id, sized.assignment_id, sized.worker_id, submission.submitted_at,
                   submission.active_seconds, submission.answer, submission.sealed, task.matter, suggested.was_shown,
                   suggested.distance = 0 as is_as_suggested,
                   coalesce(octet_length(content.sealed) - 28, 0)::bigint as bytes_to_read,
                   exists (select from slot join allotment as aside using (requester_id, allotment_id)
                            where slot.requester_id = \(requester) and slot.task_id = sized.task_id
                              and aside.kind = 'gold') as is_gold,
                   exists (select from gold_item as item
                            where item.requester_id = \(requester) and item.gold_item_id = sized.task_id
                              and item.source = 'canary') as is_canary,
                   (select count(*) from sized) as whole
              from sized
              join submission on submission.requester_id = \(requester)
                             and submission.assignment_id = sized.assignment_id
              join task on task.requester_id = \(requester) and task.task_id = sized.task_id
              left join suggestion_use as suggested
                on suggested.requester_id = \(requester) and suggested.assignment_id = sized.assignment_id
              left join \(fragment: function.table) as content
                on content.requester_id = \(requester) and content.task_id = sized.task_id
             where sized.place = 1 or (sized.place <= \(limit) and sized.bytes <= \(bytes))
             order by sized.task_id, sized.assignment_id
            """)
        let answers = try rows.compactMap { row -> StoredScreenedAnswer? in
            guard let content = try StoredContent(row: row, "answer") else { return nil }
            return StoredScreenedAnswer(
                task: try row["task_id"], assignment: try row["assignment_id"], worker: try row["worker_id"],
                submittedAt: try row["submitted_at"], activeSeconds: try row["active_seconds"],
                bytesToRead: try row["bytes_to_read"], matter: try row["matter"],
                isAsSuggested: try row["is_as_suggested"], sawSuggestion: try row["was_shown"] ?? false,
                isGold: try row["is_gold"], isCanary: try row["is_canary"], content: content)
        }
        let whole: Int64 = try rows.first?["whole"] ?? 0
        return (answers, whole > rows.count)
    }
}
