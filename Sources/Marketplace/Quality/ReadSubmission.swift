package import Formats
internal import Foundation
internal import Store

/// A submission with what it answers, as a reviewer sees it.
package struct SubmissionInReview: Sendable {
    package let item: ReviewItem
    package let answer: JSON
    package let payload: JSON
}

/// A reviewer reads a submission that waits for a judgement, with its task. Each reading is on record.
package struct ReadSubmission: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: a reviewer who may judge it; from now on barred from the task as a worker.
    /// - Throws: ``AccessRefusal``; ``NotFound`` for one that does not wait for a judgement;
    ///   ``ReviewRefusal`` for who must not judge it; ``ContentRefusal``.
    package func callAsFunction(
        _ id: Assignment.ID, of requester: Requester.ID, by actor: Principal.ID
    ) async throws -> SubmissionInReview {
        try await market.log { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .reviewer)
            // Whoever reviews and works cannot take a lease on the task meanwhile.
            _ = try await transaction.lockWorkersForEligibility([Worker.ID(actor.uuid)])
            guard let (item, answer) = try await transaction.submittedForReview(id, of: requester) else {
                throw NotFound("submission that waits for a review")
            }
            if item.worker.uuid != actor.uuid, try await transaction.isCloseColleague(actor, of: item.worker) {
                throw ReviewRefusal.closeColleague
            }
            if let bar = try await transaction.reviewBar(to: actor, on: item.task, of: requester) { throw bar }
            let content = try await change.content(of: [item.task], from: requester, for: .review(id, by: actor))
            let key = try await change.presentKey(ofTask: item.task, requester)
            return SubmissionInReview(
                item: item, answer: try answer.opened(by: key, as: .answer(to: id)),
                payload: content[item.task] ?? .null
            )
        }
    }
}
