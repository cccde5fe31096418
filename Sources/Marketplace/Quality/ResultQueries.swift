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

    /// The next tasks of a batch, in the order of their ids.
    func resultPage(
        of batch: Batch.ID, _ requester: Requester.ID, _ choice: ExportChoice, after last: WorkTask.ID?
    ) async throws -> ResultPage {
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
                   coalesce((select pg_column_size(payload) from task_content as content
                              where content.requester_id = \(requester) and content.task_id = page.task_id), 0)
                   + coalesce((select sum(pg_column_size(submission.answer))
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
        var page = ResultPage(end: isLast ? nil : ids.last)
        page.tasks = try await results(of: ids, requester, states)
        return page
    }

    private func results(
        of ids: [WorkTask.ID], _ requester: Requester.ID, _ states: [String]
    ) async throws -> [TaskResults] {
        let rows = try await rows(
            """
            select task.task_id, task.external_key,
                   case when lag(task.task_id) over answers is distinct from task.task_id then content.payload end
                   as payload,
                   assignment.worker_id, assignment.state, review.share_bps, submission.submitted_at,
                   extract(epoch from submission.submitted_at - assignment.leased_at)::bigint as seconds,
                   submission.answer, assignment.guideline_version, use.source, use.version, use.was_shown,
                   use.distance, use.size
              from task
              join assignment on assignment.requester_id = task.requester_id and assignment.task_id = task.task_id
                             and assignment.state = any((\(states)::text[])::assignment_state[])
              join submission on submission.requester_id = assignment.requester_id
                             and submission.assignment_id = assignment.assignment_id
              left join review on review.requester_id = assignment.requester_id
                              and review.assignment_id = assignment.assignment_id
              left join suggestion_use as use on use.requester_id = assignment.requester_id
                                             and use.assignment_id = assignment.assignment_id
              left join task_content as content on content.requester_id = task.requester_id
                                               and content.task_id = task.task_id
             where task.requester_id = \(requester) and task.task_id = any(\(ids))
            window answers as (order by task.task_id, assignment.slot_no, assignment.assignment_id)
             order by task.task_id, assignment.slot_no, assignment.assignment_id
            """)
        var (tasks, last): ([TaskResults], WorkTask.ID?) = ([], nil)
        for row in rows {
            let id: WorkTask.ID = try row["task_id"]
            let result = try TaskResult(row: row, for: requester)
            if id == last, let task = tasks.popLast() {
                tasks.append(
                    TaskResults(
                        externalKey: task.externalKey, payload: task.payload, results: task.results + [result]
                    ))
            } else {
                let payload: JSON? = try row["payload"]
                tasks.append(
                    TaskResults(
                        externalKey: try row["external_key"], payload: payload ?? .null, results: [result]
                    ))
            }
            last = id
        }
        return tasks
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

extension TaskResult {
    fileprivate init(row: Row, for requester: Requester.ID) throws {
        let state: AssignmentState = try row["state"]
        let submittedAt: Date = try row["submitted_at"]
        self.init(
            worker: WorkerPseudonym.of(try row["worker_id"], for: requester), state: state.rawValue,
            shareBasisPoints: try row["share_bps"], submittedAt: submittedAt.formatted(.iso8601),
            seconds: try row["seconds"], answer: try row["answer"], guidelineVersion: try row["guideline_version"],
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
