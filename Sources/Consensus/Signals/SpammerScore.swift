internal import Foundation

/// How far a worker's answers depend on what is true: 0 for one who guesses, 1 for one who knows.
///
/// Source: Raykar and Yu 2012, Eliminating Spammers and Ranking Annotators for Crowdsourced Labeling Tasks, JMLR 13:
/// the mean squared difference between the rows of the worker's table of confusions.
package struct SpammerScore: Hashable, Sendable {
    /// The worker's code.
    package let worker: Int32
    /// The score by their table as it is estimated.
    package let score: Double
    /// What the score is below with a chance of 97.5 %, by tables drawn anew from the worker's counts.
    package let upperBound: Double
    /// Labels that it rests on.
    package let labels: Int

    /// Below it nobody's answers are worth much.
    static let suspicious = 0.15

    /// A case for a person to look at: the upper bound is below 0.15, from at least 15 labels.
    package var isSuspicious: Bool { labels >= 15 && upperBound < Self.suspicious }
}

extension Labels {
    /// The score of each worker, by their codes. Seeded. Empty with more answers than ``hasTables`` allows.
    package func spammerScores(_ fit: Fit, draws: Int = 200, seed: UInt64 = 1) -> [SpammerScore] {
        guard hasTables else { return [] }
        return spammerScores(of: Array(0..<workerCount), ConfusionCounts(self, fit.posteriors), fit, draws, seed)
    }

    /// Those who are called guessers, of workers with fifty labels or more who have met two answers five times each:
    /// whoever has met one alone cannot be told from somebody who guesses, and in few labels a fit may take honest
    /// workers for such. Each of them is a test, so none of a hundred draws for each that is made, 3,000 at most, may
    /// reach the bound: about one look in a hundred calls somebody who does not guess, were the truth known.
    func guessers(_ fit: Fit) -> [SpammerScore] {
        guard hasTables else { return [] }
        let (confusions, labelCounts, width) = (ConfusionCounts(self, fit.posteriors), countsByWorker(), answerCount)
        let looked = (0..<workerCount).filter { worker in
            guard labelCounts[worker] >= 50 else { return false }
            let met = (0..<width).count { truth in
                (0..<width).reduce(0.0) { $0 + confusions.cells[(worker * width + $1) * width + truth] } >= 5
            }
            return met > 1
        }
        let draws = min(100 * looked.count, 3_000)
        return spammerScores(of: looked, confusions, fit, 200, 1).filter { score in
            guard score.isSuspicious else { return false }
            var random = SeededRandom(seed: UInt64(score.worker))
            let cells = imagined(confusions, Int(score.worker))
            return (0..<draws).allSatisfy { _ in
                Self.score(cells.map { random.gamma(shape: $0) }, width, fit.answerShares) < SpammerScore.suspicious
            }
        }
    }

    /// A worker's counts with an imagined label in each row, spread evenly: what is not known counts as guessed.
    private func imagined(_ confusions: ConfusionCounts, _ worker: Int) -> [Double] {
        let size = answerCount * answerCount
        return (0..<size).map { confusions.cells[worker * size + $0] + 1 / Double(answerCount) }
    }

    private func spammerScores(
        of workers: [Int], _ confusions: ConfusionCounts, _ fit: Fit, _ draws: Int, _ seed: UInt64
    ) -> [SpammerScore] {
        let labelCounts = countsByWorker()
        let width = answerCount
        return workers.map { worker in
            // Each by a seed of their own, whoever else is looked at.
            var random = SeededRandom(seed: seed &+ UInt64(worker) << 32)
            let cells = imagined(confusions, worker)
            let drawn = (0..<max(draws, 1)).map { _ in
                Self.score(cells.map { random.gamma(shape: $0) }, width, fit.answerShares)
            }.sorted()
            return SpammerScore(
                worker: Int32(worker), score: Self.score(cells, width, fit.answerShares),
                upperBound: drawn[min(drawn.count * 39 / 40, drawn.count - 1)], labels: labelCounts[worker]
            )
        }
    }

    private static func score(_ cells: [Double], _ width: Int, _ shares: [Double]) -> Double {
        guard width > 1 else { return 1 }
        var columns = [[Double]](repeating: [], count: width)
        for truth in 0..<width {
            let column = (0..<width).map { cells[$0 * width + truth] }
            let sum = max(column.reduce(0, +), .leastNormalMagnitude)
            columns[truth] = column.map { $0 / sum }
        }
        var (sum, weights) = (0.0, 0.0)
        for one in 0..<width {
            for other in 0..<one {
                let distance = zip(columns[one], columns[other]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
                // Pairs of answers that occur, not those that hardly do.
                let weight = shares[one] * shares[other]
                sum += weight * distance / 2
                weights += weight
            }
        }
        return weights > 0 ? sum / weights : 1
    }
}

extension SeededRandom {
    /// A number of the gamma distribution with that shape and scale 1.
    ///
    /// Source: Marsaglia and Tsang 2000, A Simple Method for Generating Gamma Variables.
    mutating func gamma(shape: Double) -> Double {
        guard shape >= 1 else { return gamma(shape: shape + 1) * pow(max(unit(), 1e-300), 1 / max(shape, 1e-6)) }
        let d = shape - 1 / 3.0
        let c = 1 / (9 * d).squareRoot()
        for _ in 0..<1_000 {
            let x = normal()
            let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
            if v > 0, log(max(unit(), 1e-300)) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
        }
        return d
    }

    /// A standard normal number.
    package mutating func normal() -> Double {
        (-2 * log(max(unit(), 1e-300))).squareRoot() * cos(2 * Double.pi * unit())
    }
}
