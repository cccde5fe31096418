internal import Foundation
internal import Store

extension Transaction {
    func upsertDraft(
        _ sealed: Bytes, ofTask task: WorkTask.ID, from requester: Requester.ID, by worker: Worker.ID, at now: Date
    ) async throws {
        try await execute(
            """
            insert into answer_draft (requester_id, task_id, worker_id, sealed, is_late, saved_at)
            values (\(requester), \(task), \(worker), \(sealed), false, \(now))
            on conflict on constraint answer_draft_pkey do update
               set answer = null, sealed = excluded.sealed, is_late = excluded.is_late, saved_at = excluded.saved_at
            """)
    }

    /// When a worker last saved what they have of a task.
    func draftTime(
        ofTask task: WorkTask.ID, from requester: Requester.ID, by worker: Worker.ID
    ) async throws -> Date? {
        try await firstRow(
            """
            select saved_at from answer_draft
             where requester_id = \(requester) and task_id = \(task) and worker_id = \(worker)
            """)?["saved_at"]
    }

    /// Keeps an answer that was not taken; see ``Change/keepUnsubmitted(_:of:isLate:)``.
    ///
    /// - Returns: false when there is something newer; then nothing was changed.
    func upsertUnsubmitted(_ sealed: Bytes, of work: Assignment, isLate: Bool) async throws -> Bool {
        try await execute(
            """
            insert into answer_draft (requester_id, task_id, worker_id, sealed, is_late, saved_at)
            select \(work.requester), \(work.task), \(work.worker), \(sealed), \(isLate), \(instant)
             where not exists (select from assignment
                                where requester_id = \(work.requester) and task_id = \(work.task)
                                  and worker_id = \(work.worker)
                                  and state in ('submitted', 'accepted', 'rejected'))
            on conflict on constraint answer_draft_pkey do update
               set answer = null, sealed = excluded.sealed, is_late = excluded.is_late, saved_at = excluded.saved_at
             where answer_draft.is_late
                or not exists (select from assignment
                                where requester_id = \(work.requester) and task_id = \(work.task)
                                  and worker_id = \(work.worker) and assignment_id <> \(work.id)
                                  and state = 'leased' and lease_until > \(instant))
            """) == 1
    }

    /// What a worker has kept of the task of one of their assignments, as it is stored.
    func storedDraft(of assignment: Assignment.ID, by worker: Worker.ID) async throws -> Row? {
        try await firstRow(
            """
            select requester_id, task_id, draft.answer, draft.sealed, draft.is_late, draft.saved_at
              from assignment
              join answer_draft as draft using (requester_id, task_id, worker_id)
             where assignment.worker_id = \(worker) and assignment.assignment_id = \(assignment)
            """)
    }

    static func droppedDraft(ofTask task: WorkTask.ID, from requester: Requester.ID, by worker: Worker.ID) -> SQL {
        """
        delete from answer_draft
         where requester_id = \(requester) and task_id = \(task) and worker_id = \(worker)
        """
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
