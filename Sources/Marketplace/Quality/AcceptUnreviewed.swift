internal import Foundation
internal import Store

/// Accepts what nobody has judged within the review window, paid in full: a worker does not wait for a reviewer for
/// ever. Safety work is left to a person, whatever the time.
///
/// Source: Fairwork Cloudwork principle 1.1 (all completed work is paid, and on time).
package struct AcceptUnreviewed: Sendable {
    /// How long after an answer was handed in: 14 days, in seconds.
    package static let windowSeconds = 14 * 86_400
    /// Answers in one piece, each in a transaction of its own.
    package static let most = 100

    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded piece. Several may run at once: an answer is settled once.
    ///
    /// - Parameter actor: an operator; the scheduler acts as ``Market/systemPrincipal()``. Only the system accepts
    ///   unseen: a person would be the reviewer of what they have not judged.
    /// - Returns: how many were found; as many as ``most`` mean that there may be more.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(by actor: Principal.ID) async throws -> Int {
        let system = try await market.systemPrincipal()
        let overdue = try await market.database.read { transaction in
            try await transaction.authorize(actor, as: .operator)
            return try await transaction.unjudged(
                since: transaction.instant - TimeInterval(Self.windowSeconds), limit: Self.most)
        }
        for work in overdue { try await accept(work, as: system) }
        return overdue.count
    }

    private func accept(_ item: UnjudgedWork, as system: Principal.ID) async throws {
        try await market.change { change in
            let transaction = change.transaction
            guard let work = try await transaction.workToReview(item.id, of: item.requester),
                work.state.after(.accept) == .accepted, try await transaction.settle(work, as: .accepted)
            else { return }
            try await transaction.enterWorked(work.id, of: work.requester)
            _ = try await change.pay(work, .accepted)
            try await transaction.insertReview(
                change.make(), of: work, .accepted, reasons: "Nobody has judged it in time.", decision: nil, by: system
            )
            try await transaction.closeTaskIfDone(work.task, of: work.requester)
            try await change.record(
                "submission_accepted_unjudged", by: system, on: "assignment", work.id.uuid,
                in: .requester(work.requester)
            )
        }
    }
}

/// A submission whose review window has ended.
struct UnjudgedWork: Sendable {
    let id: Assignment.ID
    let requester: Requester.ID
}
