internal import Foundation
internal import Store

/// What waits for a judgement, by pages; without content and answer, which ``ReadSubmission`` gives.
package struct ReviewQueue: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Leaves out tasks that the reviewer has worked on, that check what they had, or with a party in which they have
    /// an interest, and answers by close colleagues: of one team, or who declared the same family or employer.
    ///
    /// - Parameters:
    ///   - after: the last assignment of the page before; `nil` for the oldest.
    ///   - limit: 1 to 200.
    ///   - actor: a reviewer.
    /// - Throws: ``AccessRefusal``; ``ReviewRefusal`` for who must not judge anything of the batch.
    package func callAsFunction(
        of batch: Batch.ID, from requester: Requester.ID, after: Assignment.ID? = nil, limit: Int = 20,
        by actor: Principal.ID
    ) async throws -> [ReviewItem] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, as: .reviewer)
            if let bar = try await transaction.reviewBar(to: actor, onAllOf: batch, of: requester) { throw bar }
            return try await transaction.submittedForReview(
                in: batch, of: requester, notBy: actor, after: after, limit: limit
            )
        }
    }
}
