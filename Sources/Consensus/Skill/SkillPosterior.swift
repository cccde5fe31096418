internal import Foundation

/// How right one answer was.
package struct SkillOutcome: Hashable, Sendable {
    /// From 0 for wrong to 1 for right.
    package let right: Double
    /// How much it counts, 0 and up; 1 for one that is known for sure.
    package let weight: Double
    /// Of its task, as a logit: 0 for one as hard as the others, above for harder ones.
    package let difficulty: Double

    package init(right: Double, weight: Double, difficulty: Double = 0) {
        self.right = min(max(right, 0), 1)
        self.weight = max(weight, 0)
        self.difficulty = min(max(difficulty, -6), 6)
    }

    /// What is left of the weight of evidence after so many seconds: half after 180 days. Evidence that fades widens
    /// what is known, whether its worker is idle or not.
    ///
    /// Source: ALGORITHMS.md, section 5, design 3.
    package static func fading(afterSeconds age: Double) -> Double { pow(0.5, max(age, 0) / (180 * 86_400)) }

    /// How hard a task is, from how right others were on it: shrunk by four imagined answers that were as right as all
    /// are.
    ///
    /// - Parameters:
    ///   - right: weight of what was right, of others.
    ///   - weight: of all that others have answered.
    ///   - mean: how right all answers to such tasks are.
    package static func difficulty(right: Double, weight: Double, mean: Double) -> Double {
        let mean = min(max(mean, 0.01), 0.99)
        return logit(mean) - logit(min(max((right + 4 * mean) / (weight + 4), 0.01), 0.99))
    }
}

/// How likely a worker is right on a task of middling difficulty: a Beta distribution.
///
/// The ability is the likeliest one of the Rasch model, with eight imagined answers of the parent node's mean; the
/// distribution has that mean and as many answers as inform of it.
///
/// Source: Rasch 1960 (one-parameter logistic); ALGORITHMS.md, section 5, design 1 and 2.
package struct SkillPosterior: Hashable, Sendable {
    /// Imagined answers.
    package static let strength = 8.0

    package let mean: Double
    /// Right and wrong answers, real and imagined, that it is worth.
    package let right: Double
    package let wrong: Double

    /// - Parameter parent: the mean of the node above.
    package init(_ outcomes: [SkillOutcome], parent: Double) {
        let parent = min(max(parent, 0.02), 0.98)
        var (low, high) = (-8.0, 8.0)
        // What is right beyond what is expected falls as the ability rises.
        for _ in 0..<50 {
            let ability = (low + high) / 2
            var excess = Self.strength * (parent - logistic(ability))
            for outcome in outcomes {
                excess += outcome.weight * (outcome.right - logistic(ability - outcome.difficulty))
            }
            if excess > 0 { low = ability } else { high = ability }
        }
        let ability = (low + high) / 2
        mean = logistic(ability)
        let spread = mean * (1 - mean)
        let information = outcomes.reduce(Self.strength * spread) {
            let chance = logistic(ability - $1.difficulty)
            return $0 + $1.weight * chance * (1 - chance)
        }
        right = mean * information / spread
        wrong = (1 - mean) * information / spread
    }
}

private func logit(_ share: Double) -> Double { log(share / (1 - share)) }
