internal import Foundation

/// Estimates the true answers, and how often each worker looks instead of guessing by a habit of their own.
///
/// A worker who looks is right; one who does not gives the answers of their habit, whatever is true. Variational, with
/// the priors of the paper's program: Beta(½, ½) on looking, 10 imagined answers of each kind on the habit. Begins
/// where nobody is thought anything of, and so needs no restarts.
///
/// Source: Hovy, Berg-Kirkpatrick, Vaswani and Hovy 2013, Learning Whom to Trust with MACE, NAACL-HLT.
package struct Mace: Sendable {
    /// The most rounds; 1 to 10,000.
    package let roundsMax: Int
    /// The run ends when no posterior has moved by more.
    package let tolerance: Double
    /// Whether to do what crowd-kit 1.4.2 does, for comparison: see ``MaceComparison``.
    package let isComparison: Bool
    private static let lookingPrior = 0.5
    private static let habitPrior = 10.0

    /// A method. What is out of bounds is clamped.
    package init(roundsMax: Int = 500, tolerance: Double = 1e-5, isComparison: Bool = false) {
        self.roundsMax = min(max(roundsMax, 1), 10_000)
        self.tolerance = tolerance
        self.isComparison = isComparison
    }

    /// Estimates from all labels together. Cost: rounds × (labels + (items + workers) × answers).
    /// - Throws: ``LabelsFault/sizeOutOfBounds`` when workers × answers are too many.
    package func fit(_ labels: Labels) throws(LabelsFault) -> Fit {
        guard labels.workerCount * labels.answerCount <= Labels.Bounds.tableCellsMax else { throw .sizeOutOfBounds }
        let width = labels.answerCount
        var looking = [Double](repeating: 0.5, count: labels.workerCount)
        var guessing = looking
        var habits = [Double](repeating: 1 / Double(width), count: labels.workerCount * width)
        var posteriors = labels.voteShares()
        let comparison = isComparison ? MaceComparison(labels) : nil
        if let comparison { (looking, guessing, habits) = comparison.start }
        var (rounds, isConverged) = (0, false)
        while rounds < roundsMax {
            rounds += 1
            isConverged = update(&posteriors, labels, looking, guessing, habits) <= tolerance
            if rounds == roundsMax || isConverged && !isComparison { break }
            (looking, guessing, habits) = parameters(labels, posteriors, looking, guessing, habits)
            if let comparison { habits = comparison.misread(habits) }
        }
        return Fit(
            method: .mace, prior: isComparison ? 0 : nil, answerCount: width, posteriors: posteriors,
            skills: zip(looking, guessing).map { $0 / ($0 + $1) },
            answerShares: labels.answerShares(posteriors, smoothing: 0), rounds: rounds, isConverged: isConverged
        )
    }

    private func update(
        _ posteriors: inout [Double], _ labels: Labels, _ looking: [Double], _ guessing: [Double], _ habits: [Double]
    ) -> Double {
        let width = labels.answerCount
        var logRatios = habits
        for place in habits.indices {
            let guess = guessing[place / width] * habits[place]
            logRatios[place] = log((guess + looking[place / width]) / guess)
        }
        var moved = 0.0
        var scores = [Double](repeating: 0, count: width)
        for item in 0..<labels.itemCount {
            for answer in 0..<width { scores[answer] = 0 }
            for label in labels.labels(of: item) {
                scores[Int(label.answer)] += logRatios[Int(label.worker) * width + Int(label.answer)]
            }
            _ = normalize(&scores)
            for answer in 0..<width {
                moved = max(moved, abs(posteriors[item * width + answer] - scores[answer]))
                posteriors[item * width + answer] = scores[answer]
            }
        }
        return moved
    }

    private func parameters(
        _ labels: Labels, _ posteriors: [Double], _ looking: [Double], _ guessing: [Double], _ habits: [Double]
    ) -> (looking: [Double], guessing: [Double], habits: [Double]) {
        let width = labels.answerCount
        var looked = [Double](repeating: 0, count: labels.workerCount)
        var guessed = [Double](repeating: 0, count: habits.count)
        for label in labels.all {
            let worker = Int(label.worker)
            let place = worker * width + Int(label.answer)
            let right = posteriors[Int(label.item) * width + Int(label.answer)]
            let guess = guessing[worker] * habits[place]
            looked[worker] += right * looking[worker] / (guess + looking[worker])
            guessed[place] += 1 - right + right * guess / (guess + looking[worker])
        }
        var (nextLooking, nextGuessing, nextHabits) = (looking, guessing, habits)
        for worker in looking.indices {
            let counts = guessed[worker * width..<(worker + 1) * width]
            let guesses = counts.reduce(0, +)
            let all = digamma(guesses + looked[worker] + 2 * Self.lookingPrior)
            nextLooking[worker] = exp(digamma(looked[worker] + Self.lookingPrior) - all)
            nextGuessing[worker] = exp(digamma(guesses + Self.lookingPrior) - all)
            let allHabits = digamma(guesses + Double(width) * Self.habitPrior)
            for (answer, count) in counts.enumerated() {
                nextHabits[worker * width + answer] = exp(digamma(count + Self.habitPrior) - allHabits)
            }
        }
        return (nextLooking, nextGuessing, nextHabits)
    }
}

/// The derivative of the logarithm of the gamma function, for x > 0, to about 1e-12.
///
/// Source: Abramowitz and Stegun, 6.3.5 and 6.3.18.
func digamma(_ x: Double) -> Double {
    var (x, below) = (x, 0.0)
    while x < 10 {
        below -= 1 / x
        x += 1
    }
    let square = 1 / (x * x)
    let series = square * (1 / 12.0 - square * (1 / 120.0 - square * (1 / 252.0 - square * (1 / 240.0 - square / 132))))
    return below + log(x) - 0.5 / x - series
}
