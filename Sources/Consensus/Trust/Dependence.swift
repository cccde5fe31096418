internal import Foundation

/// How much more often two workers give the same answer to an item than their confusions explain, over all pairs. Where
/// they do, errors come together (hard items, copies, a rule misread by many), and every posterior that multiplies
/// independent evidence is over-confident.
package struct Dependence: Hashable, Sendable {
    /// Agreements less those expected, for each pair of labels.
    package let excess: Double
    /// The same in standard errors, items counting as independent.
    package let deviation: Double
    /// The mean square of an item's excess: large too where some items are agreed on more, and others less, than skills
    /// explain.
    package let spread: Double
    /// Items with at least three labels: only they count.
    package let items: Int
}

extension Labels {
    /// Looks at pairs of labels on the same item, of at most ten labels of each. What is expected of a pair comes from
    /// the posterior of the item's other labels. Cost: labels × 10 × answers squared.
    package func dependence(_ fit: Fit, _ confusions: WorkerConfusions) -> Dependence {
        let width = answerCount
        let logShares = fit.answerShares.map { log(max($0, probabilityMin)) }
        var (sum, squares, pairs, items) = (0.0, 0.0, 0, 0)
        for item in 0..<itemCount where count(of: item) >= 3 {
            let labels = Array(labels(of: item))
            var whole = logShares
            for label in labels {
                for (answer, log) in confusions.logRow(label).enumerated() { whole[answer] += log }
            }
            var excess = 0.0
            let looked = labels.prefix(10)
            for (place, one) in looked.enumerated() {
                for other in looked[(place + 1)...] where other.worker != one.worker {
                    var rest = whole
                    for (answer, log) in confusions.logRow(one).enumerated() { rest[answer] -= log }
                    for (answer, log) in confusions.logRow(other).enumerated() { rest[answer] -= log }
                    _ = normalize(&rest)
                    var expected = 0.0
                    for truth in 0..<width where rest[truth] > 1e-9 {
                        var same = 0.0
                        for given in 0..<width {
                            same +=
                                confusions.probability(worker: Int(one.worker), given: given, truth: truth)
                                * confusions.probability(worker: Int(other.worker), given: given, truth: truth)
                        }
                        expected += rest[truth] * same
                    }
                    excess += (one.answer == other.answer ? 1 : 0) - expected
                    pairs += 1
                }
            }
            items += 1
            sum += excess
            squares += excess * excess
        }
        guard pairs > 0, squares > 0 else { return Dependence(excess: 0, deviation: 0, spread: 0, items: items) }
        return Dependence(
            excess: sum / Double(pairs), deviation: sum / squares.squareRoot(), spread: squares / Double(items),
            items: items
        )
    }
}
