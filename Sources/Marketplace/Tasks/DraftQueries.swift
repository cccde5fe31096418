internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    func keepDraft(
        _ answer: JSON, ofTask task: WorkTask.ID, from requester: Requester.ID, by worker: Worker.ID, isLate: Bool,
        at now: Date
    ) async throws {
        try await execute(
            """
            insert into answer_draft (requester_id, task_id, worker_id, answer, is_late, saved_at)
            values (\(requester), \(task), \(worker), \(answer), \(isLate), \(now))
            on conflict on constraint answer_draft_pkey do update
               set answer = excluded.answer, is_late = excluded.is_late, saved_at = excluded.saved_at
            """)
    }

    func draft(of assignment: Assignment.ID, by worker: Worker.ID) async throws -> AnswerDraft? {
        try await firstRow(
            """
            select draft.answer, draft.is_late, draft.saved_at
              from assignment
              join answer_draft as draft using (requester_id, task_id, worker_id)
             where assignment.worker_id = \(worker) and assignment.assignment_id = \(assignment)
            """
        ).map {
            AnswerDraft(answer: try $0["answer"], isLate: try $0["is_late"], savedAt: try $0["saved_at"])
        }
    }

    func dropDraft(ofTask task: WorkTask.ID, from requester: Requester.ID, by worker: Worker.ID) async throws {
        try await execute(
            """
            delete from answer_draft
             where requester_id = \(requester) and task_id = \(task) and worker_id = \(worker)
            """)
    }

    func forgetDrafts(before instant: Date, most: Int) async throws -> Int {
        try await execute(
            """
            with old as materialized (
                select requester_id, task_id, worker_id from answer_draft
                 where saved_at < \(instant)
                 order by saved_at
                 limit \(most)
                   for update skip locked
            )
            delete from answer_draft using old
             where answer_draft.requester_id = old.requester_id
               and answer_draft.task_id = old.task_id
               and answer_draft.worker_id = old.worker_id
            """)
    }
}
