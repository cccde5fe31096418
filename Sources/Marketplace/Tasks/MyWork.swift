package import Formats
internal import Foundation
internal import Store

/// An assignment as its worker sees it.
package struct WorkItem: Sendable {
    package let assignment: Assignment
    package let projectName: String
    /// What to do, what to do it on, and how the answer must look: only while the lease is the worker's.
    package let guideline: String?
    package let answerSchema: JSON?
    package let payload: JSON?
    /// What they have saved of the answer, under this lease or an earlier one.
    package let draft: JSON?
    /// What a model says the answer is; `nil` also for those who work without, to compare with.
    package let suggestion: ShownSuggestion?

    init(row: Row) throws {
        assignment = try Assignment(row: row)
        projectName = try row["project_name"]
        guideline = try row["guideline"]
        answerSchema = try row["answer_schema"]
        payload = try row["payload"]
        draft = try row["draft"]
        suggestion = try ShownSuggestion(row: row, "suggestion_source", "suggestion_version", "suggestion_answer")
    }
}

/// What a worker has taken, by pages.
package struct MyWork: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - before: the last assignment of the page before; `nil` for the newest.
    ///   - limit: 1 to 200.
    ///   - actor: the worker.
    package func callAsFunction(
        before: Assignment.ID? = nil, limit: Int = 20, by actor: Principal.ID
    ) async throws -> [WorkItem] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read {
            try await $0.work(of: Worker.ID(actor.uuid), before: before, limit: limit)
        }
    }
}
