package import Formats
internal import Foundation
internal import Store

/// A task as the worker who holds it sees it: what to do, what to do it on, and how the answer must look.
package struct TaskInHand: Sendable {
    package let assignment: Assignment
    package let projectName: String
    package let guideline: String
    package let answerSchema: JSON
    package let payload: JSON
    /// What they have saved of the answer, under this lease or an earlier one.
    package let draft: JSON?
    /// What a model says the answer is; `nil` also for those who work without, to compare with.
    package let suggestion: ShownSuggestion?
}

/// A worker reads the task that they hold. Each reading is on record.
package struct ReadTask: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker.
    /// - Throws: ``NotFound`` for an assignment that is not there or not theirs; ``LeaseRefusal`` unless its lease is
    ///   live; ``ContentRefusal``.
    package func callAsFunction(_ id: Assignment.ID, by actor: Principal.ID) async throws -> TaskInHand {
        let worker = Worker.ID(actor.uuid)
        return try await market.log { change in
            guard let row = try await change.transaction.workInHand(id, of: worker) else {
                throw NotFound("assignment")
            }
            let assignment = try Assignment(row: row)
            guard assignment.state != .submitted else { throw LeaseRefusal.alreadySubmitted }
            guard assignment.state == .leased, change.instant < assignment.leaseUntil else {
                throw LeaseRefusal.leaseLost
            }
            let (task, requester) = (assignment.task, assignment.requester)
            let content = try await change.content(of: [task], from: requester, for: .lease(id, by: actor))
            return TaskInHand(
                assignment: assignment, projectName: try row["project_name"], guideline: try row["guideline"],
                answerSchema: try row["answer_schema"], payload: content[task] ?? .null,
                draft: try await change.draft(of: id, by: worker)?.answer,
                suggestion: try await StoredSuggestion(row: row, "suggestion_source", "suggestion_version")?.opened(
                    of: task, requester, in: change)
            )
        }
    }
}
