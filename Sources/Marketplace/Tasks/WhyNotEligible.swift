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
            try await transaction.authorize(actor, as: actor.uuid == worker.uuid ? .worker : .operator)
            guard let row = try await transaction.workerStanding(worker) else { throw NotFound("worker") }
            guard let offering = try await transaction.offering(batch.id, of: batch.requester) else {
                throw NotFound("batch")
            }
            return try await transaction.prospect(of: row, from: offering)
        }
    }
}

extension Transaction {
    /// In the order in which ``ClaimTask`` refuses.
    fileprivate func prospect(of worker: WorkerRow, from offering: Offering) async throws -> ClaimProspect {
        guard try await holds(Principal.ID(worker.id.uuid), .worker, for: nil) else { return .refused(.notAWorker) }
        guard worker.state == .active else { return .refused(.notActive(worker.state)) }
        guard let limits = try await workLimits(of: worker.id) else { return .refused(.notAWorker) }
        guard try await liveLeases(of: worker.id) < limits.tasksAtOnceMax else {
            return .refused(.mostAtOnce(limits.tasksAtOnceMax))
        }
        guard offering.state == .open else { return .refused(.batchNotOpen(offering.state)) }
        guard offering.hasOpenSlot else { return .refused(.noWork) }
        let bonds = try await workerBonds(of: worker.id)
        if let bar = offering.bar(to: bonds) { return .refused(bar) }
        guard let facts = try await workerFacts(worker.id, at: instant),
            let requirement = try await requirement(offering.requirement)
        else { throw NotFound("requirement") }
        let proof: EligibilityProof
        switch requirement.evaluate(normal: facts, at: instant) {
        case .eligible(let found): proof = found
        case .ineligible(let fault): return .refused(.notEligible(fault))
        }
        let day = try WorkWeek.day(of: instant, timeZone: worker.timeZone)
        let week = try WorkWeek.start(of: instant, timeZone: worker.timeZone)
        switch try await passedCap(
            by: offering.expectedMinutes, of: worker.id, on: day, weekStartsOn: week, within: limits
        ) {
        case .week: return .refused(.hoursCap)
        case .day: return .refused(.dayCap)
        case nil: break
        }
        if let cap = offering.workerTasksMax {
            let held = try await tasksHeld(of: offering.key, by: worker.id, most: cap)
            guard held < cap else { return .refused(.batchCap(cap)) }
        }
        guard try await hasOpenSlot(of: offering, for: worker.id, with: bonds) else { return .refused(.noWork) }
        return offering.door == .claim ? .eligible(proof) : .refused(.offeredOnly)
    }
}
