internal import Formats
internal import Foundation
internal import Store

/// Why somebody holds a tier: the values of the PostgreSQL enum `tier_ground`, in its order.
package enum TierGround: String, Sendable, CaseIterable, SQLEnum {
    /// A rule proposed it and a person granted it, or an automatic rule gave it.
    case rule
    /// A person gave it, or took a higher one away.
    case `operator`
    /// It was held on the platform that the worker came from.
    case `import`
}

/// A tier given to a worker, and why.
struct TierGrant: Sendable {
    let worker: Worker.ID
    let profession: Profession
    let tier: Tier
    let ground: TierGround
    /// Of the ground `rule`, and of no other.
    let rule: TierRule.ID?
    /// 1 to 4,000 characters.
    let reasons: String
    /// Whoever published the rule, where that gave it by itself.
    let decider: Principal.ID

    /// By a rule whose conditions are met.
    init(_ rule: TierRule, _ record: TierRecord, to worker: Worker.ID, by decider: Principal.ID) {
        self.worker = worker
        (profession, tier) = (rule.profession, rule.tier)
        (ground, self.rule) = (.rule, rule.id)
        let findings = rule.conditions.findings(record).map(\.sentence).joined(separator: "; ")
        reasons = String(findings.prefix(4_000))
        self.decider = decider
    }

    /// Without a rule.
    ///
    /// - Throws: ``BadInput`` for reasons that are empty or too long.
    init(
        _ tier: Tier, in profession: Profession, to worker: Worker.ID, as ground: TierGround, reasons: String,
        by decider: Principal.ID
    ) throws(BadInput) {
        self.worker = worker
        (self.profession, self.tier) = (profession, tier)
        (self.ground, rule) = (ground, nil)
        self.reasons = try PlainText.lines(reasons, field: "reasons")
        self.decider = decider
    }
}

extension Change {
    /// Begins a tier at the change's instant; the caller holds the worker's lock.
    func grant(_ grant: TierGrant) async throws {
        try await transaction.beginTier(grant)
        try await refreshEligibility(of: grant.worker, after: .tier)
        try await record(
            "tier_granted", by: grant.decider, on: "worker", grant.worker.uuid, in: .worker(grant.worker),
            facts: [
                "profession": .string(grant.profession.code), "tier": .string(grant.tier.rawValue),
                "ground": .string(grant.ground.rawValue), "reasons": .string(grant.reasons),
            ]
        )
    }
}
