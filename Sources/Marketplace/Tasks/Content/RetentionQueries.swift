internal import Foundation
package import Store

/// A closed batch whose contents have had their time, locked.
struct BatchToEmpty: Sendable {
    let id: Batch.ID
    let requester: Requester.ID
    let function: WorkFunction
    let retentionClass: String
    let scope: RetentionScope
    /// The last task that was emptied.
    let emptiedThrough: WorkTask.ID?

    init(row: Row) throws {
        id = try row["batch_id"]
        requester = try row["requester_id"]
        function = try row["function"]
        retentionClass = try row["retention_class"]
        scope = try row["scope"]
        emptiedThrough = try row["emptied_through"]
    }
}

extension Transaction {
    func retentionClass(_ name: String) async throws -> RetentionClass? {
        try await firstRow(
            "select name, days_after_close, scope from retention_class where name = \(name)"
        ).map(RetentionClass.init(row:))
    }

    package func lockRetentionClass(_ name: String) async throws -> RetentionClass? {
        try await firstRow(
            "select name, days_after_close, scope from retention_class where name = \(name) for update"
        ).map(RetentionClass.init(row:))
    }

    func upsert(_ retention: RetentionClass, by actor: Principal.ID) async throws {
        try await execute(
            """
            insert into retention_class (name, days_after_close, scope, set_by, set_at)
            values (\(retention.name), \(retention.daysAfterClose), \(retention.scope), \(actor), \(instant))
            on conflict (name) do update
               set days_after_close = excluded.days_after_close, scope = excluded.scope, set_by = excluded.set_by,
                   set_at = excluded.set_at
            """)
    }

    func retentionClasses(after: String?, limit: Int) async throws -> [RetentionClass] {
        try await rows(
            """
            select name, days_after_close, scope from retention_class
             where \(after)::text is null or name > \(after)::text
             order by name
             limit \(limit)
            """
        ).map(RetentionClass.init(row:))
    }

    /// - Returns: false when there is no such project.
    func setRetention(of project: Project.ID, _ requester: Requester.ID, to name: String?) async throws -> Bool {
        try await execute(
            """
            update project set retention_class = \(name)
             where requester_id = \(requester) and project_id = \(project)
            """) == 1
    }

    func lockBatchToEmpty() async throws -> BatchToEmpty? {
        try await firstRow(
            """
            select batch.requester_id, batch.batch_id, batch.emptied_through, project.function,
                   project.retention_class, retention_class.scope
              from batch
              join project using (requester_id, project_id)
              join retention_class on retention_class.name = project.retention_class
             where batch.state in ('closed', 'archived') and batch.emptied_at is null
               and batch.closed_at <= \(instant) - days_after_close * interval '1 day'
               and not exists (select from assignment
                                where assignment.requester_id = batch.requester_id
                                  and assignment.batch_id = batch.batch_id and assignment.state = 'submitted')
               and not exists (select from decision
                                 join assignment
                                   on assignment.requester_id = batch.requester_id
                                  and assignment.assignment_id = decision.subject_id
                                where decision.appeal_until > \(instant) and assignment.batch_id = batch.batch_id)
             order by batch.closed_at, batch.requester_id, batch.batch_id
             limit 1
               for no key update of batch skip locked
            """
        ).map(BatchToEmpty.init)
    }

    func tasksToEmpty(in batch: BatchToEmpty, limit: Int) async throws -> [WorkTask.ID] {
        try await rows(
            """
            select task_id from task
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
               and (\(batch.emptiedThrough)::uuid is null or task_id > \(batch.emptiedThrough)::uuid)
             order by task_id
             limit \(limit)
            """
        ).map { try $0["task_id"] }
    }

    /// - Returns: how many contents there were.
    func empty(_ tasks: [WorkTask.ID], in batch: BatchToEmpty, by actor: Principal.ID) async throws -> Int {
        let payload: SQL =
            switch batch.function {
            case .functional: "payload = null,"
            case .safety: ""
            }
        let emptied = try await execute(
            """
            update \(fragment: batch.function.table)
               set \(fragment: payload) sealed = null, mark = null, emptied_at = \(instant), emptied_by = \(actor),
                   emptied_under = \(batch.retentionClass)
             where requester_id = \(batch.requester) and task_id = any(\(tasks)) and emptied_at is null
            """)
        try await execute(
            "delete from answer_draft where requester_id = \(batch.requester) and task_id = any(\(tasks))"
        )
        try await execute(
            """
            update task_suggestion set suggestion = 'null', sealed = null
             where requester_id = \(batch.requester) and task_id = any(\(tasks))
            """)
        if batch.scope == .contentAndReferences {
            try await execute(
                "delete from reference_answer where requester_id = \(batch.requester) and task_id = any(\(tasks))"
            )
        }
        return emptied
    }

    func moveEmptying(of batch: BatchToEmpty, through last: WorkTask.ID?, isDone: Bool) async throws {
        try await execute(
            """
            update batch
               set emptied_through = coalesce(\(last)::uuid, emptied_through),
                   emptied_at = case when \(isDone) then \(instant)::timestamptz end
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
            """)
    }
}

extension RetentionClass {
    fileprivate init(row: Row) throws {
        try self.init(
            name: try row["name"], daysAfterClose: try row["days_after_close"], scope: try row["scope"]
        )
    }
}
