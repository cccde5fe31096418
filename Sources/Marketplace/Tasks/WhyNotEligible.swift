package import Formats
internal import Foundation
internal import Store

/// What a worker would be told who claimed work of a batch now.
package enum ClaimProspect: Hashable, Sendable {
    case eligible(EligibilityProof)
    /// The refusal that ``ClaimTask`` would give, as it is the first in its order of precedence.
    case refused(ClaimRefusal)

    /// `{"eligible": true, "proof"}` or `{"eligible": false, "code", "message"}`; where it is a rule of the requirement
    /// that fails, with the `rule` itself, its code as `failing` and the `reason`.
    package var json: JSON {
        switch self {
        case .eligible(let proof): return ["eligible": true, "proof": proof.json]
        case .refused(let refusal):
            var members: [String: JSON] = [
                "eligible": false, "code": .string(refusal.code), "message": .string(refusal.message),
            ]
            if case .notEligible(let fault) = refusal {
                members["failing"] = .string(fault.code)
                members["reason"] = .string(fault.reason.code)
                members["rule"] = fault.rule?.json ?? .null
            }
            return .object(members)
        }
    }
}

/// Answers "why can I not work on this batch" without trying it.
package struct WhyNotEligible: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - batch: claimed or offered; that the work of a batch is only offered is told last, as it bars nobody from it.
    ///   - actor: the worker, or an operator.
    /// - Throws: ``AccessRefusal``; ``NotFound`` for a worker or batch that is not there.
    package func callAsFunction(
        _ worker: Worker.ID, from batch: (requester: Requester.ID, id: Batch.ID), by actor: Principal.ID
    ) async throws -> ClaimProspect {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: actor.uuid == worker.uuid ? .worker : .operator)
            guard let row = try await transaction.workerStanding(worker) else { throw NotFound("worker") }
            guard let offering = try await transaction.offering(batch.id, of: batch.requester) else {
                throw NotFound("batch")
            }
            let seeker = try await WorkSeeker(row, in: transaction)
            guard let prospect = try await transaction.prospects(of: seeker, from: [offering], byName: true).first
            else {
                throw NotFound("batch")
            }
            return prospect
        }
    }
}
