/// What is to be written down of an item.
package enum ItemOutcome: Hashable, Sendable {
    /// One answer.
    case settled(answer: Int32, confidence: Double)
    /// Workers who are good in general stand on different sides. No vote can settle that: the distribution is the
    /// answer (each answer's share of their labels, weighted by skill), and is kept.
    case contested(shares: [Double])
    /// Neither is clear yet.
    case open
}

extension Labels {
    /// The outcome of an item.
    ///
    /// In law or ethics two answers can both be right, and a posterior, which multiplies evidence, would settle on
    /// one all the same. So sides are told by labels: of workers better than a guess, at least two must stand on
    /// either side, with at least so much weight.
    ///
    /// - Parameters:
    ///   - fit: calibrated; see ``Calibration``.
    ///   - confidenceMin: at which an answer is settled.
    ///   - contestedMin: the share of the second side, 0 to 0.5.
    ///   - labelsMin: fewer labels contest nothing.
    package func outcome(
        of item: Int, _ fit: Fit, confidenceMin: Double = 0.95, contestedMin: Double = 0.3, labelsMin: Int = 5
    ) -> ItemOutcome {
        guard let (answer, confidence) = fit.likeliest(item: item) else { return .open }
        var (weights, voices) = ([Double](repeating: 0, count: answerCount), [Int](repeating: 0, count: answerCount))
        let guess = fit.method == .mace ? 0 : 1 / Double(answerCount)
        for label in labels(of: item) {
            let weight = max(fit.skills[Int(label.worker)] - guess, 0)
            weights[Int(label.answer)] += weight
            voices[Int(label.answer)] += weight > 0.1 ? 1 : 0
        }
        let sum = weights.reduce(0, +)
        if sum > 0, count(of: item) >= labelsMin {
            let order = weights.indices.sorted { (weights[$1], $0) < (weights[$0], $1) }
            if order.count > 1, weights[order[1]] >= contestedMin * sum, voices[order[0]] > 1, voices[order[1]] > 1 {
                return .contested(shares: weights.map { $0 / sum })
            }
        }
        return confidence >= confidenceMin ? .settled(answer: answer, confidence: confidence) : .open
    }
}
