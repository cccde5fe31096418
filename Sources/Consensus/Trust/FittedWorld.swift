internal import Foundation

/// A world like the one the labels come from, of which the truth is known: answers drawn by the shares, and who
/// answered what as it was, with confusions as Dawid-Skene finds them, shrunk. What a method does there, it may be
/// trusted with here, as far as workers err independently.
package struct FittedWorld: Sendable {
    /// The labels drawn.
    package let labels: Labels
    /// The true answer to each item.
    package let truth: [Int32]

    /// - Throws: ``LabelsFault/sizeOutOfBounds`` as ``DawidSkene``.
    package init(like labels: Labels, seed: UInt64) throws(LabelsFault) {
        let width = labels.answerCount
        let fit = try DawidSkene(prior: Double(width) * 2, roundsMax: 30).fit(labels)
        let confusions = WorkerConfusions(labels, fit.posteriors, prior: Double(width) * 2)
        var random = SeededRandom(seed: seed)
        let truth = (0..<labels.itemCount).map { _ in Int32(random.place(in: fit.answerShares)) }
        self.truth = truth
        let drawn = labels.all.map { label in
            let row = confusions.probabilities(worker: Int(label.worker), truth: Int(truth[Int(label.item)]))
            return Label(item: label.item, worker: label.worker, answer: Int32(random.place(in: row)))
        }
        self.labels = try Labels(
            itemCount: labels.itemCount, workerCount: labels.workerCount, answerCount: width, labels: drawn
        )
    }
}

/// How likely each worker gives each answer where each is true: their own counts, shrunk to all workers' together.
package struct WorkerConfusions: Sendable {
    /// How many answers are possible.
    package let answerCount: Int
    /// Worker after worker: a row for each answer given, of a cell for each true answer.
    let logs: [Double]
    private let probabilities: [Double]

    /// From what a method found.
    ///
    /// - Parameters:
    ///   - prior: imagined labels in each row of a worker's table; see ``DawidSkene/prior``.
    ///   - kept: by worker, whose labels the posteriors rest on; everybody's without. What others say of items that
    ///     these have not answered tells nothing.
    package init(_ labels: Labels, _ posteriors: [Double], prior: Double, kept: [Bool]? = nil) {
        answerCount = labels.answerCount
        let known = kept.map { labels.answered(by: $0) } ?? labels
        logs = ConfusionCounts(known, posteriors).logs(prior: max(clampedPrior(prior), 1e-3))
        probabilities = logs.map { exp($0) }
    }

    /// The chance that the worker gives this answer where that one is true.
    package func probability(worker: Int, given: Int, truth: Int) -> Double {
        probabilities[(worker * answerCount + given) * answerCount + truth]
    }

    /// Of each answer that the worker may give, where one is true.
    package func probabilities(worker: Int, truth: Int) -> [Double] {
        (0..<answerCount).map { probability(worker: worker, given: $0, truth: truth) }
    }

    /// The chance that two workers give the same answer where that one is true.
    func sameness(_ one: Int, _ other: Int, truth: Int) -> Double {
        let (first, second) = (one * answerCount * answerCount + truth, other * answerCount * answerCount + truth)
        var same = 0.0
        for given in 0..<answerCount {
            same += probabilities[first + given * answerCount] * probabilities[second + given * answerCount]
        }
        return same
    }

    /// Of an answer given, for each that may be true: logarithms.
    func logRow(_ label: Label) -> ArraySlice<Double> {
        let row = (Int(label.worker) * answerCount + Int(label.answer)) * answerCount
        return logs[row..<row + answerCount]
    }
}

extension SeededRandom {
    /// A place drawn in proportion to the weights.
    package mutating func place(in weights: some RandomAccessCollection<Double>) -> Int {
        var rest = unit() * weights.reduce(0, +)
        for (place, weight) in weights.enumerated() {
            rest -= weight
            if rest < 0 { return place }
        }
        return max(weights.count - 1, 0)
    }
}
