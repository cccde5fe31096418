internal import Foundation

/// Estimates the true answers and each worker's table of confusions, together.
///
/// A worker's table says how often they give each answer where each is true. With a prior, every worker's table is
/// shrunk to the table of all workers pooled, which is itself estimated in every round: a worker with few labels is
/// taken to be like the others, and one with many speaks for themselves.
///
/// Source: Dawid and Skene 1979, Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm;
/// ALGORITHMS.md, section 3, design 2, for the hierarchical prior.
package struct DawidSkene: Sendable {
    /// Imagined labels in each row of a worker's table, spread as in the pooled table. 0 switches it off; then the run
    /// is crowd-kit's DawidSkene, also in where it stops.
    package let prior: Double
    /// The most rounds; 1 to 10,000.
    package let roundsMax: Int
    /// The run ends when no posterior has moved by more; below 0 it goes on to `roundsMax`.
    package let tolerance: Double

    /// A method. What is out of bounds is clamped.
    package init(prior: Double, roundsMax: Int = 100, tolerance: Double = 1e-5) {
        self.prior = clampedPrior(prior)
        self.roundsMax = min(max(roundsMax, 1), 10_000)
        self.tolerance = tolerance
    }

    /// Estimates from all labels together. Cost: rounds × (labels + items + workers × answers) × answers.
    /// - Throws: ``LabelsFault/sizeOutOfBounds`` when the workers' tables would have too many cells.
    package func fit(_ labels: Labels) throws(LabelsFault) -> Fit {
        guard labels.hasTables else { throw .sizeOutOfBounds }
        var posteriors = labels.voteShares()
        var tables = ConfusionCounts(labels, posteriors)
        let smoothing = prior > 0 ? 1.0 : 0
        var shares = labels.answerShares(posteriors, smoothing: smoothing)
        var logs = tables.logs(prior: prior)
        var (rounds, isConverged, evidence) = (0, false, -Double.infinity)
        while rounds < roundsMax, !isConverged {
            rounds += 1
            let (moved, entropy) = tables.round(labels, logs, shares, &posteriors)
            shares = labels.answerShares(posteriors, smoothing: smoothing)
            logs = tables.logs(prior: prior)
            if prior == 0 {
                let next = (tables.evidence(logs, shares) + entropy) / Double(max(labels.all.count, 1))
                isConverged = tolerance >= 0 && next - evidence < crowdKitTolerance
                evidence = next
            } else {
                isConverged = moved <= tolerance
            }
        }
        return Fit(
            method: .dawidSkene, prior: prior, answerCount: labels.answerCount, posteriors: posteriors,
            skills: tables.skills(logs, shares), answerShares: shares, rounds: rounds, isConverged: isConverged
        )
    }
}

/// How often each worker gave each answer where each is true, in expectation. A worker's table is a row for each answer
/// given, of a cell for each true answer, so that a label's row lies together.
struct ConfusionCounts: Sendable {
    let answerCount: Int
    private(set) var cells: [Double]

    init(_ labels: Labels, _ posteriors: [Double]) {
        answerCount = labels.answerCount
        let width = answerCount
        cells = [Double](repeating: 0, count: labels.workerCount * width * width)
        for label in labels.all {
            let row = (Int(label.worker) * width + Int(label.answer)) * width
            let item = Int(label.item) * width
            for answer in 0..<width { cells[row + answer] += posteriors[item + answer] }
        }
    }

    /// The posteriors by the tables of the last round, and the counts by these posteriors, in one pass.
    ///
    /// - Returns: how far any posterior moved, and the entropy of all.
    mutating func round(
        _ labels: Labels, _ logs: [Double], _ shares: [Double], _ posteriors: inout [Double]
    ) -> (moved: Double, entropy: Double) {
        let width = answerCount
        let logShares = shares.map { log(max($0, probabilityMin)) }
        var (moved, entropy) = (0.0, 0.0)
        var scores = logShares
        var begin = 0
        for place in cells.indices { cells[place] = 0 }
        labels.all.withUnsafeBufferPointer { all in
            logs.withUnsafeBufferPointer { logs in
                cells.withUnsafeMutableBufferPointer { cells in
                    posteriors.withUnsafeMutableBufferPointer { posteriors in
                        for item in 0..<labels.itemCount {
                            let end = labels.offsets[item + 1]
                            for answer in 0..<width { scores[answer] = logShares[answer] }
                            for place in begin..<end {
                                let row = (Int(all[place].worker) * width + Int(all[place].answer)) * width
                                for answer in 0..<width { scores[answer] += logs[row + answer] }
                            }
                            entropy += normalize(&scores)
                            for answer in 0..<width {
                                moved = max(moved, abs(posteriors[item * width + answer] - scores[answer]))
                                posteriors[item * width + answer] = scores[answer]
                            }
                            for place in begin..<end {
                                let row = (Int(all[place].worker) * width + Int(all[place].answer)) * width
                                for answer in 0..<width { cells[row + answer] += scores[answer] }
                            }
                            begin = end
                        }
                    }
                }
            }
        }
        return (moved, entropy)
    }

    /// The table of all workers together, each true answer's cells adding up to 1; nearer the diagonal by an imagined
    /// label for every answer, of which nine in ten are right.
    func pooled() -> [Double] {
        let width = answerCount
        var pool = [Double](repeating: 0, count: width * width)
        for place in cells.indices { pool[place % (width * width)] += cells[place] }
        for truth in 0..<width {
            var sum = 0.0
            for given in 0..<width {
                pool[given * width + truth] += given == truth ? 0.9 : 0.1 / Double(max(width - 1, 1))
                sum += pool[given * width + truth]
            }
            for given in 0..<width { pool[given * width + truth] /= sum }
        }
        return pool
    }

    /// The logarithms of the probabilities that workers give each answer where each is true. Without a prior an answer
    /// that a worker never gave takes no share, as in crowd-kit.
    func logs(prior: Double) -> [Double] {
        let width = answerCount
        let pool = prior > 0 ? pooled().map { $0 * prior } : [Double](repeating: 0, count: width * width)
        var logs = cells
        for worker in 0..<cells.count / (width * width) {
            let first = worker * width * width
            let isGiven = (0..<width).map { given in
                prior > 0 || cells[(first + given * width)..<(first + (given + 1) * width)].contains { $0 > 0 }
            }
            for truth in 0..<width {
                var sum = 0.0
                for given in 0..<width {
                    let place = given * width + truth
                    let count = max(logs[first + place] + pool[place], probabilityMin)
                    logs[first + place] = count
                    if isGiven[given] { sum += count }
                }
                let logSum = log(max(sum, probabilityMin))
                for given in 0..<width {
                    let place = first + given * width + truth
                    logs[place] = log(logs[place]) - logSum
                }
            }
        }
        return logs
    }

    /// The expected log-likelihood of the labels as crowd-kit 1.4.2 adds it up: with the answer's share once a label.
    func evidence(_ logs: [Double], _ shares: [Double]) -> Double {
        let logShares = shares.map { log(max($0, probabilityMin)) }
        var sum = 0.0
        for place in cells.indices { sum += cells[place] * (logs[place] + logShares[place % answerCount]) }
        return sum
    }

    /// How likely each worker is right on an item whose answer is drawn by the shares.
    func skills(_ logs: [Double], _ shares: [Double]) -> [Double] {
        let width = answerCount
        return (0..<cells.count / (width * width)).map { worker in
            (0..<width).reduce(0) { $0 + shares[$1] * exp(logs[(worker * width + $1) * width + $1]) }
        }
    }
}
