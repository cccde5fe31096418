package import Formats
internal import Foundation
internal import Store

/// What gives a tier in a profession from an instant on.
package struct TierRule: Hashable, Sendable {
    package typealias ID = Identifier<TierRule>
    package let id: ID
    package let profession: Profession
    package let tier: Tier
    package let conditions: TierConditions
    /// Whether the tier is given at once, without an operator's decision.
    package let isAutomatic: Bool
    /// Who answers for what it gives by itself.
    package let publisher: Principal.ID

    package var json: JSON {
        [
            "rule": .string("\(id)"), "profession": .string(profession.code), "tier": .string(tier.rawValue),
            "conditions": conditions.json, "is_automatic": .bool(isAutomatic), "published_by": .string("\(publisher)"),
        ]
    }
}

/// Writes a rule of a tier; the one before it ends where this one begins.
package struct PublishTierRule: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// A rule changes no tier that is held; it counts for what is proposed from now on.
    ///
    /// - Throws: ``AccessRefusal``, ``ExpertiseRefusal/unknownProfession``; ``BadInput`` when another rule
    ///   of the tier began at this very instant, and when it gives the tiers expert
    ///   or principal without a licence that two people have verified.
    package func callAsFunction(
        _ tier: Tier, in profession: Profession, conditions: TierConditions, isAutomatic: Bool,
        by actor: Principal.ID
    ) async throws -> TierRule.ID {
        guard tier < .expert || (conditions.licences >= 1 && conditions.verifiers == 2) else {
            throw BadInput("verifiers", "must be 2, and licences at least 1, for the tiers expert and principal")
        }
        do {
            return try await market.change { change in
                try await change.transaction.authorize(actor, as: .operator)
                let rule = TierRule(
                    id: change.make(), profession: profession, tier: tier, conditions: conditions,
                    isAutomatic: isAutomatic, publisher: actor
                )
                try await change.transaction.beginTierRule(rule)
                try await change.record(
                    "tier_rule_published", by: actor, on: "tier_rule", rule.id.uuid, in: .platform, facts: rule.json
                )
                return rule.id
            }
        } catch let error as StoreError where error.violatedConstraint == "tier_rule_profession_fkey" {
            throw ExpertiseRefusal.unknownProfession
        } catch let error as StoreError where error.violatedConstraint == "tier_rule_no_overlap" {
            throw BadInput("tier", "has a rule that began at this very instant; look at it, then try again")
        }
    }
}

/// Shows what the tiers of a profession ask for now, lowest first; everybody may know.
package struct ListTierRules: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Returns: at most one for each tier.
    package func callAsFunction(of profession: Profession) async throws -> [TierRule] {
        try await market.database.read { try await $0.tierRules(of: profession) }
    }
}
