internal import Formats
internal import Foundation
internal import Store

/// Some tasks with their answers.
struct ResultPage: Sendable {
    /// Those that have answers.
    var tasks: [TaskResults] = []
    /// The last task that was looked at; `nil` when there are no more.
    let end: WorkTask.ID?
}

extension Transaction {
    private static var tasksPerPage: Int { 500 }
    /// Beyond that much, packed as PostgreSQL packs it, a page takes no further task.
    private static var bytesPerPage: Int { 4 << 20 }

    /// The next tasks of a batch with their answers, in the order of their ids; without their contents.
    fileprivate func resultPage(
        of batch: Batch.ID, _ requester: Requester.ID, _ function: WorkFunction, _ choice: ExportChoice,
        after last: WorkTask.ID?, under key: ContentKey?
    ) async throws -> (tasks: [(id: WorkTask.ID, key: String, results: [TaskResult])], end: WorkTask.ID?) {
        let states: [String] =
            switch choice {
            case .accepted: ["accepted"]
            case .counted: ["accepted", "submitted"]
            }
        let sized = try await rows(
            """
            with page as (
                select task_id
                  from task
                 where requester_id = \(requester) and batch_id = \(batch)
                   and (\(last)::uuid is null or task_id > \(last)::uuid)
                 order by task_id
                 limit \(Self.tasksPerPage)
            )
            select page.task_id,
                   coalesce((select \(fragment: function.contentSize) from \(fragment: function.table) as content
                              where content.requester_id = \(requester) and content.task_id = page.task_id), 0)
                   + coalesce((select sum(coalesce(pg_column_size(submission.sealed),
                                                   pg_column_size(submission.answer)))
                                 from assignment
                                 join submission using (requester_id, assignment_id)
                                where assignment.requester_id = \(requester)
                                  and assignment.task_id = page.task_id), 0) as bytes
              from page
             order by page.task_id
            """)
        var (ids, bytes): ([WorkTask.ID], Int) = ([], 0)
        for row in sized {
            bytes += try row["bytes"]
            if bytes > Self.bytesPerPage, !ids.isEmpty { break }
            ids.append(try row["task_id"])
        }
        let isLast = ids.count == sized.count && sized.count < Self.tasksPerPage
        return (try await results(of: ids, requester, states, under: key), isLast ? nil : ids.last)
    }

    private func results(
        of ids: [WorkTask.ID], _ requester: Requester.ID, _ states: [String], under key: ContentKey?
    ) async throws -> [(id: WorkTask.ID, key: String, results: [TaskResult])] {
        let rows = try await rows(
            """
            select task.task_id, task.external_key, assignment.worker_id, assignment.state, review.share_bps,
                   submission.submitted_at,
                   extract(epoch from submission.submitted_at - assignment.leased_at)::bigint as seconds,
                   assignment.assignment_id, submission.answer, submission.sealed, assignment.guideline_version,
                   use.source, use.version, use.was_shown, use.distance, use.size
              from task
              join assignment on assignment.requester_id = task.requester_id and assignment.task_id = task.task_id
                             and assignment.state = any((\(states)::text[])::assignment_state[])
                             and not \(fragment: Self.withdrawn("assignment"))
              join submission on submission.requester_id = assignment.requester_id
                             and submission.assignment_id = assignment.assignment_id
              left join review on review.requester_id = assignment.requester_id
                              and review.assignment_id = assignment.assignment_id
              left join suggestion_use as use on use.requester_id = assignment.requester_id
                                             and use.assignment_id = assignment.assignment_id
             where task.requester_id = \(requester) and task.task_id = any(\(ids))
             order by task.task_id, assignment.slot_no, assignment.assignment_id
            """)
        var tasks: [(id: WorkTask.ID, key: String, results: [TaskResult])] = []
        for row in rows {
            let id: WorkTask.ID = try row["task_id"]
            if tasks.last?.id != id { tasks.append((id, try row["external_key"], [])) }
            tasks[tasks.count - 1].results.append(try TaskResult(row: row, for: requester, under: key))
        }
        return tasks
    }

