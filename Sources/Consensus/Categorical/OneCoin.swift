internal import Foundation

/// Estimates the true answers and how often each worker is right, together.
///
/// Each worker is a coin: right with one probability on every item; when wrong, every wrong answer is equally likely.
/// A prior of so many right and wrong answers keeps workers with few labels from being believed or dismissed. Begins
/// with the vote shares, then alternates.
///
/// What contradicts most votes is an optimum of the likelihood too, with everybody wrong. A run that ends there is done
/// again with nobody allowed to be worse than a guess.
///
/// Source: Dawid and Skene 1979, Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm, with
/// one parameter a worker; as ZenCrowd (Demartini et al. 2012) has it.
package struct OneCoin: Sendable {
    /// Four imagined right answers and a wrong one.
    package static let priorByDefault = 5.0

    /// Imagined answers of each worker, four in five of them right. 0 switches it off; then the run is crowd-kit's
    /// OneCoinDawidSkene, also in where it stops.
    package let prior: Double
    /// The most rounds; 1 to 10,000.
    package let roundsMax: Int
    /// The run ends when no posterior has moved by more.
    package let tolerance: Double

    /// A method. What is out of bounds is clamped.
    package init(prior: Double = priorByDefault, roundsMax: Int = 100, tolerance: Double = 1e-6) {
        self.prior = clampedPrior(prior)
        self.roundsMax = min(max(roundsMax, 1), 10_000)
        self.tolerance = tolerance
    }

    /// Estimates from all labels together. Cost: rounds × (labels + items × answers).
    package func fit(_ labels: Labels) -> Fit {
        let free = run(labels, accuracyMin: 0)
        guard labels.isInverted(free) else { return free }
        return run(labels, accuracyMin: 1 / Double(labels.answerCount))
    }

    private func run(_ labels: Labels, accuracyMin: Double) -> Fit {
        var posteriors = labels.voteShares()
        let smoothing = prior > 0 ? 1.0 : 0
        var accuracies = self.accuracies(labels, posteriors, accuracyMin)
        var shares = labels.answerShares(posteriors, smoothing: smoothing)
        var (rounds, isConverged, evidence) = (0, false, -Double.infinity)
        while rounds < roundsMax, !isConverged {
            rounds += 1
            let (moved, entropy) = update(&posteriors, labels, accuracies, shares)
            if prior > 0 { isConverged = moved <= tolerance }
            guard !isConverged else { break }
            accuracies = self.accuracies(labels, posteriors, accuracyMin)
            shares = labels.answerShares(posteriors, smoothing: smoothing)
            if prior == 0 {
                let next =
                    (evidenceBound(labels, posteriors, accuracies, shares) + entropy)
                    / Double(max(labels.all.count, 1))
                isConverged = next - evidence < crowdKitTolerance
                evidence = next
            }
        }
        return Fit(
            method: .oneCoin, prior: prior, answerCount: labels.answerCount, posteriors: posteriors, skills: accuracies,
            answerShares: shares, rounds: rounds, isConverged: isConverged
        )
    }

    private func accuracies(_ labels: Labels, _ posteriors: [Double], _ accuracyMin: Double) -> [Double] {
        var right = [Double](repeating: prior * 0.8, count: labels.workerCount)
        var all = [Double](repeating: prior, count: labels.workerCount)
        for label in labels.all {
            right[Int(label.worker)] += posteriors[Int(label.item) * labels.answerCount + Int(label.answer)]
            all[Int(label.worker)] += 1
        }
        return zip(right, all).map { right, all in
            let mean = all > 0 ? right / all : 1 / Double(labels.answerCount)
            return min(max(mean, accuracyMin, probabilityMin), 1 - probabilityMin)
        }
    }

    /// - Returns: how far any posterior moved, and the entropy of all.
    private func update(
        _ posteriors: inout [Double], _ labels: Labels, _ accuracies: [Double], _ shares: [Double]
    ) -> (moved: Double, entropy: Double) {
        let wrongAnswers = Double(max(labels.answerCount - 1, 1))
        let logRatios = accuracies.map { log($0) - log((1 - $0) / wrongAnswers) }
        let logShares = shares.map { log(max($0, probabilityMin)) }
        var (moved, entropy) = (0.0, 0.0)
        var scores = logShares
        for item in 0..<labels.itemCount {
            for answer in scores.indices { scores[answer] = logShares[answer] }
            for label in labels.labels(of: item) { scores[Int(label.answer)] += logRatios[Int(label.worker)] }
            entropy += normalize(&scores)
            for answer in scores.indices {
                let place = item * labels.answerCount + answer
                moved = max(moved, abs(posteriors[place] - scores[answer]))
                posteriors[place] = scores[answer]
            }
        }
        return (moved, entropy)
    }

    /// The expected log-likelihood of the labels as crowd-kit 1.4.2 adds it up: with the answer's share once a label.
    private func evidenceBound(
        _ labels: Labels, _ posteriors: [Double], _ accuracies: [Double], _ shares: [Double]
    ) -> Double {
        let wrongAnswers = Double(max(labels.answerCount - 1, 1))
        let logRight = accuracies.map { log($0) }
        let logWrong = accuracies.map { log(max((1 - $0) / wrongAnswers, probabilityMin)) }
        let logShares = shares.map { log(max($0, probabilityMin)) }
        var sum = 0.0
        for item in 0..<labels.itemCount {
            let first = item * labels.answerCount
            for label in labels.labels(of: item) {
                let right = posteriors[first + Int(label.answer)]
                sum += right * logRight[Int(label.worker)] + (1 - right) * logWrong[Int(label.worker)]
            }
            for answer in 0..<labels.answerCount {
                sum += posteriors[first + answer] * logShares[answer] * Double(labels.count(of: item))
            }
        }
        return sum
    }
}

/// What probabilities are clipped to, as in crowd-kit.
let probabilityMin = 1e-10
/// The gain in evidence, for each label, below which crowd-kit's methods stop.
let crowdKitTolerance = 1e-5

/// A finite prior from 0 to a million; 0 for what is no number.
func clampedPrior(_ prior: Double) -> Double { prior.isNaN ? 0 : min(max(prior, 0), 1e6) }

/// Turns logarithms of weights into probabilities.
///
/// - Returns: their entropy in nats.
func normalize(_ scores: inout [Double]) -> Double {
    let greatest = scores.max() ?? 0
    var sum = 0.0
    var weighted = 0.0
    for place in scores.indices {
        let height = scores[place] - greatest
        let weight = exp(height)
        weighted += weight * height
        sum += weight
        scores[place] = weight
    }
    for place in scores.indices { scores[place] /= sum }
    return log(sum) - weighted / sum
}

extension Labels {
    /// Whether a fit stands on its head: it contradicts most clear majorities, or takes the workers to be worse than
    /// guesses on average.
    func isInverted(_ fit: Fit) -> Bool {
        var skill = 0.0
        for label in all { skill += fit.skills[Int(label.worker)] }
        if skill < Double(all.count) / Double(answerCount) { return true }
        var (agreeing, clear) = (0, 0)
        for (item, majority) in majorities().enumerated() where majority.winners.count == 1 {
            clear += 1
            if fit.likeliest(item: item)?.answer == majority.winners[0] { agreeing += 1 }
        }
        return agreeing * 2 < clear
    }
}
