internal import Foundation
internal import Marketplace

/// What an offer is worth, in micro-units: urgency × time × how well the tier fits. Integers only.
///
/// The worker's pay and person are no part of it.
enum RoutingValue {
    /// Levels weigh more than any age, as in the order in which claims go through the batches.
    static let perLevel: Int64 = 1_000
    static let perHourOfAge: Int64 = 5
    static let hoursMax = 168
    /// What each tier that the worker stands above the demand takes off, in tenths.
    static let tenthsPerTier: Int64 = 2

    /// - Parameters:
    ///   - level: 0 for the lowest priority among the open batches, 1 for the next, …; up to 200.
    ///   - minutes: 1 to 10,080.
    ///   - tierDistance: 0 to 3.
    /// - Returns: 1 to about 1.5 × 10^11; long work is worth more, by as much as it takes.
    static func micros(level: Int, age: TimeInterval, minutes: Int, tierDistance: Int) -> Int64 {
        let hours = Int64(min(max(age / 3_600, 0), Double(hoursMax)))
        let urgency = perLevel * Int64(level + 1) + perHourOfAge * hours
        let fit = max(10 - tenthsPerTier * Int64(tierDistance), 1)
        return urgency * 100 * Int64(RoutingMatch.units(demanded: minutes)) * fit
    }

    /// How many tiers above what is asked for the worker stands: a principal is not spent on what an expert may do.
    ///
    /// Where the requirement names no profession, the worker's highest tier counts from the lowest one.
    static func tierDistance(of facts: WorkerFacts, above requirement: Requirement) -> Int {
        let least = requirement.leastTiers
        if least.isEmpty { return facts.professions.values.compactMap { $0.tier?.step }.max() ?? 0 }
        let distances = least.compactMap { profession, tier in
            facts.professions[profession]?.tier.map { max($0.step - tier.step, 0) }
        }
        return distances.min() ?? 0
    }
}

extension Tier {
    /// 0 for the lowest.
    fileprivate var step: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

extension Requirement {
    /// The least tier asked for in each profession that is named; of several the lowest.
    fileprivate var leastTiers: [Profession: Tier] {
        switch self {
        case .all(let rules), .any(let rules):
            rules.reduce(into: [:]) { $0.merge($1.leastTiers, uniquingKeysWith: min) }
        case .profession(let profession, let tier): [profession: tier]
        case .not, .jurisdiction, .specialty, .language, .excluded, .agreement, .noInterest, .notExcluded, .sourcing,
            .exam, .skill, .years, .performedIn, .credential, .clearance:
            [:]
        }
    }
}
