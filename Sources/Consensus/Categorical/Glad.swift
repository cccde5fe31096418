internal import Foundation

/// Estimates the true answers, each worker's ability and each item's difficulty, together.
///
/// A label is right with probability σ(ability × ease); wrong answers are equally likely. Abilities and the
/// logarithms of the eases have normal priors of mean 1 and variance 1. Each round takes Newton steps for the workers
/// and Gauss-Newton steps for the items.
///
/// Source: Whitehill, Ruvolo, Wu, Bergsma and Movellan 2009, Whose Vote Should Count More, NIPS.
package struct Glad: Sendable {
    /// The most rounds; 1 to 10,000.
    package let roundsMax: Int
    /// The run ends when the gain in the expected log-likelihood, for each label and answer, is less.
    package let tolerance: Double
    private static let stepsMax = 25
    private static let slopeMax = 1e-2

    /// A method. What is out of bounds is clamped.
    package init(roundsMax: Int = 100, tolerance: Double = crowdKitTolerance) {
        self.roundsMax = min(max(roundsMax, 1), 10_000)
        self.tolerance = tolerance
    }

    /// Estimates from all labels together. Cost: rounds × (steps × labels + items × answers).
    package func fit(_ labels: Labels) -> Fit {
        var abilities = [Double](repeating: 1, count: labels.workerCount)
        var easeLogs = [Double](repeating: 1, count: labels.itemCount)
        var posteriors = labels.voteShares()
        var (rounds, isConverged, evidence) = (0, false, -Double.infinity)
        while rounds < roundsMax, !isConverged {
            rounds += 1
            update(&posteriors, labels, abilities, easeLogs)
            var steps = 0
            while steps < Self.stepsMax, climb(labels, posteriors, &abilities, &easeLogs) > Self.slopeMax { steps += 1 }
            let next =
                expectedLikelihood(labels, posteriors, abilities, easeLogs)
                / Double(max(labels.all.count * labels.answerCount, 1))
            isConverged = next - evidence < tolerance
            evidence = next
        }
        return Fit(
            method: .glad, prior: nil, answerCount: labels.answerCount, posteriors: posteriors,
            skills: skills(labels, abilities, easeLogs),
            answerShares: labels.answerShares(posteriors, smoothing: 0), rounds: rounds, isConverged: isConverged
        )
    }

    private func update(
        _ posteriors: inout [Double], _ labels: Labels, _ abilities: [Double], _ easeLogs: [Double]
    ) {
        let width = labels.answerCount
        let logWrongAnswers = log(Double(max(width - 1, 1)))
        var scores = [Double](repeating: 0, count: width)
        for item in 0..<labels.itemCount {
            for answer in 0..<width { scores[answer] = 0 }
            let ease = exp(easeLogs[item])
            // log σ(x) - log(1 - σ(x)) is x itself.
            for label in labels.labels(of: item) {
                scores[Int(label.answer)] += abilities[Int(label.worker)] * ease + logWrongAnswers
            }
            _ = normalize(&scores)
            for answer in 0..<width { posteriors[item * width + answer] = scores[answer] }
        }
    }

    /// One step for all workers, then one for all items.
    ///
    /// - Returns: the steepest slope that it found.
    private func climb(
        _ labels: Labels, _ posteriors: [Double], _ abilities: inout [Double], _ easeLogs: inout [Double]
    ) -> Double {
        let width = labels.answerCount
        var slopes = abilities.map { 1 - $0 }
        var curvatures = [Double](repeating: 1, count: abilities.count)
        for item in 0..<labels.itemCount {
            let ease = exp(easeLogs[item])
            for label in labels.labels(of: item) {
                let right = logistic(abilities[Int(label.worker)] * ease)
                slopes[Int(label.worker)] += (posteriors[item * width + Int(label.answer)] - right) * ease
                curvatures[Int(label.worker)] += right * (1 - right) * ease * ease
            }
        }
        var steepest = 0.0
        for worker in abilities.indices {
            steepest = max(steepest, abs(slopes[worker]))
            abilities[worker] += min(max(slopes[worker] / curvatures[worker], -1), 1)
        }
        for item in 0..<labels.itemCount {
            let ease = exp(easeLogs[item])
            var (slope, curvature) = (1 - easeLogs[item], 1.0)
            for label in labels.labels(of: item) {
                let reach = abilities[Int(label.worker)] * ease
                let right = logistic(reach)
                slope += (posteriors[item * width + Int(label.answer)] - right) * reach
                curvature += right * (1 - right) * reach * reach
            }
            steepest = max(steepest, abs(slope))
            easeLogs[item] += min(max(slope / curvature, -1), 1)
        }
        return steepest
    }

    private func expectedLikelihood(
        _ labels: Labels, _ posteriors: [Double], _ abilities: [Double], _ easeLogs: [Double]
    ) -> Double {
        let width = labels.answerCount
        let logWrongAnswers = log(Double(max(width - 1, 1)))
        var sum = 0.0
        for item in 0..<labels.itemCount {
            let ease = exp(easeLogs[item])
            for label in labels.labels(of: item) {
                let reach = abilities[Int(label.worker)] * ease
                let right = posteriors[item * width + Int(label.answer)]
                sum -= right * softplus(-reach) + (1 - right) * (softplus(reach) + logWrongAnswers)
            }
        }
        let normalizer = 0.5 * log(2 * Double.pi)
        for ability in abilities { sum -= 0.5 * (ability - 1) * (ability - 1) + normalizer }
        for easeLog in easeLogs { sum -= 0.5 * (easeLog - 1) * (easeLog - 1) + normalizer }
        return sum
    }

    /// The mean, over the items each worker answered, of being right.
    private func skills(_ labels: Labels, _ abilities: [Double], _ easeLogs: [Double]) -> [Double] {
        var sums = abilities.map { logistic($0 * M_E) }
        var counts = [Double](repeating: 1, count: abilities.count)
        for label in labels.all {
            sums[Int(label.worker)] += logistic(abilities[Int(label.worker)] * exp(easeLogs[Int(label.item)]))
            counts[Int(label.worker)] += 1
        }
        return zip(sums, counts).map { $0 / $1 }
    }
}

func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

/// log(1 + exp(x)) without overflow.
func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }
