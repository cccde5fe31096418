internal import Consensus
internal import Formats
internal import Foundation
internal import Store

/// A task's posterior as it is stored.
struct StoredPosterior: Sendable {
    let task: WorkTask.ID
    /// `nil` before anything was weighed.
    let sealed: Bytes?
    /// Counts each change.
    let revision: Int64
}

/// An answer that counts.
struct CountedAnswer: Sendable {
    let assignment: Assignment.ID
    let worker: Worker.ID
    let mark: String
    let content: StoredContent
}

/// A worker's table in a project as it is stored.
struct StoredTable: Sendable {
    let worker: Worker.ID
    /// `nil` for one that is new.
    let sealed: Bytes?
    let fit: Int
    let answers: Int64
}

/// A worker's table, opened.
struct WorkerTable: Sendable {
    let worker: Worker.ID
    var table: ConfusionTable
    var fit: Int
    var answers: Int64
}

extension Transaction {
    /// The row of a task's posterior, made where there is none; nobody else weighs its answers until this transaction
    /// ends.
    func lockPosterior(
        of task: WorkTask.ID, in project: Project.ID, _ requester: Requester.ID
    ) async throws -> StoredPosterior {
        let rows = try await pipeline([
            """
            insert into task_posterior (requester_id, task_id, project_id, answers, is_stale, revision, changed_at)
            values (\(requester), \(task), \(project), 0, true, 0, \(instant))
            on conflict on constraint task_posterior_pkey do nothing
            """,
            """
            select task_id, sealed, revision from task_posterior
             where requester_id = \(requester) and task_id = \(task)
               for update
            """,
        ])
        guard let row = rows.last?.first else { throw StoreError.unexpectedRowCount(0) }
        return try StoredPosterior(row: row)
    }

    /// The answers to a task that count, in the order in which they came, and what the newest full fit found. An answer
    /// counts unless it was rejected or withdrawn; if an appeal overturned that, it counts again.
    func answersToWeigh(
        of task: WorkTask.ID, in project: Project.ID, _ requester: Requester.ID
    ) async throws -> (answers: [CountedAnswer], world: Row?) {
        let rows = try await pipeline([
            """
            select assignment.assignment_id, assignment.worker_id, left(encode(hash, 'hex'), 16) as mark,
                   submission.answer, submission.sealed
              from assignment join submission using (requester_id, assignment_id)
             where assignment.requester_id = \(requester) and assignment.task_id = \(task)
               and \(fragment: CountedAnswer.condition)
             order by submission.submitted_at, assignment.assignment_id
            """,
            Self.newestFit(of: project, requester),
        ])
        return (try (rows.first ?? []).compactMap { try CountedAnswer(row: $0) }, rows.last?.first)
    }

    /// Of what form the answers to a task are, and what it is for.
    func placeOfTask(
        _ task: WorkTask.ID, _ requester: Requester.ID
    ) async throws -> (project: Project.ID, function: WorkFunction, shape: ProjectShape)? {
        try await firstRow(
            """
            select project.project_id, project.function, \(fragment: ProjectShape.columns)
              from task join project using (requester_id, project_id)
             where task.requester_id = \(requester) and task.task_id = \(task)
            """
        ).map { (try $0["project_id"], try $0["function"], try ProjectShape(row: $0)) }
    }

    func posterior(of task: WorkTask.ID, _ requester: Requester.ID) async throws -> StoredPosterior? {
        try await firstRow(
            """
            select task_id, sealed, revision from task_posterior
             where requester_id = \(requester) and task_id = \(task)
            """
        ).map(StoredPosterior.init)
    }

    /// The newest full fit of a project that has ended.
    func newestFit(of project: Project.ID, _ requester: Requester.ID) async throws -> Row? {
        try await firstRow(Self.newestFit(of: project, requester))
    }

    private static func newestFit(of project: Project.ID, _ requester: Requester.ID) -> SQL {
        """
        select version, is_trusted, sealed from label_fit
         where requester_id = \(requester) and project_id = \(project) and finished_at is not null
         order by version desc
         limit 1
        """
    }

    func table(of worker: Worker.ID, in project: Project.ID, _ requester: Requester.ID) async throws -> StoredTable? {
        try await firstRow(
            """
            select worker_id, sealed, fit_version, answers from confusion_table
             where requester_id = \(requester) and project_id = \(project) and worker_id = \(worker)
            """
        ).map(StoredTable.init)
    }

    /// The tables of workers in a project, made where there are none, and locked in the order of the workers.
    func lockTables(
        of workers: [Worker.ID], in project: Project.ID, _ requester: Requester.ID
    ) async throws -> [StoredTable] {
        let workers = workers.sorted()
        let rows = try await pipeline([
            """
            insert into confusion_table (requester_id, project_id, worker_id, fit_version, answers, changed_at)
            select \(requester), \(project), worker_id, 0, 0, \(instant) from unnest(\(workers)) as worker_id
             order by worker_id
            on conflict on constraint confusion_table_pkey do nothing
            """,
            """
            select worker_id, sealed, fit_version, answers from confusion_table
             where requester_id = \(requester) and project_id = \(project) and worker_id = any(\(workers))
             order by worker_id
               for update
            """,
        ])
        return try (rows.last ?? []).map(StoredTable.init)
    }

    func updatePosterior(
        of task: WorkTask.ID, _ requester: Requester.ID, _ sealed: Bytes, answers: Int, fit: Int
    ) async throws {
        try await execute(
            """
            update task_posterior
               set sealed = \(sealed), answers = \(answers), fit_version = \(fit), is_stale = false,
                   revision = revision + 1, changed_at = \(instant)
             where requester_id = \(requester) and task_id = \(task)
            """)
    }

    /// Nothing has changed but that it is known to be true.
    func clearStale(_ task: WorkTask.ID, _ requester: Requester.ID) async throws {
        try await execute(
            """
            update task_posterior set is_stale = false
             where requester_id = \(requester) and task_id = \(task) and is_stale and sealed is not null
            """)
    }

    func updateTables(
        _ tables: [(stored: StoredTable, sealed: Bytes)], in project: Project.ID, _ requester: Requester.ID
    ) async throws {
        guard !tables.isEmpty else { return }
        try await execute(
            """
            update confusion_table
               set sealed = anew.sealed, fit_version = anew.fit, answers = anew.answers, changed_at = \(instant)
              from unnest(\(tables.map(\.stored.worker)), \(tables.map(\.sealed)),
                          \(tables.map { Int64($0.stored.fit) })::bigint[], \(tables.map(\.stored.answers))::bigint[])
                   as anew (worker_id, sealed, fit, answers)
             where confusion_table.requester_id = \(requester) and confusion_table.project_id = \(project)
               and confusion_table.worker_id = anew.worker_id
            """)
    }

    /// Says that another set of answers to a task counts now. Whoever weighs next sees to it; it needs no key.
    func markStale(_ task: WorkTask.ID, _ requester: Requester.ID) async throws {
        try await execute(
            """
            update task_posterior set is_stale = true where requester_id = \(requester) and task_id = \(task)
            """)
    }

    /// The same of the task of an assignment.
    func markStale(taskOf id: Assignment.ID) async throws {
        try await execute(
            """
            update task_posterior set is_stale = true
              from assignment
             where assignment.assignment_id = \(id) and task_posterior.requester_id = assignment.requester_id
               and task_posterior.task_id = assignment.task_id
            """)
    }

    /// Tasks whose answers are to be weighed anew, with the shape of their projects.
    func staleTasks(limit: Int) async throws -> [Row] {
        try await rows(
            """
            select posterior.requester_id, posterior.task_id, posterior.project_id, project.function,
                   \(fragment: ProjectShape.columns)
              from task_posterior as posterior
              join project on project.requester_id = posterior.requester_id
                          and project.project_id = posterior.project_id
             where posterior.is_stale
             order by posterior.requester_id, posterior.task_id
             limit \(limit)
            """)
    }
}

extension StoredPosterior {
    init(row: Row) throws {
        self.init(task: try row["task_id"], sealed: try row["sealed"], revision: try row["revision"])
    }
}

extension StoredTable {
    init(row: Row) throws {
        self.init(
            worker: try row["worker_id"], sealed: try row["sealed"], fit: try row["fit_version"],
            answers: try row["answers"])
    }
}

extension CountedAnswer {
    /// Of `assignment`.
    static let condition: SQL = """
        (assignment.state in ('submitted', 'accepted')
         or assignment.state = 'rejected'
            and exists (select from decision join appeal using (decision_id)
                         where decision.subject_id = assignment.assignment_id
                           and decision.kind = 'rejection' and appeal.state = 'overturned'))
        and not \(fragment: Transaction.withdrawn("assignment"))
        """

    fileprivate init?(row: Row) throws {
        guard let content = try StoredContent(row: row, "answer") else { return nil }
        self.init(
            assignment: try row["assignment_id"], worker: try row["worker_id"], mark: try row["mark"],
            content: content)
    }
}
