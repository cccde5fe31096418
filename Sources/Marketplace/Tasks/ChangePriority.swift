internal import Formats
internal import Store

/// Hands a batch out before or after others.
package struct ChangePriority: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// The same priority again changes nothing.
    ///
    /// - Parameters:
    ///   - priority: -1,000,000 to 1,000,000; higher ones are handed out first.
    ///   - actor: a publisher of the requester.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound``; ``BatchLifeRefusal/ended(_:)``.
    package func callAsFunction(
        _ priority: Int, of id: Batch.ID, from requester: Requester.ID, by actor: Principal.ID
    ) async throws {
        try BatchDraft.check(priority, BatchDraft.priorities, "priority")
        try await market.change { change in
            try await change.transaction.authorizePublisher(actor, for: requester)
            guard let batch = try await change.transaction.lockBatch(id, of: requester) else { throw NotFound("batch") }
            try batch.mustNotHaveEnded()
            guard batch.priority != priority else { return }
            try await change.transaction.setPriority(priority, of: batch)
            try await change.record(
                "batch_priority_changed", by: actor, on: "batch", id.uuid, in: .requester(requester),
                facts: ["priority": .integer(Int64(priority))]
            )
        }
    }
}
