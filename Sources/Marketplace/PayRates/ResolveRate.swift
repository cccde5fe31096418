package import Foundation
internal import Store

/// Why a rate of the right profession, tier and kind of task was not the one; and what is missing when none was.
///
/// In the order in which it is asked: the first that a rate fails is why it lost.
package enum RateDimension: String, Sendable, CaseIterable {
    case profession, tier
    case taskKind = "task_kind"
    case currency
    case inForce = "in_force"
    case region, language
    /// It fits, but another fits more narrowly.
    case lessSpecific = "less_specific"
    /// The price is nothing, or beyond what an amount can be.
    case price
}

/// A rate that was looked at, and why it was not taken; `nil` for the one that was.
package struct RateCandidate: Hashable, Sendable {
    package let rate: PayRate
    package let lostBy: RateDimension?
}

/// A premium that was applied.
package struct AppliedPremium: Hashable, Sendable {
    package let rule: PremiumRule
    /// What counted: the rule's factor, or the kind's cap where that is lower.
    package let factorBasisPoints: Int
    /// The price so far, rounded for reading; the exact one is carried on.
    package let running: Int64
}

/// What a task is paid, and how that came about.
package struct ResolvedRate: Hashable, Sendable {
    package let rate: PayRate
    /// For one task, before premiums, rounded for reading.
    package let base: Int64
    package let premiums: [AppliedPremium]
    /// Whether the cap of the whole held the premiums down.
    package let isWholeCapped: Bool
    /// For one accepted assignment.
    package let pay: Money
    package let candidates: [RateCandidate]
}

/// The answer to what a task is paid: always one of the two.
package enum RateResolution: Hashable, Sendable {
    case resolved(ResolvedRate)
    /// No rate; the dimension at which the last ones were lost.
    case noRate(missing: RateDimension, candidates: [RateCandidate])
}

extension RateCard {
    /// The price of a task at an instant: the most specific rate, times the premiums.
    ///
    /// Profession, tier, kind of task and currency must be the task's. Then the **region** counts before the
    /// **language**: a rate for the part of a country (`US-NY`) outranks one for the country (`US`), which outranks
    /// one for any; only among rates of the same region the one with the longer language tag (`zh-hant`, `zh`, any)
    /// outranks the other. So `US/any` is taken before `any/en`.
    ///
    /// Premiums multiply in the order of ``PremiumKind``, one rule of each kind at most (the narrowest), each at most
    /// by its kind's cap, all together at most by the cap of the whole.
    ///
    /// Rounding: once, at the end, half up to a whole minor unit; before that the price is an exact fraction.
    /// Pure, total and deterministic: the order in which rates were given does not matter.
    package func resolve(_ task: RateTask, at instant: Date) -> RateResolution {
        let kin = rates(for: task)
        guard !kin.isEmpty else { return .noRate(missing: missingKin(of: task), candidates: []) }
        let fits = kin.map { ($0, $0.misfit(for: task, at: instant)) }
        let best = fits.filter { $0.1 == nil }.map(\.0).max { $0.specificity < $1.specificity }
        let candidates = fits.map { rate, misfit in
            RateCandidate(rate: rate, lostBy: misfit ?? (rate.id == best?.id ? nil : .lessSpecific))
        }
        guard let best else {
            let order = RateDimension.allCases
            let last = fits.compactMap { $0.1.flatMap(order.firstIndex(of:)) }.max()
            return .noRate(missing: last.map { order[$0] } ?? .profession, candidates: candidates)
        }
        return price(of: task, by: best, at: instant, candidates)
    }

    private func missingKin(of task: RateTask) -> RateDimension {
        let colleagues = rates.filter { $0.profession == task.profession }
        if colleagues.isEmpty { return .profession }
        return colleagues.contains { $0.tier == task.tier } ? .taskKind : .tier
    }

    private func price(
        of task: RateTask, by rate: PayRate, at instant: Date, _ candidates: [RateCandidate]
    ) -> RateResolution {
        var price = ExactPrice(of: rate, for: task)
        let base = price.rounded
        var applied: [AppliedPremium] = []
        for kind in PremiumKind.allCases {
            let rules = premiums.filter { $0.kind == kind && $0.inForce.contains(instant) && $0.applies(to: task) }
            guard let rule = rules.max(by: { $1.isNarrower(than: $0) }) else { continue }
            let factor = min(rule.factorBasisPoints, caps.cap(of: kind))
            price.multiply(byBasisPoints: factor)
            applied.append(AppliedPremium(rule: rule, factorBasisPoints: factor, running: price.rounded))
        }
        let isCapped = price.cap(atBasisPoints: caps.whole)
        guard price.rounded > 0, let pay = try? Money(price.rounded, rate.amount.currency) else {
            return .noRate(missing: .price, candidates: candidates)
        }
        return .resolved(
            ResolvedRate(
                rate: rate, base: base, premiums: applied, isWholeCapped: isCapped, pay: pay, candidates: candidates
            ))
    }
}

/// A price as a fraction: amount × units × factor ÷ (per × 10,000 for each factor). At most four factors are
/// multiplied, so that 10^12 × 10^5 × 10^20 stays within 128 bits.
private struct ExactPrice {
    private let units: Int128
    private let per: Int128
    private var factor: Int128 = 1
    private var scale: Int128 = 1

    init(of rate: PayRate, for task: RateTask) {
        let count =
            switch rate.unit {
            case .task: 1
            case .item: task.items
            case .hour: task.expectedMinutes
            }
        units = Int128(rate.amount.minorUnits) * Int128(count)
        per = rate.unit == .hour ? 60 : 1
    }

    mutating func multiply(byBasisPoints basisPoints: Int) {
        factor *= Int128(basisPoints)
        scale *= 10_000
    }

    /// - Returns: whether the factor was above the cap.
    mutating func cap(atBasisPoints cap: Int) -> Bool {
        guard factor * 10_000 > Int128(cap) * scale else { return false }
        (factor, scale) = (Int128(cap), 10_000)
        return true
    }

    /// Half up; what no `Int64` can say is its greatest.
    var rounded: Int64 {
        let denominator = per * scale
        return Int64(clamping: (2 * units * factor + denominator) / (2 * denominator))
    }
}

extension PayRate {
    /// How narrowly it fits; compares by region first.
    fileprivate var specificity: Specificity {
        Specificity(region: region?.utf8.count ?? 0, language: language?.utf8.count ?? 0)
    }

    /// The first dimension in which it does not fit.
    fileprivate func misfit(for task: RateTask, at instant: Date) -> RateDimension? {
        guard amount.currency == task.currency else { return .currency }
        guard inForce.contains(instant) else { return .inForce }
        if let region {
            guard let place = task.region, Jurisdiction.contains(region, place) else { return .region }
        }
        if let language {
            guard let wanted = task.language, LanguageTag.contains(language, wanted) else { return .language }
        }
        return nil
    }
}

/// Lengths of what a rate names: of two that fit one task, the longer names the narrower.
private struct Specificity: Comparable {
    let region: Int
    let language: Int

    static func < (left: Specificity, right: Specificity) -> Bool {
        (left.region, left.language) < (right.region, right.language)
    }
}
