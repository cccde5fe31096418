/// What a worker holds and has, beside what the tiers of the profession ask for.
struct TierStanding: Sendable {
    let worker: Worker.ID
    let held: Tier?
    let record: TierRecord
    /// In force; at most one for each tier, lowest first.
    let rules: [TierRule]

    /// The rule of the highest tier above the one held whose conditions are all met.
    ///
    /// - Throws: ``ProposeTierRefusal/noRule``, ``ProposeTierRefusal/notMet(_:_:)``.
    func promotion() throws(ProposeTierRefusal) -> TierRule {
        let higher = rules.filter { rule in held.map { rule.tier > $0 } ?? true }
        if let rule = higher.last(where: { $0.conditions.missing(record) == nil }) { return rule }
        guard let next = higher.first, let missing = next.conditions.missing(record) else {
            throw .noRule
        }
        throw .notMet(next.tier, missing)
    }

    /// The rule of the tier held, where its conditions are not met any more, and the highest lower tier whose are;
    /// else the lowest of all. A tier without a rule, and the lowest, are never lost by themselves.
    var loss: (rule: TierRule, tier: Tier)? {
        guard let held, held > .generalist, let rule = rules.first(where: { $0.tier == held }),
            rule.conditions.missing(record) != nil
        else { return nil }
        let lower = rules.last { $0.tier < held && $0.conditions.missing(record) == nil }
        return (rule, lower?.tier ?? .generalist)
    }
}

extension TierConditions {
    /// The first condition that is not met.
    func missing(_ record: TierRecord) -> TierFinding? { findings(record).first { !$0.isMet } }
}
