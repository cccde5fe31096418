internal import Foundation
internal import Store

extension Transaction {
    /// Whether an answer no longer counts.
    ///
    /// - Parameter work: the name of a row of `assignment`.
    static func withdrawn(_ work: SQL) -> SQL {
        """
        exists (select from withdrawn_contribution as gone
                  join batch as home on home.requester_id = gone.requester_id and home.project_id = gone.project_id
                 where gone.requester_id = \(fragment: work).requester_id
                   and gone.worker_id = \(fragment: work).worker_id and gone.ended_at is null
                   and home.batch_id = \(fragment: work).batch_id
                   and (gone.batch_id is null or gone.batch_id = \(fragment: work).batch_id)
                   and \(fragment: work).leased_at <= gone.withdrawn_at)
        """
    }

    /// How many answers of a worker count, or wait to.
    func countingAnswers(
        of worker: Worker.ID, in project: Project.ID, _ batch: Batch.ID?, of requester: Requester.ID
    ) async throws -> Int {
        try await oneRow(
            """
            select count(*) as n
              from assignment
              join batch using (requester_id, batch_id)
             where assignment.worker_id = \(worker) and assignment.requester_id = \(requester)
               and batch.project_id = \(project) and (\(batch)::uuid is null or batch.batch_id = \(batch)::uuid)
               and assignment.state in ('submitted', 'accepted')
               and not \(fragment: Self.withdrawn("assignment"))
            """)["n"]
    }

    func insertWithdrawn(_ new: Withdrawn) async throws {
        try await execute(
            """
            insert into withdrawn_contribution (requester_id, withdrawal_id, project_id, batch_id, worker_id,
                                                decision_id, withdrawn_at)
            values (\(new.requester), \(new.id), \(new.project), \(new.batch), \(new.worker), \(new.decision),
                    \(new.withdrawnAt))
            """)
        try await markStale(answeredBy: new)
    }

    /// Ends the withdrawal that a decision made.
    func endWithdrawn(by decision: Decision.ID) async throws -> Withdrawn.ID? {
        let ended = try await firstRow(
            """
            update withdrawn_contribution set ended_at = greatest(\(instant), withdrawn_at)
             where decision_id = \(decision) and ended_at is null
            returning \(fragment: Withdrawn.columns)
            """
        ).map(Withdrawn.init)
        if let ended { try await markStale(answeredBy: ended) }
        return ended?.id
    }

    /// The posteriors of all tasks that a withdrawal, or its end, concerns are to be weighed anew.
    private func markStale(answeredBy gone: Withdrawn) async throws {
        try await execute(
            """
            update task_posterior set is_stale = true
              from assignment
             where assignment.worker_id = \(gone.worker) and assignment.requester_id = \(gone.requester)
               and assignment.leased_at <= \(gone.withdrawnAt)
               and (\(gone.batch)::uuid is null or assignment.batch_id = \(gone.batch)::uuid)
               and task_posterior.requester_id = assignment.requester_id
               and task_posterior.task_id = assignment.task_id and task_posterior.project_id = \(gone.project)
            """)
    }

    func withdrawn(_ id: Withdrawn.ID, of requester: Requester.ID) async throws -> Withdrawn? {
        try await firstRow(
            """
            select \(fragment: Withdrawn.columns) from withdrawn_contribution
             where requester_id = \(requester) and withdrawal_id = \(id)
            """
        ).map(Withdrawn.init)
    }

    /// One, which does not end while this transaction lasts.
    func lockWithdrawn(_ id: Withdrawn.ID, of requester: Requester.ID) async throws -> Withdrawn? {
        try await firstRow(
            """
            select \(fragment: Withdrawn.columns) from withdrawn_contribution
             where requester_id = \(requester) and withdrawal_id = \(id)
               for no key update
            """
        ).map(Withdrawn.init)
    }

    func withdrawn(of requester: Requester.ID, after last: Withdrawn.ID?, limit: Int) async throws -> [Withdrawn] {
        try await rows(
            """
            select \(fragment: Withdrawn.columns) from withdrawn_contribution
             where requester_id = \(requester) and (\(last)::uuid is null or withdrawal_id > \(last)::uuid)
             order by withdrawal_id
             limit \(limit)
            """
        ).map(Withdrawn.init)
    }

    /// Tasks whose answer by the worker is withdrawn, by id.
    ///
    /// - Parameter isShort: whether only those that have fewer answers left than they want, and are not asked again.
    func affectedTasks(
        by gone: Withdrawn, in batch: Batch.ID? = nil, after last: WorkTask.ID?, isShort: Bool = false, limit: Int
    ) async throws -> [AffectedTask] {
        let only = batch ?? gone.batch
        return try await rows(
            """
            select * from (
                select task.task_id, task.external_key, task.batch_id, batch.redundancy as wanted,
                       (select count(*) from assignment as other
                         where other.requester_id = task.requester_id and other.task_id = task.task_id
                           and other.state in ('submitted', 'accepted')
                           and not \(fragment: Self.withdrawn("other"))) as remaining,
                       (select copy_task_id from recollected_task as asked
                         where asked.requester_id = task.requester_id and asked.withdrawal_id = \(gone.id)
                           and asked.task_id = task.task_id) as copy_task_id
                  from assignment
                  join task using (requester_id, task_id)
                  join batch on batch.requester_id = task.requester_id and batch.batch_id = task.batch_id
                 where assignment.worker_id = \(gone.worker) and assignment.requester_id = \(gone.requester)
                   and assignment.state in ('submitted', 'accepted') and assignment.leased_at <= \(gone.withdrawnAt)
                   and batch.project_id = \(gone.project)
                   and (\(only)::uuid is null or batch.batch_id = \(only)::uuid)
                   and (\(last)::uuid is null or task.task_id > \(last)::uuid)
            ) as affected
             where not \(isShort) or (remaining < wanted and copy_task_id is null)
             order by task_id
             limit \(limit)
            """
        ).map {
            AffectedTask(
                task: try $0["task_id"], externalKey: try $0["external_key"], batch: try $0["batch_id"],
                left: try $0["remaining"], wanted: try $0["wanted"], copy: try $0["copy_task_id"])
        }
    }

    /// Says which copies ask for answers to tasks again.
    func insertRecollected(_ copies: [(task: WorkTask.ID, copy: WorkTask.ID)], by gone: Withdrawn) async throws {
        try await execute(
            """
            insert into recollected_task (requester_id, withdrawal_id, task_id, copy_task_id)
            select \(gone.requester), \(gone.id), task_id, copy_task_id
              from unnest(\(copies.map(\.task))::uuid[], \(copies.map(\.copy))::uuid[]) as asked (task_id, copy_task_id)
            """)
    }

    func matter(of task: WorkTask.ID, _ requester: Requester.ID) async throws -> String? {
        try await firstRow("select matter from task where requester_id = \(requester) and task_id = \(task)")?["matter"]
    }
}

extension Withdrawn {
    fileprivate static let columns: SQL =
        "requester_id, withdrawal_id, project_id, batch_id, worker_id, decision_id, withdrawn_at, ended_at"

    fileprivate init(row: Row) throws {
        self.init(
            id: try row["withdrawal_id"], requester: try row["requester_id"], project: try row["project_id"],
            batch: try row["batch_id"], worker: try row["worker_id"], decision: try row["decision_id"],
            withdrawnAt: try row["withdrawn_at"], endedAt: try row["ended_at"])
    }
}
