internal import Formats
internal import Foundation
internal import Store

/// What an answer that is handed in is compared with.
struct AnswerContext: Sendable {
    let guideline: Guideline.ID
    let candidate: RecheckCandidate
    /// Whether a later version was published meanwhile.
    let isOutdated: Bool
    let suggestion: StoredSuggestion?
    /// Whether the worker was left without the suggestion.
    let isControl: Bool
}

extension Transaction {
    func givenAnswer(_ id: Assignment.ID, _ requester: Requester.ID) async throws -> AnswerContext? {
        try await firstRow(
            """
            select assignment.guideline_id, assignment.assignment_id, assignment.task_id, assignment.guideline_version,
                   project.external_key, suggestion.source, suggestion.version, suggestion.suggestion,
                   suggestion.sealed,
                   coalesce(suggestion.is_control, false) as is_control,
                   guideline.newest_version > assignment.guideline_version as is_outdated
              from assignment
              join batch on batch.requester_id = assignment.requester_id and batch.batch_id = assignment.batch_id
              join project on project.requester_id = batch.requester_id and project.project_id = batch.project_id
              join guideline on guideline.requester_id = assignment.requester_id
                            and guideline.guideline_id = assignment.guideline_id
              left join task_suggestion as suggestion on suggestion.requester_id = assignment.requester_id
                                                     and suggestion.task_id = assignment.task_id
             where assignment.requester_id = \(requester) and assignment.assignment_id = \(id)
            """
        ).map { row in
            AnswerContext(
                guideline: try row["guideline_id"], candidate: try RecheckCandidate(row: row),
                isOutdated: try row["is_outdated"],
                suggestion: try StoredSuggestion(row: row, "source", "version"),
                isControl: try row["is_control"]
            )
        }
    }

    func insertSuggestionUse(
        of id: Assignment.ID, _ requester: Requester.ID, by worker: Worker.ID, _ suggestion: ShownSuggestion,
        wasShown: Bool, _ measured: AnswerDistance
    ) async throws {
        try await execute(
            """
            insert into suggestion_use (requester_id, assignment_id, worker_id, source, version, was_shown, distance,
                                        size, is_copy)
            values (\(requester), \(id), \(worker), \(suggestion.source), \(suggestion.version), \(wasShown),
                    \(measured.distance), \(measured.size), \(wasShown && measured.distance == 0))
            """)
    }

    /// In the order of workers, sources and versions.
    func suggestionReport(
        of worker: Worker.ID?, for requester: Requester.ID?, after last: SuggestionReport.Place?, limit: Int
    ) async throws -> [SuggestionReportLine] {
        let whose: SQL = worker.map { "worker_id = \($0)" } ?? "true"
        let tasks: SQL = requester.map { "requester_id = \($0)" } ?? "true"
        let rest: SQL =
            last.map { "(worker_id, source, version) > (\($0.worker), \($0.source), \($0.version))" } ?? "true"
        return try await rows(
            """
            select worker_id, source, version,
                   count(*) filter (where was_shown) as shown,
                   count(*) filter (where is_copy) as copies,
                   count(*) filter (where not was_shown) as controls,
                   round(avg(distance * 10000.0 / size) filter (where was_shown))::bigint as mean_shown,
                   round(avg(distance * 10000.0 / size) filter (where not was_shown))::bigint as mean_control
              from suggestion_use
             where \(fragment: whose) and \(fragment: tasks) and \(fragment: rest)
             group by worker_id, source, version
             order by worker_id, source, version
             limit \(limit)
            """
        ).map { row in
            SuggestionReportLine(
                worker: try row["worker_id"], source: try row["source"], version: try row["version"],
                shown: try row["shown"], copies: try row["copies"], meanDistanceShown: try row["mean_shown"],
                controls: try row["controls"], meanDistanceControl: try row["mean_control"]
            )
        }
    }
}

/// A suggestion as it is stored.
struct StoredSuggestion: Sendable {
    let source: String
    let version: String
    private let answer: StoredContent

    /// `nil` where there is none, from columns of those names, `suggestion` and `sealed`.
    init?(row: Row, _ source: String, _ version: String) throws {
        guard let name: String = try row[source], let number: String = try row[version],
            let given = try StoredContent(row: row, "suggestion")
        else { return nil }
        (self.source, self.version, answer) = (name, number, given)
    }

    /// - Throws: ``ContentRefusal``, ``VaultRefusal``.
    func opened(of task: WorkTask.ID, _ requester: Requester.ID, in change: Change) async throws -> ShownSuggestion {
        let key = try await change.presentKey(ofTask: task, requester)
        return ShownSuggestion(
            source: source, version: version, answer: try answer.opened(by: key, as: .suggestion(of: task))
        )
    }
}
