package import Formats
package import Foundation
internal import Store

/// Where the proposal of a tier stands: the values of the PostgreSQL enum `tier_proposal_state`, in its order.
package enum TierProposalState: String, Sendable, CaseIterable, SQLEnum {
    case open, granted, declined, withdrawn
}

/// What can happen to a proposal.
package enum TierProposalEvent: String, Sendable, CaseIterable {
    case grant, decline, withdraw
}

extension TierProposalState {
    /// The state after an event.
    ///
    /// - Throws: ``IllegalTransition`` when the event cannot happen here.
    package func after(_ event: TierProposalEvent) throws(IllegalTransition) -> TierProposalState {
        switch (self, event) {
        case (.open, .grant): .granted
        case (.open, .decline): .declined
        case (.open, .withdraw): .withdrawn
        case (.granted, _), (.declined, _), (.withdrawn, _):
            throw IllegalTransition("proposal", in: rawValue, event: event.rawValue)
        }
    }
}

/// A promotion, or a loss, that a rule proposes, with what the worker was found to have.
package struct TierProposal: Hashable, Sendable {
    package typealias ID = Identifier<TierProposal>
    package let id: ID
    package let worker: Worker.ID
    package let profession: Profession
    package let tier: Tier
    /// Held when it was proposed; higher than `tier` for a loss.
    package let held: Tier?
    /// Whose conditions are met; of a loss, those that are not met any more.
    package let rule: TierRule.ID
    /// ``TierFinding/json`` of every condition.
    package let reasons: JSON
    package let state: TierProposalState
    package let proposedAt: Date

    /// Granting it is a decision against the worker.
    package var isLoss: Bool { held.map { $0 > tier } ?? false }

    package var json: JSON {
        [
            "proposal": .string("\(id)"), "worker": .string("\(worker)"), "profession": .string(profession.code),
            "tier": .string(tier.rawValue), "held": held.map { .string($0.rawValue) } ?? .null,
            "is_loss": .bool(isLoss), "rule": .string("\(rule)"), "reasons": reasons,
            "state": .string(state.rawValue),
            "proposed_at": .integer(Int64(exactly: proposedAt.timeIntervalSince1970.rounded(.down)) ?? 0),
        ]
    }
}

/// A tier held from one instant to another.
package struct TierPeriod: Hashable, Sendable {
    package let profession: Profession
    package let tier: Tier
    package let from: Date
    /// `nil` for the one that is held now.
    package let until: Date?
    package let decidedBy: Principal.ID
    package let ground: TierGround
    package let reasons: String

    /// Times in whole seconds since 1970.
    package var json: JSON {
        [
            "profession": .string(profession.code), "tier": .string(tier.rawValue), "from": second(from),
            "until": until.map(second) ?? .null, "decided_by": .string("\(decidedBy)"),
            "ground": .string(ground.rawValue), "reasons": .string(reasons),
        ]
    }

    private func second(_ instant: Date) -> JSON {
        .integer(Int64(exactly: instant.timeIntervalSince1970.rounded(.down)) ?? 0)
    }
}

/// Shows the tiers that a worker has held, and what is proposed.
package struct TierHistory: Sendable {
    package static let pageMax = 200
    let market: Market

    package init(market: Market) { self.market = market }

    /// Newest first.
    ///
    /// - Parameters:
    ///   - end: only periods that began before it; the `from` of the last one of the page before.
    ///   - actor: the worker, or an operator.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(
        of worker: Worker.ID, before end: Date? = nil, limit: Int = pageMax, by actor: Principal.ID
    ) async throws -> [TierPeriod] {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: actor.uuid == worker.uuid ? .worker : .operator)
            return try await transaction.tierPeriods(
                of: worker, before: end, limit: min(max(limit, 1), Self.pageMax)
            )
        }
    }

    /// Which tier a worker held at an instant: one, or none.
    ///
    /// - Throws: ``AccessRefusal``.
    package func tier(
        of worker: Worker.ID, in profession: Profession, at instant: Date, by actor: Principal.ID
    ) async throws -> Tier? {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: actor.uuid == worker.uuid ? .worker : .operator)
            return try await transaction.tier(of: worker, in: profession, at: instant)
        }
    }

    /// What waits for an operator, oldest first.
    ///
    /// - Throws: ``AccessRefusal``.
    package func openProposals(
        after proposal: TierProposal.ID? = nil, limit: Int = pageMax, by actor: Principal.ID
    ) async throws -> [TierProposal] {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            return try await transaction.openProposals(after: proposal, limit: min(max(limit, 1), Self.pageMax))
        }
    }
}
