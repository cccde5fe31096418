internal import Formats
internal import Store

/// Leaves a closed batch out of lists. Everything of it can still be read, reviewed and exported.
package struct ArchiveBatch: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Archiving what is archived changes nothing.
    ///
    /// - Parameter actor: a publisher of the requester.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``BatchRefusal/wrongState(_:_:)``.
    package func callAsFunction(_ id: Batch.ID, of requester: Requester.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            try await change.transaction.authorizePublisher(actor, for: requester)
            guard let batch = try await change.transaction.lockBatch(id, of: requester) else { throw NotFound("batch") }
            guard batch.state != .archived else { return }
            guard batch.state.after(.archive) == .archived else {
                throw BatchRefusal.wrongState(batch.state, .archive)
            }
            try await change.transaction.archive(batch)
            try await change.record(
                "batch_archived", by: actor, on: "batch", id.uuid, in: .requester(requester)
            )
        }
    }
}
