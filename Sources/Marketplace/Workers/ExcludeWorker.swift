internal import Formats
internal import Foundation
internal import Store

/// A requester keeps a worker from its work, by a decision with reasons that the worker is told and can appeal.
package struct ExcludeWorker: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - reason: for the worker to read, 1 to 2,000 characters.
    ///   - actor: a person of the requester, or an operator.
    /// - Throws: ``AccessRefusal``, ``BadInput``, ``NotFound``, ``ExclusionRefusal/alreadyExcluded``,
    ///   ``DecisionRefusal``.
    package func callAsFunction(
        _ worker: Worker.ID, from requester: Requester.ID, reason: String, by actor: Principal.ID
    ) async throws -> Exclusion.ID {
        let reason = try PlainText.lines(reason, field: "reason", lengthMax: 2_000)
        return try await market.change { change in
            try await change.transaction.authorizeOperator(actor, orRequester: requester)
            return try await change.exclude(
                worker, from: requester, reason: reason, rule: "requester_exclusion", by: actor)
        }
    }
}

extension Change {
    /// Keeps a worker from a requester's work, by a decision.
    ///
    /// - Parameters:
    ///   - facts: what the decider saw, beside who excludes.
    ///   - automated: what programs had a part in it, for the worker to read.
    /// - Throws: ``NotFound``, ``ExclusionRefusal/alreadyExcluded``, ``DecisionRefusal``.
    func exclude(
        _ worker: Worker.ID, from requester: Requester.ID, reason: String, rule: String, facts: [String: JSON] = [:],
        automated: String = "none", by actor: Principal.ID
    ) async throws -> Exclusion.ID {
        guard let name = try await transaction.requesterName(requester) else { throw NotFound("requester") }
        guard try await transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
        let id: Exclusion.ID = make()
        guard try await transaction.insertExclusion(id, of: worker, from: requester, reason: reason, by: actor)
        else { throw ExclusionRefusal.alreadyExcluded }
        let own: [String: JSON] = ["requester": .string("\(requester)"), "requester_name": .string(name)]
        _ = try await decide(
            .exclusion, about: worker, subject: id.uuid, rule: rule,
            facts: .object(own.merging(facts) { own, _ in own }), reasons: reason, automated: automated, by: actor)
        try await refreshEligibility(of: worker, after: .exclusion)
        try await record(
            "worker_excluded", by: actor, on: "exclusion", id.uuid, in: .requester(requester),
            facts: ["worker": .string("\(worker)")])
        return id
    }
}

/// Ends an exclusion, and tells the worker. It stays on record.
package struct LiftExclusion: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: somebody of the requester, or an operator.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``ExclusionRefusal/notExcluded``.
    package func callAsFunction(
        of worker: Worker.ID, from requester: Requester.ID, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorizeOperator(actor, orRequester: requester)
            guard let name = try await transaction.requesterName(requester) else { throw NotFound("requester") }
            guard try await transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
            guard let id = try await transaction.endExclusion(of: worker, from: requester) else {
                throw ExclusionRefusal.notExcluded
            }
            try await transaction.tell(
                Principal.ID(worker.uuid), kind: "exclusion_lifted",
                facts: ["requester": .string("\(requester)"), "requester_name": .string(name)], id: change.make()
            )
            try await change.refreshEligibility(of: worker, after: .exclusion)
            try await change.record(
                "exclusion_lifted", by: actor, on: "exclusion", id.uuid, in: .requester(requester),
                facts: ["worker": .string("\(worker)")]
            )
        }
    }
}

/// Shows whom a requester excludes, newest first.
package struct ListExclusions: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - past: whether those that were lifted are shown, too.
    ///   - before: the last one of the page before; `nil` for the first page.
    ///   - limit: 1 to 200.
    ///   - actor: somebody of the requester, or an operator.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(
        of requester: Requester.ID, past: Bool = false, before: Exclusion.ID? = nil, limit: Int = ListWorkers.pageMax,
        by actor: Principal.ID
    ) async throws -> [Exclusion] {
        try await market.database.read { transaction in
            try await transaction.authorizeOperator(toSee: actor, orRequester: requester)
            return try await transaction.exclusions(
                of: requester, past: past, before: before, limit: min(max(limit, 1), ListWorkers.pageMax)
            )
        }
    }
}
