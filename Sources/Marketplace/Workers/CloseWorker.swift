package import Formats
internal import Foundation

/// Why an account is not closed.
package enum CloseWorkerRefusal: Refusal, CaseIterable {
    case leasesLive

    package var code: String {
        switch self {
        case .leasesLive: "leases_live"
        }
    }

    package var message: String {
        switch self {
        case .leasesLive: "The worker still holds tasks. Submit or give back those first."
        }
    }
}

/// Ends a worker's account for good. What was earned is still paid.
package struct CloseWorker: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// By the worker themselves: without reasons, and without a decision.
    ///
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``IllegalTransition``, ``CloseWorkerRefusal``.
    package func callAsFunction(ownAccount worker: Worker.ID) async throws {
        let actor = Principal.ID(worker.uuid)
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .worker)
            try await change.close(worker, by: actor)
        }
    }

    /// By an operator: a decision with reasons that can be appealed. Its facts also say where the worker stood.
    ///
    /// - Returns: the decision; the worker is told of it.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``IllegalTransition``, ``CloseWorkerRefusal``, ``DecisionRefusal``,
    ///   ``BadInput``.
    package func callAsFunction(
        _ worker: Worker.ID, rule: String, facts: JSON, reasons: String, by actor: Principal.ID
    ) async throws -> Decision.ID {
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            guard let before = try await change.transaction.lockWorkerForChange(worker)?.state else {
                throw NotFound("worker")
            }
            try await change.close(worker, by: actor)
            // What it is opened as again, should an appeal be granted.
            let standing: [String: JSON] = ["standing": .string(before.rawValue)]
            return try await change.decide(
                .closure, about: worker, subject: worker.uuid, rule: rule,
                facts: .object(standing.merging(facts.objectValue ?? [:]) { kept, _ in kept }), reasons: reasons,
                by: actor
            )
        }
    }
}

extension Change {
    /// Under the worker's lock, for which a lease in flight makes the closing wait.
    fileprivate func close(_ worker: Worker.ID, by actor: Principal.ID) async throws {
        try await move(worker, .close, by: actor)
        guard try await transaction.liveLeases(of: worker) == 0 else { throw CloseWorkerRefusal.leasesLive }
    }
}
