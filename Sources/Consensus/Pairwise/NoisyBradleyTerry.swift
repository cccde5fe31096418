/// Scores of items, and how far each worker looks at all.
///
/// A worker who looks prefers by the scores, with ties as Davidson has them: their chance is ν √(pᵢ pⱼ) against pᵢ and
/// pⱼ. One who does not gives left, right and tie by a habit of their own, whatever is shown; that is also where a
/// preference for one side goes. By expectation and maximisation from the neutral start, so without a seed.
///
/// Source: Davidson 1970, On Extending the Bradley-Terry Model to Accommodate Ties; Chen et al. 2013, Pairwise Ranking
/// Aggregation in a Crowdsourced Setting, for annotators' reliability; the habit as in ``Mace``.
package struct NoisyBradleyTerry: Sendable {
    /// As ``BradleyTerry/prior``; at least 0.001.
    package let prior: Double
    /// The most rounds; 1 to 100,000.
    package let roundsMax: Int
    private static let looking = 4.0
    private static let guessing = 1.0
    private static let habit = 3.0

    /// A method. What is out of bounds is clamped.
    package init(prior: Double = 0.1, roundsMax: Int = 5_000) {
        self.prior = max(clampedPrior(prior), 1e-3)
        self.roundsMax = min(max(roundsMax, 1), 100_000)
    }

    /// Scores from all comparisons together. Cost: rounds × (comparisons + 5 × pairs).
    package func fit(_ comparisons: Comparisons) -> PairwiseFit {
        var strengths = [Double](repeating: 1, count: comparisons.itemCount)
        var skills = [Double](repeating: 0.8, count: comparisons.workerCount)
        var habits = [[Double]](repeating: [1 / 3.0, 1 / 3.0, 1 / 3.0], count: comparisons.workerCount)
        var tieStrength = 1.0
        var (rounds, isConverged) = (0, false)
        while rounds < roundsMax, !isConverged {
            rounds += 1
            let looks = comparisons.all.map { comparison in
                let skill = skills[Int(comparison.worker)]
                let right = skill * chance(comparison, strengths, tieStrength)
                let guess = (1 - skill) * habits[Int(comparison.worker)][comparison.outcome.rawValue]
                return right / (right + guess)
            }
            var place = 0
            let pairs = ComparedPairs(comparisons) { _ in
                defer { place += 1 }
                return looks[place]
            }
            let before = strengths
            for _ in 0..<5 {
                _ = pairs.climb(&strengths, prior: prior, tieStrength: tieStrength)
                tieStrength = pairs.tieStrength(strengths, last: tieStrength)
            }
            (skills, habits) = workers(comparisons, looks)
            isConverged = zip(before, strengths).allSatisfy { abs($0 - $1) <= 1e-5 * $0 }
        }
        return PairwiseFit(
            scores: comparisons.normalized(strengths), skills: skills, habits: habits, tieStrength: tieStrength,
            rounds: rounds, isConverged: isConverged
        )
    }

    /// Of what a worker who looks says.
    private func chance(_ comparison: Comparison, _ strengths: [Double], _ tieStrength: Double) -> Double {
        let (left, right) = (strengths[Int(comparison.left)], strengths[Int(comparison.right)])
        let tie = tieStrength * (left * right).squareRoot()
        let sum = max(left + right + tie, .leastNormalMagnitude)
        switch comparison.outcome {
        case .left: return left / sum
        case .right: return right / sum
        case .tie: return tie / sum
        }
    }

    private func workers(_ comparisons: Comparisons, _ looks: [Double]) -> (skills: [Double], habits: [[Double]]) {
        var looked = [Double](repeating: Self.looking, count: comparisons.workerCount)
        var all = [Double](repeating: Self.looking + Self.guessing, count: comparisons.workerCount)
        var habits = [[Double]](repeating: [Self.habit, Self.habit, Self.habit], count: comparisons.workerCount)
        for (comparison, look) in zip(comparisons.all, looks) {
            looked[Int(comparison.worker)] += look
            all[Int(comparison.worker)] += 1
            habits[Int(comparison.worker)][comparison.outcome.rawValue] += 1 - look
        }
        return (
            skills: zip(looked, all).map { $0 / $1 },
            habits: habits.map { counts in
                let sum = counts.reduce(0, +)
                return counts.map { $0 / sum }
            }
        )
    }
}
