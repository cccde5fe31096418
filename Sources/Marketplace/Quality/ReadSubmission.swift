package import Formats
internal import Foundation
internal import Store

/// A submission with what it answers, as a reviewer sees it.
package struct SubmissionInReview: Sendable {
    package let item: ReviewItem
    package let payload: JSON
}

/// A reviewer reads a submission that waits for a judgement, with its task. Each reading is on record.
package struct ReadSubmission: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: a reviewer who has not worked on the task.
    /// - Throws: ``AccessRefusal``; ``NotFound`` for one that does not wait for a judgement;
    ///   ``ReviewRefusal/reviewerWorkedOnTask``; ``ContentRefusal``.
    package func callAsFunction(
        _ id: Assignment.ID, of requester: Requester.ID, by actor: Principal.ID
    ) async throws -> SubmissionInReview {
        try await market.log { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .reviewer)
            guard let item = try await transaction.submittedForReview(id, of: requester) else {
                throw NotFound("submission that waits for a review")
            }
            guard try await !transaction.hasWorked(actor, on: item.task, of: requester) else {
                throw ReviewRefusal.reviewerWorkedOnTask
            }
            let content = try await change.content(of: [item.task], from: requester, for: .review(id, by: actor))
            return SubmissionInReview(item: item, payload: content[item.task] ?? .null)
        }
    }
}
