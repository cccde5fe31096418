/// What stopping early would have cost and saved, on labels that are all there: half of the items teach what the
/// workers are worth, the others are answered one label after the other, in a drawn order, until the rule stops.
package struct StoppingReplay: Sendable {
    /// Items on which it was tried: those of the other half that have a known answer.
    package let items: Int
    /// Labels that were asked for, for each item.
    package let labelsEach: Double
    /// Labels that there were, for each item.
    package let labelsEachInAll: Double
    /// How often it was right.
    package let accuracy: Double
    /// How often the tie-fair majority of all labels was.
    package let majorityAccuracy: Double
    /// Of the confidence at which it stopped.
    package let calibrationError: Double
    /// Found on the half that teaches.
    package let calibration: Calibration

    /// - Parameters:
    ///   - gold: the true answers that are known; those of the half that teaches calibrate.
    ///   - seed: what halves and orders are drawn from.
    /// - Throws: ``LabelsFault`` as the method.
    package init(
        _ labels: Labels, gold: [Int32: Int32], method: FitMethod, rule: StoppingRule, prior: Double? = nil,
        seed: UInt64 = 1
    ) throws(LabelsFault) {
        var random = SeededRandom(seed: seed)
        let teaches = (0..<labels.itemCount).map { _ in random.next() & 1 == 0 }
        let taught = labels.filtered { teaches[Int($0.item)] }
        let fit = try method.fit(taught, prior: prior)
        let learnt = try OnlineConsensus(taught, fit, prior: prior ?? Double(labels.answerCount))
        var known: [(distribution: [Double], truth: Int32)] = []
        for item in gold.keys.sorted() where teaches[Int(item)] {
            let all = labels.labels(of: Int(item)).shuffled(using: &random)
            for count in stride(from: rule.answersMin, through: min(all.count, rule.answersMax), by: 1) {
                known.append((learnt.posterior(of: all.prefix(count)), gold[item] ?? -1))
            }
        }
        let calibration = Calibration(known)
        let ceiling = calibration.ceiling(answerCount: labels.answerCount)
        let majorities = labels.majorities()
        var outcomes: [(confidence: Double, isRight: Bool)] = []
        var (asked, there, fair) = (0, 0, 0.0)
        for item in gold.keys.sorted() where !teaches[Int(item)] {
            let all = labels.labels(of: Int(item)).shuffled(using: &random)
            guard let truth = gold[item], !all.isEmpty else { continue }
            var count = 0
            var posterior = calibration.applied(to: learnt.posterior(of: all.prefix(0)))
            while count < all.count, case .ask = rule.decide(posterior: posterior, labelCount: count, ceiling: ceiling)
            {
                count += 1
                posterior = calibration.applied(to: learnt.posterior(of: all.prefix(count)))
            }
            let confidence = posterior.max() ?? 0
            outcomes.append((confidence, posterior.firstIndex(of: confidence).map { Int32($0) } == truth))
            asked += count
            there += all.count
            fair += majorities[Int(item)].share(of: truth)
        }
        let found = CalibrationError(outcomes)
        items = outcomes.count
        labelsEach = Double(asked) / Double(max(items, 1))
        labelsEachInAll = Double(there) / Double(max(items, 1))
        (accuracy, calibrationError) = (found.accuracy, found.error)
        majorityAccuracy = fair / Double(max(items, 1))
        self.calibration = calibration
    }
}
