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
            let held = try await transaction.tier(of: worker, in: profession)
            let rules = try await transaction.tierRules(of: profession).filter { rule in
                held.map { rule.tier > $0 } ?? true
            }
            guard let next = rules.first else { throw ProposeTierRefusal.noRule }
            let record = try await transaction.tierRecord(of: worker, in: profession)
            let met = rules.last { $0.conditions.findings(record).allSatisfy(\.isMet) }
            guard let rule = met else {
                guard let missing = next.conditions.findings(record).first(where: { !$0.isMet }) else {
                    throw ProposeTierRefusal.noRule
                }
                throw ProposeTierRefusal.notMet(next.tier, missing)
            }
            // Whoever wrote the rule answers for what it gives; nobody gives themselves a tier.
            if rule.isAutomatic, rule.publisher.uuid != worker.uuid {
                try await change.grant(rule.tier, in: profession, to: worker, by: rule.publisher)
                return .granted(rule.tier)
            }
            return .proposed(try await change.propose(rule, record, for: worker, by: actor))
        }
    }
}

/// Grants or declines what a rule proposed.
package struct DecideTierProposal: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter declineNote: why not, for the worker to read; `nil` to grant. What is declined can be proposed
    ///   again at once: nothing was taken from the worker.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``ExpertiseRefusal/ownVerifier``, ``IllegalTransition``,
    ///   ``DecideTierRefusal``, ``BadInput``.
    package func callAsFunction(
        _ id: TierProposal.ID, declineNote: String? = nil, by actor: Principal.ID
    ) async throws {
        let note = if let declineNote { try PlainText.lines(declineNote, field: "note") } else { String?.none }
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard let worker = try await transaction.worker(ofProposal: id),
                try await transaction.lockWorkerForChange(worker) != nil,
                let proposal = try await transaction.proposal(id)
            else { throw NotFound("proposal") }
            guard actor.uuid != worker.uuid else { throw ExpertiseRefusal.ownVerifier }
            let state = try proposal.state.after(note == nil ? .grant : .decline)
            if note == nil { try await check(proposal, transaction) }
            try await change.close(proposal, as: state, note: note, by: actor)
            if note == nil {
                try await change.grant(proposal.tier, in: proposal.profession, to: worker, by: actor)
            }
            try await transaction.tell(
                Principal.ID(worker.uuid), kind: "tier_proposal_\(state.rawValue)",
                facts: [
                    "profession": .string(proposal.profession.code), "tier": .string(proposal.tier.rawValue),
                    "note": note.map(JSON.string) ?? .null,
                ],
                id: change.make()
            )
        }
    }

    /// What was true when it was proposed must be true still.
    private func check(_ proposal: TierProposal, _ transaction: Transaction) async throws {
        let held = try await transaction.tier(of: proposal.worker, in: proposal.profession)
        guard held.map({ $0 < proposal.tier }) ?? true else { throw DecideTierRefusal.heldAlready }
        guard let rule = try await transaction.tierRule(proposal.rule) else { throw NotFound("rule") }
        let record = try await transaction.tierRecord(of: proposal.worker, in: proposal.profession)
        if let missing = rule.conditions.findings(record).first(where: { !$0.isMet }) {
            throw DecideTierRefusal.noLongerMet(missing)
        }
    }
}

/// Why a proposal cannot be granted. In order of precedence.
package enum DecideTierRefusal: Refusal {
    /// The worker has that tier, or a higher one, by now.
    case heldAlready
    /// The first condition that held when it was proposed and does not now.
    case noLongerMet(TierFinding)

    package var code: String {
        switch self {
        case .heldAlready: "tier_held_already"
        case .noLongerMet: "tier_conditions_not_met"
        }
    }

    package var message: String {
        switch self {
        case .heldAlready: "The worker holds this tier or a higher one already. Decline the proposal."
        case .noLongerMet(let finding): "A condition no longer holds. \(finding.sentence)."
        }
    }
}

/// Takes back a proposal that nobody has decided.
package struct WithdrawTierProposal: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker, or an operator for them.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``IllegalTransition``.
    package func callAsFunction(_ id: TierProposal.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            let transaction = change.transaction
            guard let worker = try await transaction.worker(ofProposal: id) else { throw NotFound("proposal") }
            try await change.authorizeSelf(worker, orOperator: actor)
            guard try await transaction.lockWorkerForChange(worker) != nil,
                let proposal = try await transaction.proposal(id)
            else { throw NotFound("proposal") }
            try await change.close(proposal, as: try proposal.state.after(.withdraw), note: nil, by: actor)
        }
    }
}

extension Change {
    fileprivate func propose(
        _ rule: TierRule, _ record: TierRecord, for worker: Worker.ID, by actor: Principal.ID
    ) async throws -> TierProposal {
        let proposal = TierProposal(
            id: make(), worker: worker, profession: rule.profession, tier: rule.tier, rule: rule.id,
            reasons: .array(rule.conditions.findings(record).map(\.json)), state: .open, proposedAt: instant
        )
        try await transaction.insertProposal(proposal, by: actor)
        try await self.record(
            "tier_proposed", by: actor, on: "tier_proposal", proposal.id.uuid, in: .worker(worker),
            facts: ["profession": .string(rule.profession.code), "tier": .string(rule.tier.rawValue)]
        )
        return proposal
    }

    fileprivate func close(
        _ proposal: TierProposal, as state: TierProposalState, note: String?, by actor: Principal.ID
    ) async throws {
        guard try await transaction.closeProposal(proposal.id, as: state, note: note, by: actor) else {
            throw IllegalTransition("proposal", in: proposal.state.rawValue, event: state.rawValue)
        }
        try await record(
            "tier_proposal_\(state.rawValue)", by: actor, on: "tier_proposal", proposal.id.uuid,
            in: .worker(proposal.worker)
        )
    }
}
