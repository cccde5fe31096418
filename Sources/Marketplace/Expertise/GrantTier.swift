package import Formats
internal import Foundation
internal import Store

/// Gives a worker a tier in a profession from now on. The tiers held before stay on record with their times.
package struct GrantTier: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Granting the tier that is held changes nothing.
    ///
    /// - Parameters:
    ///   - reasons: why, for the record; of a loss its own reasons count.
    ///   - loss: needed when the tier is lower than the one held: the rule, the facts and the reasons of the
    ///     decision, which the worker is told and may appeal.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``ExpertiseRefusal``, ``DecisionRefusal``, ``BadInput``.
    package func callAsFunction(
        _ tier: Tier, in profession: Profession, to worker: Worker.ID, reasons: String = "An operator vouches for it.",
        loss: TierLoss? = nil, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            guard try await change.transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
            let change = try await change.afterWaiting()
            let transaction = change.transaction
            guard actor.uuid != worker.uuid else { throw ExpertiseRefusal.ownVerifier }
            guard try await transaction.hasProfile(worker, in: profession) else { throw ExpertiseRefusal.noProfile }
            let held = try await transaction.tier(of: worker, in: profession)
            if tier > held ?? .generalist, tier >= .expert,
                try await !transaction.hasLicenceOfTwo(worker, in: profession)
            {
                throw ExpertiseRefusal.notConfirmed
            }
            if let held, tier < held {
                guard let loss else { throw ExpertiseRefusal.reasonsMissing }
                _ = try await change.decide(
                    .tierLoss, about: worker, subject: worker.uuid, rule: loss.rule, facts: loss.facts,
                    reasons: loss.reasons, by: actor
                )
            }
            guard held != tier else { return }
            try await change.grant(
                TierGrant(
                    tier, in: profession, to: worker, as: .operator, reasons: loss?.reasons ?? reasons, by: actor
                ))
        }
    }
}

/// Why a tier is lowered.
package struct TierLoss: Hashable, Sendable {
    package let rule: String
    package let facts: JSON
    package let reasons: String

    package init(rule: String, facts: JSON, reasons: String) {
        self.rule = rule
        self.facts = facts
        self.reasons = reasons
    }
}
