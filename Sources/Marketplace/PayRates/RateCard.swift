internal import Foundation
internal import Store

/// A rate card as a value: rates, premiums and caps. No two rates of one key hold at one instant.
package struct RateCard: Sendable {
    /// Rates, and premium rules, of one card.
    package static let linesMax = 5_000
    package let name: String
    /// Sorted by key, then by when they begin.
    package let rates: [PayRate]
    /// Sorted by kind, threshold, language, then by when they begin.
    package let premiums: [PremiumRule]
    package let caps: PremiumCaps
    private let byWork: [Work: [PayRate]]

    /// What a rate must match exactly.
    private struct Work: Hashable {
        let profession: Profession
        let tier: Tier
        let taskKind: TaskKind
    }

    /// - Throws: ``BadInput`` for too many lines, and for two of one key that hold at one instant.
    package init(
        name: String, rates: [PayRate], premiums: [PremiumRule] = [], caps: PremiumCaps = .none
    ) throws(BadInput) {
        guard rates.count <= Self.linesMax else { throw BadInput("rates", "are more than \(Self.linesMax)") }
        guard premiums.count <= Self.linesMax else { throw BadInput("premiums", "are more than \(Self.linesMax)") }
        self.name = try PlainText.line(name, field: "name")
        let keyed = rates.map { ($0.key, $0) }.sorted { left, right in
            left.0 == right.0 ? Self.begins(left.1.inForce, before: right.1.inForce) : left.0 < right.0
        }
        for (one, next) in zip(keyed, keyed.dropFirst())
        where one.0 == next.0 && Self.overlap(one.1.inForce, next.1.inForce) {
            throw BadInput("rates", "two hold at one time for \(one.0)")
        }
        let rules = premiums.map { (Self.key(of: $0), $0) }.sorted { left, right in
            left.0 == right.0 ? Self.begins(left.1.inForce, before: right.1.inForce) : left.0 < right.0
        }
        for (one, next) in zip(rules, rules.dropFirst())
        where one.0 == next.0 && Self.overlap(one.1.inForce, next.1.inForce) {
            throw BadInput("premiums", "two hold at one time for \(one.0)")
        }
        self.rates = keyed.map(\.1)
        self.premiums = rules.map(\.1)
        self.caps = caps
        byWork = Dictionary(grouping: self.rates) {
            Work(profession: $0.profession, tier: $0.tier, taskKind: $0.taskKind)
        }
    }

    /// The rates for that kind of work, wherever and in whatever language.
    func rates(for task: RateTask) -> [PayRate] {
        byWork[Work(profession: task.profession, tier: task.tier, taskKind: task.taskKind)] ?? []
    }

    private static func key(of rule: PremiumRule) -> String {
        "\(rule.kind.rawValue)/\(rule.threshold)/\(rule.language ?? "any")"
    }

    private static func begins(_ one: InstantRange, before other: InstantRange) -> Bool {
        (one.lower ?? .distantPast, one.upper ?? .distantFuture)
            < (other.lower ?? .distantPast, other.upper ?? .distantFuture)
    }

    /// Of two that are in the order of their beginnings.
    private static func overlap(_ one: InstantRange, _ next: InstantRange) -> Bool {
        guard let end = one.upper, let start = next.lower else { return true }
        return start < end
    }
}