    /// Of tasks with known answers, in the order of requesters and assignments.
    func judgedAnswers(after last: ReadJudgedAnswers.Place?, limit: Int) async throws -> [StoredJudgedAnswer] {
        try await rows(
            """
            select assignment.requester_id, assignment.assignment_id, assignment.task_id, task.project_id,
                   project.function, submission.answer, submission.sealed
              from assignment
              join submission using (requester_id, assignment_id)
              join task using (requester_id, task_id)
              join project on project.requester_id = task.requester_id and project.project_id = task.project_id
             where assignment.state in ('accepted', 'rejected') and not \(fragment: Self.withdrawn("assignment"))
               and exists (select from reference_answer as known
                            where known.requester_id = assignment.requester_id
                              and known.task_id = assignment.task_id)
               and (\(last?.requester)::uuid is null
                    or (assignment.requester_id, assignment.assignment_id)
                       > (\(last?.requester)::uuid, \(last?.assignment)::uuid))
             order by assignment.requester_id, assignment.assignment_id
             limit \(limit)
            """
        ).compactMap { row in
            guard let content = try StoredContent(row: row, "answer") else { return nil }
            return StoredJudgedAnswer(
                requester: try row["requester_id"], project: try row["project_id"], task: try row["task_id"],
                assignment: try row["assignment_id"], function: try row["function"], content: content
            )
        }
    }

    /// The batch of a project that was made next after that one.
    func batch(of project: Project.ID, _ requester: Requester.ID, after last: Batch.ID?) async throws -> Batch.ID? {
        try await firstRow(
            """
            select batch_id from batch
             where requester_id = \(requester) and project_id = \(project)
               and (\(last)::uuid is null or batch_id > \(last)::uuid)
             order by batch_id
             limit 1
            """)?["batch_id"]
    }
}

extension Change {
    /// The next tasks of a batch with their contents, which go on record as read, and answers; null where the key that
    /// they were sealed under is destroyed.
    func resultPage(
        of batch: Batch.ID, _ requester: Requester.ID, _ function: WorkFunction, _ choice: ExportChoice,
        after last: WorkTask.ID?, by actor: Principal.ID
    ) async throws -> ResultPage {
        guard try await !transaction.isQuarantined(batch, of: requester) else { throw ExportRefusal.quarantined }
        let key: ContentKey?
        do { key = try await presentKey(of: requester, function) } catch ContentRefusal.destroyed { key = nil }
        let page = try await transaction.resultPage(of: batch, requester, function, choice, after: last, under: key)
        let contents = try await content(of: page.tasks.map(\.id), from: requester, for: .export(by: actor))
        return ResultPage(
            tasks: page.tasks.map {
                TaskResults(externalKey: $0.key, payload: contents[$0.id] ?? .null, results: $0.results)
            }, end: page.end
        )
    }
}

extension WorkFunction {
    /// Of a row of content.
    fileprivate var contentSize: SQL {
        switch self {
        case .functional: "coalesce(pg_column_size(content.sealed), pg_column_size(content.payload))"
        case .safety: "pg_column_size(content.sealed)"
        }
    }
}

extension TaskResult {
    fileprivate init(row: Row, for requester: Requester.ID, under key: ContentKey?) throws {
        let stored = try StoredContent(row: row, "answer")
        let isGone = key == nil && stored?.isSealed ?? true
        let answer = isGone ? nil : try stored?.opened(by: key, as: .answer(to: try row["assignment_id"]))
        let state: AssignmentState = try row["state"]
        let submittedAt: Date = try row["submitted_at"]
        self.init(
            worker: WorkerPseudonym.of(try row["worker_id"], for: requester), state: state.rawValue,
            shareBasisPoints: try row["share_bps"], submittedAt: submittedAt.formatted(.iso8601),
            seconds: try row["seconds"], answer: answer ?? .null, guidelineVersion: try row["guideline_version"],
            suggestion: try ResultSuggestion(row: row)
        )
    }
}

extension ResultSuggestion {
    fileprivate init?(row: Row) throws {
        guard let source: String = try row["source"] else { return nil }
        self.init(
            source: source, version: try row["version"], wasShown: try row["was_shown"],
            distance: try row["distance"], size: try row["size"]
        )
    }
}
