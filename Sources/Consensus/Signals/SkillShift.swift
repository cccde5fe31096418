internal import Foundation

/// Whether somebody's work has become worse, watched answer by answer.
///
/// Adds up how much likelier each answer is of a worker whose skill fell than of one whose skill stayed, never below 0,
/// and raises a case at a bound. Source: Page 1954, Continuous Inspection Schemes.
package struct SkillShift: Hashable, Sendable {
    /// How often the worker was right before.
    package let usual: Double
    /// The skill that would matter.
    package let fallen: Double
    /// The sum at which a case is raised.
    package let bound: Double
    /// The sum as it stands.
    package private(set) var sum = 0.0
    /// Answers seen.
    package private(set) var count = 0
    /// The answer, from 1, at which the case was raised.
    package private(set) var raisedAt: Int?
    /// The answer, from 1, after which the sum left 0 for the last time before: about where the fall began.
    package private(set) var beganAt = 0

    /// - Parameters:
    ///   - usual: how often the worker is right, 0.05 to 0.99.
    ///   - fall: how much less would matter, 0.02 to 0.9.
    ///   - falseShare: how many of those who stay as they are may be taken for fallen within `horizon` answers; it is
    ///     fewer, since the bound counts every answer as the beginning of a fall of its own.
    package init(usual: Double, fall: Double = 0.2, falseShare: Double = 0.01, horizon: Int = 1_000) {
        self.usual = usual.isNaN ? 0.9 : min(max(usual, 0.05), 0.99)
        fallen = max(self.usual - min(max(fall.isNaN ? 0.2 : fall, 0.02), 0.9), 0.01)
        bound = log(Double(min(max(horizon, 1), 1_000_000)) / min(max(falseShare.isNaN ? 0.01 : falseShare, 1e-6), 0.5))
    }

    /// - Parameter right: the chance that the answer is right; what is no chance is left out.
    package mutating func see(right: Double) {
        guard raisedAt == nil, (0...1).contains(right) else { return }
        count += 1
        if sum == 0 { beganAt = count }
        sum += right * log(fallen / usual) + (1 - right) * log((1 - fallen) / (1 - usual))
        sum = max(sum, 0)
        if sum >= bound { raisedAt = count }
    }
}

/// Whether a worker passes on answers that are known, decided as early as the errors allowed let it.
///
/// Source: Wald 1945, Sequential Tests of Statistical Hypotheses.
package struct GoldTest: Hashable, Sendable {
    /// What is known so far.
    package enum Outcome: Hashable, Sendable { case undecided, passes, fails }

    /// How often a worker is right who must pass.
    package let good: Double
    /// How often one is who must fail; below `good`.
    package let bad: Double
    private let lower: Double
    private let upper: Double

    /// - Parameters:
    ///   - failGood: how many who are good may fail.
    ///   - passBad: how many who are bad may pass.
    package init(good: Double = 0.9, bad: Double = 0.7, failGood: Double = 0.01, passBad: Double = 0.05) {
        self.good = good.isNaN ? 0.9 : min(max(good, 0.02), 0.999)
        self.bad = bad.isNaN ? 0.7 : min(max(bad, 0.001), self.good - 0.01)
        let (first, second) = (min(max(failGood, 1e-6), 0.49), min(max(passBad, 1e-6), 0.49))
        upper = log((1 - second) / first)
        lower = log(second / (1 - first))
    }

    /// - Parameters:
    ///   - right: known answers that were met.
    ///   - wrong: those that were not.
    package func outcome(right: Int, wrong: Int) -> Outcome {
        let sum = Double(max(right, 0)) * log(bad / good) + Double(max(wrong, 0)) * log((1 - bad) / (1 - good))
        return sum >= upper ? .fails : sum <= lower ? .passes : .undecided
    }
}
