internal import Foundation
internal import Store

extension Transaction {
    /// The first who were shown gold, no longer have it in hand, and were not told of; those that somebody else is at
    /// are passed by.
    func lockUntoldExposure() async throws -> ShownGold? {
        try await firstRow(
            """
            with untold as materialized (
                select seen.requester_id, seen.gold_item_id, seen.worker_id, seen.assignment_id, assignment.task_id
                  from gold_exposure as seen
                  join assignment using (requester_id, assignment_id)
                 where seen.told_at is null and assignment.state <> 'leased'
                 order by seen.shown_at
                 limit 1
                   for no key update of seen skip locked
            )
            select untold.*, item.right_reasons::text[] as right_reasons, task_return.reason, submission.answer,
                   submission.sealed, \(fragment: ProjectShape.columns)
              from untold
              join gold_item as item using (requester_id, gold_item_id)
              join task on task.requester_id = untold.requester_id and task.task_id = untold.task_id
              join project on project.requester_id = task.requester_id and project.project_id = task.project_id
              left join task_return
                on task_return.requester_id = untold.requester_id and task_return.assignment_id = untold.assignment_id
              left join submission
                on submission.requester_id = untold.requester_id and submission.assignment_id = untold.assignment_id
            """
        ).map { row in
            ShownGold(
                requester: try row["requester_id"], item: try row["gold_item_id"], worker: try row["worker_id"],
                assignment: try row["assignment_id"], task: try row["task_id"], shape: try ProjectShape(row: row),
                rightReasons: try row["right_reasons"], reason: try row["reason"],
                answer: try StoredContent(row: row, "answer"))
        }
    }

    func noteTold(_ shown: ShownGold, isRight: Bool?) async throws {
        try await execute(
            """
            update gold_exposure set told_at = \(instant), is_right = \(isRight)
             where requester_id = \(shown.requester) and gold_item_id = \(shown.item)
               and worker_id = \(shown.worker)
            """)
    }

    /// Who was shown canaries among some tasks and gave them back for a right reason, in the order in which they did.
    func canariesFlagged(
        among tasks: [WorkTask.ID], _ requester: Requester.ID
    ) async throws -> [(task: WorkTask.ID, worker: Worker.ID, at: Date)] {
        try await rows(
            """
            select seen.gold_item_id, seen.worker_id, assignment.closed_at
              from gold_exposure as seen
              join gold_item as item using (requester_id, gold_item_id)
              join assignment using (requester_id, assignment_id)
              join task_return using (requester_id, assignment_id)
             where seen.requester_id = \(requester) and seen.gold_item_id = any(\(tasks)::uuid[])
               and item.source = 'canary' and task_return.reason = any(item.right_reasons)
             order by assignment.closed_at, assignment.assignment_id
            """
        ).map { (try $0["gold_item_id"], try $0["worker_id"], try $0["closed_at"]) }
    }
}
