internal import Foundation

/// Posteriors and workers' confusions that every new label moves at once, between two full fits.
///
/// A label multiplies its item's posterior by what its worker's table says, and then counts in that table with the
/// posterior it helped to make. Earlier labels of the item are not counted anew; the next full fit does that. So the
/// order of labels matters a little; the same order gives the same bits.
package struct OnlineConsensus: Sendable {
    /// How many answers are possible.
    package let answerCount: Int
    private let prior: Double
    private let pool: [Double]
    private let logShares: [Double]
    /// By worker: a row for each answer given, of a cell for each true answer.
    private var tables: [Int32: [Double]] = [:]
    private var beliefs: [Int32: [Double]] = [:]
    private var counts: [Int32: Int] = [:]

    /// From a full fit. Its items are taken over too, so that further labels of them can come.
    ///
    /// - Parameter prior: imagined labels in each row of a worker's table, spread as in all workers' together.
    /// - Throws: ``LabelsFault/sizeOutOfBounds`` when the workers' tables would have too many cells.
    package init(_ labels: Labels, _ fit: Fit, prior: Double) throws(LabelsFault) {
        let width = labels.answerCount
        guard labels.hasTables, fit.answerCount == width else {
            throw .sizeOutOfBounds
        }
        answerCount = width
        self.prior = max(clampedPrior(prior), 0.1)
        let confusions = ConfusionCounts(labels, fit.posteriors)
        pool = confusions.pooled()
        logShares = fit.answerShares.map { log(max($0, probabilityMin)) }
        for worker in 0..<labels.workerCount {
            tables[Int32(worker)] = Array(confusions.cells[worker * width * width..<(worker + 1) * width * width])
        }
        for item in 0..<labels.itemCount where labels.count(of: item) > 0 {
            beliefs[Int32(item)] = fit.distribution(item: item).map { log(max($0, 1e-300)) }
            counts[Int32(item)] = labels.count(of: item)
        }
    }

    /// Takes a label in. Items and workers that were not there before are new; an answer that is not possible changes
    /// nothing. Cost: answers squared.
    ///
    /// - Returns: the item's posterior.
    @discardableResult
    package mutating func add(_ label: Label) -> [Double] {
        guard (0..<Int32(answerCount)).contains(label.answer) else { return posterior(item: label.item) }
        var belief = beliefs[label.item] ?? logShares
        for truth in 0..<answerCount {
            belief[truth] += log(chance(worker: label.worker, given: Int(label.answer), truth: truth))
        }
        var posterior = belief
        _ = normalize(&posterior)
        // Kept normalized, so that no number of labels runs out of exponents.
        beliefs[label.item] = posterior.map { log(max($0, 1e-300)) }
        counts[label.item, default: 0] += 1
        var table = tables[label.worker] ?? [Double](repeating: 0, count: answerCount * answerCount)
        for truth in 0..<answerCount { table[Int(label.answer) * answerCount + truth] += posterior[truth] }
        tables[label.worker] = table
        return posterior
    }

    /// The probability of each answer to an item; the answers' shares for one without labels.
    package func posterior(item: Int32) -> [Double] {
        var scores = beliefs[item] ?? logShares
        _ = normalize(&scores)
        return scores
    }

    /// The probability of each answer to an item that has these labels and no others, by the tables as they stand.
    package func posterior(of labels: some Sequence<Label>) -> [Double] {
        var scores = logShares
        for label in labels where (0..<Int32(answerCount)).contains(label.answer) {
            for truth in 0..<answerCount {
                scores[truth] += log(chance(worker: label.worker, given: Int(label.answer), truth: truth))
            }
        }
        _ = normalize(&scores)
        return scores
    }

    /// How many labels an item has.
    package func labelCount(item: Int32) -> Int { counts[item] ?? 0 }

    /// The chance that the worker gives this answer where that one is true; that of all workers for one without labels.
    package func chance(worker: Int32, given: Int, truth: Int) -> Double {
        let place = given * answerCount + truth
        guard let table = tables[worker] else { return pool[place] }
        var sum = prior
        for row in 0..<answerCount { sum += table[row * answerCount + truth] }
        return max((table[place] + prior * pool[place]) / sum, probabilityMin)
    }

    /// How much likelier the likeliest answer of an item is expected to be after one more label by a worker.
    ///
    /// Source: Zheng, Wang, Li, Cheng and Feng 2015, QASCA, SIGMOD.
    package func expectedGain(item: Int32, worker: Int32) -> Double {
        let posterior = posterior(item: item)
        var after = 0.0
        for given in 0..<answerCount {
            after += (0..<answerCount).reduce(0.0) {
                max($0, posterior[$1] * chance(worker: worker, given: given, truth: $1))
            }
        }
        return max(after - (posterior.max() ?? 0), 0)
    }
}
