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
    /// Looks at pairs of labels on the same item, of at most ten labels of each.
    package func dependence(_ fit: Fit, _ confusions: WorkerConfusions) -> Dependence {
        var excesses = [Double](repeating: 0, count: itemCount)
        var pairs = [Int](repeating: 0, count: itemCount)
        forEachPair(fit, confusions, labelsMax: 10) { one, other, rest in
            var expected = 0.0
            for truth in rest.indices where rest[truth] > 1e-9 {
                expected += rest[truth] * confusions.sameness(Int(one.worker), Int(other.worker), truth: truth)
            }
            excesses[Int(one.item)] += (one.answer == other.answer ? 1 : 0) - expected
            pairs[Int(one.item)] += 1
        }
        let items = pairs.count { $0 > 0 }
        let (sum, squares) = (excesses.reduce(0, +), excesses.reduce(0) { $0 + $1 * $1 })
        guard items > 0, squares > 0 else { return Dependence(excess: 0, deviation: 0, spread: 0, items: items) }
        return Dependence(
            excess: sum / Double(pairs.reduce(0, +)), deviation: sum / squares.squareRoot(),
            spread: squares / Double(items), items: items
        )
    }

    /// Every pair of labels that two workers gave to the same item, of items with at least three labels, and the item's
    /// posterior by its other labels. Cost: pairs × answers.
    ///
    /// - Parameters:
    ///   - kept: by worker, whose labels make the posterior; everybody's without.
    ///   - labelsMax: of each item only so many labels are compared with each other.
    func forEachPair(
        _ fit: Fit, _ confusions: WorkerConfusions, kept: [Bool]? = nil, labelsMax: Int,
        _ body: (_ one: Label, _ other: Label, _ rest: [Double]) -> Void
    ) {
        let logShares = fit.answerShares.map { log(max($0, probabilityMin)) }
        for item in 0..<itemCount where count(of: item) >= 3 {
            let labels = labels(of: item)
            var whole = logShares
            for label in labels where kept?[Int(label.worker)] ?? true {
                for (answer, log) in confusions.logRow(label).enumerated() { whole[answer] += log }
            }
            let looked = labels.prefix(labelsMax)
            for place in looked.indices {
                let one = looked[place]
                for other in looked[(place + 1)...] where other.worker != one.worker {
                    var rest = whole
                    for label in [one, other] where kept?[Int(label.worker)] ?? true {
                        for (answer, log) in confusions.logRow(label).enumerated() { rest[answer] -= log }
                    }
                    _ = normalize(&rest)
                    body(one, other, rest)
                }
            }
        }
    }
}
