internal import Formats
internal import Foundation
internal import Store

/// Why no tier is proposed. In order of precedence.
package enum ProposeTierRefusal: Refusal {
    /// The worker has not declared the profession.
    case noProfile
    /// No rule gives a higher tier than the one held.
    case noRule
    /// The next tier asks for what the worker does not have: the first such condition.
    case notMet(Tier, TierFinding)

    package var code: String {
        switch self {
        case .noProfile: "no_profile"
        case .noRule: "no_higher_tier"
        case .notMet: "tier_conditions_not_met"
        }
    }

    package var message: String {
        switch self {
        case .noProfile: "The worker has not declared this profession. Declare it first."
        case .noRule: "No rule gives a higher tier in this profession."
        case .notMet(let tier, let finding): "The tier \(tier.rawValue) is not reached. \(finding.sentence)."
        }
    }
}

/// What came of asking for a promotion.
package enum TierOutcome: Hashable, Sendable {
    /// An operator decides.
    case proposed(TierProposal)
    /// The rule gives the tier by itself.
    case granted(Tier)
}

/// Holds a worker against the rules of the tiers, and proposes the highest whose conditions are all met, or gives it
/// where the rule says so.
package struct ProposeTier: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// What is proposed already is the answer, so that asking twice is the same as once.
    ///
    /// - Parameter actor: the worker, or an operator for them.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``ProposeTierRefusal``.
    package func callAsFunction(
        in profession: Profession, for worker: Worker.ID, by actor: Principal.ID
    ) async throws -> TierOutcome {
        try await market.change { change in
            let transaction = change.transaction
            try await change.authorizeSelf(worker, orOperator: actor)
            guard try await transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
            guard try await transaction.hasProfile(worker, in: profession) else { throw ProposeTierRefusal.noProfile }
            if let open = try await transaction.openProposal(of: worker, in: profession) { return .proposed(open) }
            let standing = try await transaction.tierStanding(of: worker, in: profession)
            return try await change.promote(standing, by: try standing.promotion(), asked: actor)
        }
    }
}

extension Transaction {
    func tierStanding(of worker: Worker.ID, in profession: Profession) async throws -> TierStanding {
        TierStanding(
            worker: worker, held: try await tier(of: worker, in: profession),
            record: try await tierRecord(of: worker, in: profession), rules: try await tierRules(of: profession)
        )
    }
}

extension Change {
    /// Gives what an automatic rule gives, else proposes it.
    func promote(_ standing: TierStanding, by rule: TierRule, asked actor: Principal.ID) async throws -> TierOutcome {
        // Whoever wrote the rule answers for what it gives; nobody gives themselves a tier.
        if rule.isAutomatic, rule.publisher.uuid != standing.worker.uuid {
            try await grant(TierGrant(rule, standing.record, to: standing.worker, by: rule.publisher))
            return .granted(rule.tier)
        }
        return .proposed(try await propose(rule.tier, by: rule, of: standing, asked: actor))
    }

    /// - Parameter tier: the rule's, or a lower one that its holder would come to.
    func propose(
        _ tier: Tier, by rule: TierRule, of standing: TierStanding, asked actor: Principal.ID
    ) async throws -> TierProposal {
        let proposal = TierProposal(
            id: make(), worker: standing.worker, profession: rule.profession, tier: tier, held: standing.held,
            rule: rule.id, reasons: .array(rule.conditions.findings(standing.record).map(\.json)), state: .open,
            proposedAt: instant
        )
        try await transaction.insertProposal(proposal, by: actor)
        try await record(
            proposal.isLoss ? "tier_loss_proposed" : "tier_proposed", by: actor, on: "tier_proposal",
            proposal.id.uuid, in: .worker(standing.worker),
            facts: ["profession": .string(rule.profession.code), "tier": .string(tier.rawValue)]
        )
        return proposal
    }
}
