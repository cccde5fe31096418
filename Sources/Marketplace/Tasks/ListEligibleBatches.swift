package import Formats
package import Foundation
internal import Store

/// A batch that a worker could take work of now.
package struct EligibleBatch: Hashable, Sendable {
    package let requester: Requester.ID
    package let id: Batch.ID
    package let projectName: String
    /// For one task.
    package let pay: Money
    package let expectedMinutes: Int
    package let priority: Int
    package let openedAt: Date?

    /// `{"requester_id", "batch_id", "project", "pay_minor", "currency", "expected_minutes", "priority"}`.
    package var json: JSON {
        [
            "requester_id": .string("\(requester)"), "batch_id": .string("\(id)"), "project": .string(projectName),
            "pay_minor": .integer(pay.minorUnits), "currency": .string(pay.currency.code),
            "expected_minutes": .integer(Int64(expectedMinutes)), "priority": .integer(Int64(priority)),
        ]
    }
}

/// Answers "what am I eligible for": open batches with work to claim whose requirement the worker meets, in the order
/// in which they would be given out. What bars the worker from a whole batch is left out: their team, an exclusion, an
/// interest; so is what pays less than the worker asks for. Hours, leases in hand and what the worker has done already
/// are not looked at; see ``WhyNotEligible``.
package struct ListEligibleBatches: Sendable {
    package static let pageMax = 100
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - last: of the page before; it need not be open any more.
    ///   - limit: 1 to 100.
    ///   - actor: the worker, or an operator.
    /// - Returns: nothing for a worker who is not active.
    /// - Throws: ``AccessRefusal``; ``NotFound`` for a worker or last batch that is not there.
    package func callAsFunction(
        for worker: Worker.ID, after last: (requester: Requester.ID, id: Batch.ID)? = nil, limit: Int = 20,
        by actor: Principal.ID
    ) async throws -> [EligibleBatch] {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: actor.uuid == worker.uuid ? .worker : .operator)
            guard let row = try await transaction.workerStanding(worker) else { throw NotFound("worker") }
            guard row.state == .active else { return [] }
            var lastSeen: Offering?
            if let last {
                lastSeen = try await transaction.offering(last.id, of: last.requester)
                guard lastSeen != nil else { throw NotFound("batch") }
            }
            return try await transaction.offerings(
                meeting: try await transaction.metRequirements(of: worker),
                to: try await transaction.workerBonds(of: worker), asking: try await transaction.asks(of: worker),
                after: lastSeen, limit: min(max(limit, 1), Self.pageMax)
            ).map(EligibleBatch.init)
        }
    }
}

extension EligibleBatch {
    fileprivate init(_ offering: Offering) {
        self.init(
            requester: offering.requester, id: offering.batch, projectName: offering.projectName,
            pay: offering.pay, expectedMinutes: offering.expectedMinutes, priority: offering.priority,
            openedAt: offering.openedAt
        )
    }
}
