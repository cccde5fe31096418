package import Foundation
internal import Store

/// A batch that a worker could take work of now.
package struct EligibleBatch: Hashable, Sendable {
    package let requester: Requester.ID
    package let id: Batch.ID
    /// For one task.
    package let pay: Money
    package let expectedMinutes: Int
    package let priority: Int
    package let openedAt: Date?
    fileprivate let offering: Offering

    package static func == (left: EligibleBatch, right: EligibleBatch) -> Bool { left.id == right.id }
    package func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

/// Answers "what am I eligible for": open batches with work to claim whose requirement the worker meets, in the order
/// in which they would be given out. Hours and leases in hand are not looked at.
package struct ListEligibleBatches: Sendable {
    package static let pageMax = 100
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 100.
    ///   - actor: the worker, or an operator.
    /// - Returns: nothing for a worker who is not active.
    /// - Throws: ``AccessRefusal``, ``NotFound``.
    package func callAsFunction(
        for worker: Worker.ID, after last: EligibleBatch? = nil, limit: Int = 20, by actor: Principal.ID
    ) async throws -> [EligibleBatch] {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, as: actor.uuid == worker.uuid ? .worker : .operator)
            guard let row = try await transaction.workerStanding(worker) else { throw NotFound("worker") }
            guard row.state == .active else { return [] }
            let met = try await transaction.metRequirements(of: worker)
            return try await transaction.offerings(
                meeting: met, after: last?.offering, limit: min(max(limit, 1), Self.pageMax)
            ).map(EligibleBatch.init)
        }
    }
}

extension EligibleBatch {
    fileprivate init(_ offering: Offering) {
        self.init(
            requester: offering.requester, id: offering.batch, pay: offering.pay,
            expectedMinutes: offering.expectedMinutes, priority: offering.priority, openedAt: offering.openedAt,
            offering: offering
        )
    }
}
