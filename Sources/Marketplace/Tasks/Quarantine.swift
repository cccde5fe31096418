internal import Store

/// A slot that is held back, since lease after lease on it ended without an answer.
package struct QuarantinedSlot: Hashable, Sendable {
    package let task: WorkTask.ID
    package let slot: Int
    /// The requester's own name for the task.
    package let externalKey: String
    package let lapses: Int
    /// Why workers gave it back, as often as each was said.
    package let reasons: [ReturnReason: Int]

    package init(
        task: WorkTask.ID, slot: Int, externalKey: String, lapses: Int, reasons: [ReturnReason: Int]
    ) {
        self.task = task
        self.slot = slot
        self.externalKey = externalKey
        self.lapses = lapses
        self.reasons = reasons
    }
}

/// What of a batch is held back for a person to look at, by pages.
package struct ListQuarantine: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: a publisher of the requester.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        _ batch: Batch.ID, of requester: Requester.ID, after last: QuarantinedSlot? = nil, limit: Int = 50,
        by actor: Principal.ID
    ) async throws -> [QuarantinedSlot] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            return try await transaction.quarantined(batch, of: requester, after: last, limit: limit)
        }
    }
}

/// Lets a slot that was held back be leased again, its lapses forgotten.
package struct ReleaseQuarantine: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: a publisher of the requester.
    /// - Throws: ``AccessRefusal``; ``NotFound`` for a slot that is not held back.
    package func callAsFunction(
        _ task: WorkTask.ID, slot: Int, of requester: Requester.ID, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            try await change.transaction.authorizePublisher(actor, for: requester)
            guard try await change.transaction.releaseQuarantine(task, slot: slot, of: requester) else {
                throw NotFound("quarantined slot")
            }
            try await change.record("slot_released", by: actor, on: "task", task.uuid, in: .requester(requester))
        }
    }
}
