internal import Formats
internal import Store

/// Makes a task of a draft batch a canary: something is the matter with it, and whoever reads it gives it back and says
/// so. Handing in any answer to it is wrong.
package struct SetCanary: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - key: the task's external key.
    ///   - reasons: any of which is right to give it back for; each once.
    ///   - exposures: to how many people it is shown in all, 1 to 100.
    ///   - actor: somebody who publishes for the requester.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound``; ``BatchRefusal/notDraft(_:)``; ``GoldRefusal``.
    package func callAsFunction(
        _ key: String, in batch: Batch.ID, of requester: Requester.ID, reasons: Set<ReturnReason>,
        exposures: Int = GoldItem.usualMost, by actor: Principal.ID
    ) async throws -> GoldItem.ID {
        guard !reasons.isEmpty else { throw BadInput("reasons", "must name one at least") }
        guard (1...100).contains(exposures) else { throw BadInput("exposures", "must be 1 to 100") }
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorizePublisher(actor, for: requester)
            guard let batch = try await transaction.lockBatch(batch, of: requester) else { throw NotFound("batch") }
            guard batch.state == .draft else { throw BatchRefusal.notDraft(batch.state) }
            guard batch.sharing.goldBasisPoints > 0 else { throw GoldRefusal.noRate }
            guard let task = try await transaction.tasks(named: [key], in: batch)[key] else {
                throw NotFound("task called '\(key)'")
            }
            let ordered = ReturnReason.allCases.filter(reasons.contains)
            guard try await transaction.insertCanary(task, of: batch, ordered, exposuresMax: exposures) else {
                throw GoldRefusal.alreadyGold
            }
            try await transaction.setAsideGold([key], of: batch, id: change.make())
            try await change.record(
                "canary_set", by: actor, on: "task", task.uuid, in: .requester(requester),
                facts: ["reasons": .array(ordered.map { .string($0.rawValue) })])
            return GoldItem.ID(task.uuid)
        }
    }
}

/// A requester's gold, by pages.
package struct ListGold: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - source: only these.
    ///   - after: the last item of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: somebody who publishes for the requester.
    /// - Returns: by id, which is the order in which their tasks came in.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func callAsFunction(
        of requester: Requester.ID, in source: GoldSource? = nil, after: GoldItem.ID? = nil, limit: Int = 50,
        by actor: Principal.ID
    ) async throws -> [GoldItem] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            return try await transaction.goldItems(of: requester, in: source, after: after, limit: limit)
        }
    }
}
