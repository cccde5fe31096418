import Foundation

/// Estimates the true answers and how often each worker is right, together.
///
/// Each worker is a coin: right with one probability on every item; when wrong, every wrong answer is equally likely.
/// A prior of so many right and wrong answers keeps workers with few labels from being believed or dismissed. Begins
/// with the vote shares, then alternates.
///
/// Source: Dawid and Skene 1979, Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm, with
/// one parameter a worker; as ZenCrowd (Demartini et al. 2012) has it.
package struct OneCoin: Sendable {
    /// Imagined right answers of each worker; at least 1.
    package let priorRight: Int
    /// Imagined wrong answers of each worker; at least 1.
    package let priorWrong: Int
    /// The most rounds; 1 to 10,000.
    package let roundsMax: Int
    /// The run ends when no posterior has moved by more.
    package let tolerance: Double

    /// A method; without arguments one that takes an unknown worker to be right four times in five. What is out of
    /// bounds is clamped.
    package init(priorRight: Int = 4, priorWrong: Int = 1, roundsMax: Int = 100, tolerance: Double = 1e-6) {
        self.priorRight = min(max(priorRight, 1), 1_000_000)
        self.priorWrong = min(max(priorWrong, 1), 1_000_000)
        self.roundsMax = min(max(roundsMax, 1), 10_000)
        self.tolerance = tolerance
    }

    /// What one run found.
    package struct Estimate: Sendable {
        /// How many answers are possible.
        package let answerCount: Int
        /// The probability of each answer to each item: item after item, as many numbers as there are answers; each
        /// item's add up to 1. An item without labels has the shares of the answers.
        package let posteriors: [Double]
        /// The probability that each worker is right, above 0 and below 1.
        package let accuracies: [Double]
        /// How common each answer is, estimated with one imagined item for each.
        package let answerShares: [Double]
        /// How many rounds it took.
        package let rounds: Int
        /// Whether it ended by itself; false when it ran into its bound on rounds.
        package let isConverged: Bool

        /// The probability that the answer is the true one; 0 for what does not exist.
        package func posterior(item: Int, answer: Int) -> Double {
            guard (0..<answerCount).contains(answer), (0..<posteriors.count / answerCount).contains(item) else {
                return 0
            }
            return posteriors[item * answerCount + answer]
        }

        /// The likeliest answer, the lowest code on a tie; nil for an item that does not exist.
        package func likeliest(item: Int) -> (answer: Int32, posterior: Double)? {
            guard (0..<posteriors.count / answerCount).contains(item) else { return nil }
            var best = 0
            for answer in 1..<max(answerCount, 1)
            where posterior(item: item, answer: answer) > posterior(item: item, answer: best) {
                best = answer
            }
            return (Int32(best), posterior(item: item, answer: best))
        }
    }

    /// Estimates from all labels together. Cost: rounds × (labels + items × answers).
    package func estimate(_ labels: Labels) -> Estimate {
        var posteriors = voteShares(labels)
        var (accuracies, shares) = ([Double](), [Double]())
        var rounds = 0
        var isConverged = false
        while rounds < roundsMax, !isConverged {
            rounds += 1
            accuracies = self.accuracies(labels, posteriors)
            shares = answerShares(labels, posteriors)
            let next = self.posteriors(labels, accuracies, shares)
            isConverged = zip(posteriors, next).allSatisfy { abs($0 - $1) <= tolerance }
            posteriors = next
        }
        return Estimate(
            answerCount: labels.answerCount, posteriors: posteriors, accuracies: accuracies, answerShares: shares,
            rounds: rounds, isConverged: isConverged
        )
    }

    private func voteShares(_ labels: Labels) -> [Double] {
        (0..<labels.itemCount).flatMap { item in
            let votes = labels.votes(on: item)
            let count = votes.reduce(0, +)
            return votes.map { count == 0 ? 1 / Double(labels.answerCount) : Double($0) / Double(count) }
        }
    }

    private func accuracies(_ labels: Labels, _ posteriors: [Double]) -> [Double] {
        var right = [Double](repeating: Double(priorRight), count: labels.workerCount)
        var all = [Double](repeating: Double(priorRight + priorWrong), count: labels.workerCount)
        for label in labels.all {
            right[Int(label.worker)] += posteriors[Int(label.item) * labels.answerCount + Int(label.answer)]
            all[Int(label.worker)] += 1
        }
        return zip(right, all).map { $0 / $1 }
    }

    private func answerShares(_ labels: Labels, _ posteriors: [Double]) -> [Double] {
        var sums = [Double](repeating: 1, count: labels.answerCount)
        var labelled = 0
        for item in 0..<labels.itemCount where !labels.labels(of: item).isEmpty {
            labelled += 1
            for answer in sums.indices { sums[answer] += posteriors[item * labels.answerCount + answer] }
        }
        return sums.map { $0 / Double(labelled + labels.answerCount) }
    }

    private func posteriors(_ labels: Labels, _ accuracies: [Double], _ shares: [Double]) -> [Double] {
        let wrongAnswers = Double(max(labels.answerCount - 1, 1))
        let logRatios = accuracies.map { log($0) - log((1 - $0) / wrongAnswers) }
        let logShares = shares.map { log($0) }
        var posteriors: [Double] = []
        posteriors.reserveCapacity(labels.itemCount * labels.answerCount)
        for item in 0..<labels.itemCount {
            var scores = logShares
            for label in labels.labels(of: item) { scores[Int(label.answer)] += logRatios[Int(label.worker)] }
            let greatest = scores.max() ?? 0
            let weights = scores.map { exp($0 - greatest) }
            let sum = weights.reduce(0, +)
            posteriors.append(contentsOf: weights.map { $0 / sum })
        }
        return posteriors
    }
}
