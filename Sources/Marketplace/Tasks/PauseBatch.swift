internal import Formats
internal import Foundation
internal import Store

/// Stops new leases on a batch, or lets them go on.
package struct PauseBatch: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal``; ``NotFound``; ``BatchRefusal/wrongState(_:_:)``.
    package func callAsFunction(
        _ id: Batch.ID, of requester: Requester.ID, by actor: Principal.ID
    ) async throws {
        try await move(id, of: requester, .pause, by: actor)
    }

    /// Lets the batch hand out work again.
    package func resume(_ id: Batch.ID, of requester: Requester.ID, by actor: Principal.ID) async throws {
        try await move(id, of: requester, .resume, by: actor)
    }

    private func move(
        _ id: Batch.ID, of requester: Requester.ID, _ event: BatchEvent, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            try await change.transaction.authorizePublisher(actor, for: requester)
            guard let batch = try await change.transaction.lockBatch(id, of: requester) else { throw NotFound("batch") }
            guard let next = batch.state.after(event),
                try await change.transaction.moveBatch(id, of: requester, from: batch.state, to: next)
            else { throw BatchRefusal.wrongState(batch.state, event) }
            try await change.record(
                "batch_\(next.rawValue)", by: actor, on: "batch", id.uuid, in: .requester(requester)
            )
        }
    }
}
