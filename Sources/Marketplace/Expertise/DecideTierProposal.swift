internal import Formats
internal import Foundation
internal import Store

/// Why a proposal cannot be granted. In order of precedence.
package enum DecideTierRefusal: Refusal {
    /// The worker has that tier, or a higher one, by now.
    case heldAlready
    /// Of a loss: the worker does not hold the tier any more that they would lose.
    case notHeld
    /// The first condition that held when it was proposed and does not now.
    case noLongerMet(TierFinding)
    /// Of a loss: all that the tier asks for is met again.
    case metAgain

    package var code: String {
        switch self {
        case .heldAlready: "tier_held_already"
        case .notHeld: "tier_not_held"
        case .noLongerMet: "tier_conditions_not_met"
        case .metAgain: "tier_conditions_met_again"
        }
    }

    package var message: String {
        switch self {
        case .heldAlready: "The worker holds this tier or a higher one already. Decline the proposal."
        case .notHeld: "The worker does not hold the tier any more that they would lose. Decline the proposal."
        case .noLongerMet(let finding): "A condition no longer holds. \(finding.sentence)."
        case .metAgain: "The worker meets all that the tier asks for again. Decline the proposal."
        }
    }
}

/// Grants or declines what a rule proposed.
package struct DecideTierProposal: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - declineNote: why not, for the worker to read; `nil` to grant. What is declined can be asked for again at
    ///     once: nothing was taken from the worker.
    ///   - lossReasons: needed to grant a loss: of the decision, which the worker is told and may appeal.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``ExpertiseRefusal/ownVerifier``,
    ///   ``ExpertiseRefusal/reasonsMissing``, ``IllegalTransition``, ``DecideTierRefusal``, ``DecisionRefusal``,
    ///   ``BadInput``.
    package func callAsFunction(
        _ id: TierProposal.ID, declineNote: String? = nil, lossReasons: String? = nil, by actor: Principal.ID
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
            if note == nil, proposal.isLoss, lossReasons == nil { throw ExpertiseRefusal.reasonsMissing }
            let state = try proposal.state.after(note == nil ? .grant : .decline)
            let grant = note == nil ? try await change.grant(of: proposal, lossReasons: lossReasons, by: actor) : nil
            try await change.end(proposal, as: state, note: note, by: actor)
            if let grant { try await change.grant(grant) }
            // Of a loss the decision tells.
            if grant != nil, proposal.isLoss { return }
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
}

/// Takes back a proposal that nobody has decided.
package struct WithdrawTierProposal: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker, or an operator for them; of a loss, an operator only.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``IllegalTransition``.
    package func callAsFunction(_ id: TierProposal.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            let transaction = change.transaction
            guard let worker = try await transaction.worker(ofProposal: id) else { throw NotFound("proposal") }
            try await change.authorizeSelf(worker, orOperator: actor)
            guard try await transaction.lockWorkerForChange(worker) != nil,
                let proposal = try await transaction.proposal(id)
            else { throw NotFound("proposal") }
            if proposal.isLoss { try await transaction.authorize(actor, as: .operator) }
            try await change.end(proposal, as: try proposal.state.after(.withdraw), note: nil, by: actor)
        }
    }
}

extension Change {
    /// What granting gives, if what was true when it was proposed is true still; a loss is a decision.
    fileprivate func grant(
        of proposal: TierProposal, lossReasons: String?, by actor: Principal.ID
    ) async throws -> TierGrant {
        let (worker, profession) = (proposal.worker, proposal.profession)
        let held = try await transaction.tier(of: worker, in: profession)
        if proposal.isLoss {
            guard held == proposal.held else { throw DecideTierRefusal.notHeld }
        } else {
            guard held.map({ $0 < proposal.tier }) ?? true else { throw DecideTierRefusal.heldAlready }
        }
        guard let rule = try await transaction.tierRule(proposal.rule) else { throw NotFound("rule") }
        let record = try await transaction.tierRecord(of: worker, in: profession)
        let missing = rule.conditions.missing(record)
        guard proposal.isLoss, let lossReasons else {
            if let missing { throw DecideTierRefusal.noLongerMet(missing) }
            return TierGrant(rule, record, to: worker, by: actor)
        }
        guard missing != nil else { throw DecideTierRefusal.metAgain }
        _ = try await decide(
            .tierLoss, about: worker, subject: worker.uuid, rule: "tier_conditions_not_met",
            facts: [
                "proposal": .string("\(proposal.id)"), "tier_rule": .string("\(rule.id)"),
                "conditions": .array(rule.conditions.findings(record).map(\.json)),
            ],
            reasons: lossReasons, automated: "A rule has proposed it; a person has decided.", by: actor
        )
        return try TierGrant(
            proposal.tier, in: profession, to: worker, as: .operator, reasons: lossReasons, by: actor)
    }

    func end(
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
