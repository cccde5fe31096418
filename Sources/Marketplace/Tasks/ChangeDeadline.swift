internal import Formats
package import Foundation
internal import Store

/// Gives a batch more time, or less as far as nobody was promised more. Leases keep their own terms either way.
package struct ChangeDeadline: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// The same deadline again changes nothing.
    ///
    /// - Parameters:
    ///   - dueAt: in the next ten years; `nil` for no deadline.
    ///   - actor: a publisher of the requester.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound``; ``BatchLifeRefusal``.
    package func callAsFunction(
        _ dueAt: Date?, of id: Batch.ID, from requester: Requester.ID, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorizePublisher(actor, for: requester)
            guard let batch = try await transaction.lockBatch(id, of: requester) else { throw NotFound("batch") }
            try batch.mustNotHaveEnded()
            guard batch.dueAt != dueAt else { return }
            if batch.state.isInWork, let old = batch.dueAt, old <= change.instant { throw BatchLifeRefusal.overdue }
            if let dueAt {
                try dueAt.mustBeADeadline(at: change.instant)
                let isShorter = batch.dueAt.map { dueAt < $0 } ?? true
                if isShorter, let promised = try await transaction.latestPromise(of: batch), dueAt < promised {
                    throw BatchLifeRefusal.promised(until: promised)
                }
            }
            try await transaction.setDeadline(dueAt, of: batch)
            try await change.record(
                "batch_deadline_changed", by: actor, on: "batch", id.uuid, in: .requester(requester),
                facts: ["due_at": dueAt.map { .string($0.ISO8601Format()) } ?? .null]
            )
        }
    }
}
