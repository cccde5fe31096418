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

    /// A case for a person to look at: the upper bound is below 0.15, from at least 15 labels.
    package var isSuspicious: Bool { labels >= 15 && upperBound < 0.15 }
}

extension Labels {
    /// The score of each worker, by their codes. Seeded. Empty with more answers than ``hasTables`` allows.
    package func spammerScores(_ fit: Fit, draws: Int = 200, seed: UInt64 = 1) -> [SpammerScore] {
        guard hasTables else { return [] }
        let confusions = ConfusionCounts(self, fit.posteriors)
        let labelCounts = countsByWorker()
        let width = answerCount
        var random = SeededRandom(seed: seed)
        return (0..<workerCount).map { worker in
            // An imagined label in each row, spread evenly: what is not known counts as guessed.
            let cells = (0..<width * width).map { place in
                confusions.cells[worker * width * width + place] + 1 / Double(width)
            }
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
