/// Why a fit should not be trusted as it is. The majority is then the answer that asks nothing of the workers.
package enum FitWarning: Hashable, Sendable {
    /// The run came to its bound before it stood still.
    case notConverged(rounds: Int)
    /// Most items have one label: nothing can be learnt from them about their worker.
    case singleLabels(items: Int, of: Int)
    /// Where the truth is known, by gold or in a drawn world like this one, the majority was right more often.
    case worseThanMajority(accuracy: Double, majority: Double)
    /// It contradicts many clear majorities, while workers agree in ways it does not explain.
    case contradictsMajority(items: Int, of: Int)
    /// There its posteriors promised more than they held.
    case overConfident(promised: Double, held: Double)
    /// Workers are right and wrong together, so that posteriors claim too much: more pairs agree than skills explain (a
    /// share), or how far items are agreed on spreads so many times as far as it would.
    case dependentErrors(excess: Double, spread: Double)

    /// Stable, snake_case.
    package var code: String {
        switch self {
        case .notConverged: "not_converged"
        case .singleLabels: "single_labels"
        case .worseThanMajority, .contradictsMajority: "worse_than_majority"
        case .overConfident, .dependentErrors: "over_confident"
        }
    }
}

extension FitWarning: CustomStringConvertible {
    /// The code and a sentence for people.
    package var description: String { "\(code): \(sentence)" }

    private var sentence: String {
        switch self {
        case .notConverged(let rounds): "posteriors still moved after \(rounds) rounds"
        case .singleLabels(let items, let all):
            "\(items) of \(all) tasks have one label only; their posterior tells of the worker, not of the task"
        case .worseThanMajority(let accuracy, let majority):
            "where the answer is known, or drawn, it was right on \(percent(accuracy)) of the tasks, the majority on "
                + "\(percent(majority)); take the majority"
        case .contradictsMajority(let items, let all):
            "it contradicts \(items) of \(all) clear majorities, and workers agree in ways that it does not explain; "
                + "take the majority, or compare with known answers"
        case .overConfident(let promised, let held):
            "where the answer is known, or drawn, its posteriors promised \(percent(promised)), and \(percent(held)) "
                + "were right; calibrate with known answers, or take the majority"
        case .dependentErrors(let excess, let spread):
            "workers err together (\(percent(max(excess, 0))) more pairs agree than skills explain; agreement spreads "
                + "\(percent(spread)) as far over the tasks): posteriors claim too "
                + "much; calibrate with known answers, or take the majority"
        }
    }

    private func percent(_ share: Double) -> String {
        let tenths = Int((share * 1_000).rounded(.toNearestOrAwayFromZero))
        return "\(tenths / 10).\(tenths % 10) %"
    }
}

/// The bounds at which a fit is warned of. Chosen on `../shared/data/crowd` and on drawn labels; docs/CONSENSUS.md has
/// what they do there.
private enum Suspicion {
    static let labelsMax = 50_000
    static let singleLabelsShare = 0.5
    static let lossMin = 0.005
    static let promiseMin = 0.03
    static let contradictionMin = 0.08
    static let excessMin = 0.005
    static let deviationMin = 3.0
    static let spreadMin = 1.2
}

extension Labels {
    /// What speaks against a fit of these labels; nothing ever against the majority. Looks at about 50,000 labels where
    /// there are more. Seeded by nothing but the labels.
    ///
    /// - Parameter gold: known answers, which decide where there are ``MethodChoice/goldMin`` or more.
    package func warnings(about fit: Fit, gold: [Int32: Int32] = [:]) -> [FitWarning] {
        guard fit.method != .majority, !all.isEmpty, fit.itemCount == itemCount else { return [] }
        var warnings: [FitWarning] = fit.isConverged ? [] : [.notConverged(rounds: fit.rounds)]
        let labelled = (0..<itemCount).count { count(of: $0) > 0 }
        let single = (0..<itemCount).count { count(of: $0) == 1 }
        if Double(single) > Suspicion.singleLabelsShare * Double(labelled) {
            warnings.append(.singleLabels(items: single, of: labelled))
        }
        if gold.count >= MethodChoice.goldMin { return warnings + measured(fit, gold) }
        guard hasTables else { return warnings }
        let sample = sampled(labelsMax: Suspicion.labelsMax)
        let confusions = WorkerConfusions(self, fit.posteriors, prior: Double(answerCount))
        let dependence = sample.dependence(fit, confusions)
        if let world = try? FittedWorld(like: sample, seed: UInt64(all.count)),
            let found = try? fit.method.fit(world.labels, prior: fit.prior)
        {
            warnings += world.warnings(about: found)
            let drawn = WorkerConfusions(world.labels, found.posteriors, prior: Double(answerCount))
            let usual = world.labels.dependence(found, drawn)
            let spread = usual.spread > 0 ? dependence.spread / usual.spread : 1
            let margin = 2 / Double(max(dependence.items, 1)).squareRoot()
            let isFrequent =
                dependence.excess >= Suspicion.excessMin && dependence.deviation >= Suspicion.deviationMin
            if isFrequent || spread >= Suspicion.spreadMin + margin {
                warnings.append(.dependentErrors(excess: dependence.excess, spread: spread))
                let (contradicted, clear) = contradictions(of: fit)
                if contradicted > 0, Double(contradicted) >= Suspicion.contradictionMin * Double(clear) {
                    warnings.append(.contradictsMajority(items: contradicted, of: clear))
                }
            }
        }
        return warnings
    }

    private func measured(_ fit: Fit, _ gold: [Int32: Int32]) -> [FitWarning] {
        let (found, majorities) = (CalibrationError(fit, gold: gold), majorities())
        let votes = gold.reduce(0) {
            $0 + (majorities.indices.contains(Int($1.key)) ? majorities[Int($1.key)].share(of: $1.value) : 0)
        }
        var warnings: [FitWarning] = []
        if found.accuracy < votes / Double(gold.count) - Suspicion.lossMin {
            warnings.append(.worseThanMajority(accuracy: found.accuracy, majority: votes / Double(gold.count)))
        }
        if found.confidence > found.accuracy + max(Suspicion.promiseMin, (0.25 / Double(gold.count)).squareRoot()) {
            warnings.append(.overConfident(promised: found.confidence, held: found.accuracy))
        }
        return warnings
    }

    /// How many majorities without a tie the fit contradicts, of how many.
    private func contradictions(of fit: Fit) -> (contradicted: Int, clear: Int) {
        var (contradicted, clear) = (0, 0)
        for (item, majority) in majorities().enumerated() where majority.winners.count == 1 && majority.voteCount > 1 {
            clear += 1
            if fit.likeliest(item: item)?.answer != majority.winners[0] { contradicted += 1 }
        }
        return (contradicted, clear)
    }

    /// All labels of items drawn by lot, about so many; the items keep their codes.
    private func sampled(labelsMax: Int) -> Labels {
        guard all.count > labelsMax else { return self }
        let share = Double(labelsMax) / Double(all.count)
        return filtered { Double(SeededRandom.mixed(UInt64($0.item)) >> 11) * 0x1p-53 < share }
    }
}

extension FittedWorld {
    /// What a method did here, where the truth is known.
    fileprivate func warnings(about found: Fit) -> [FitWarning] {
        var (right, promised, votes, items) = (0.0, 0.0, 0.0, 0.0)
        for (item, majority) in labels.majorities().enumerated() {
            guard let (answer, posterior) = found.likeliest(item: item), !majority.winners.isEmpty else { continue }
            items += 1
            promised += posterior
            if answer == truth[item] { right += 1 }
            votes += majority.share(of: truth[item])
        }
        guard items > 0 else { return [] }
        let noise = (0.25 / items).squareRoot()
        var warnings: [FitWarning] = []
        if right / items < votes / items - max(Suspicion.lossMin, noise / 2) {
            warnings.append(.worseThanMajority(accuracy: right / items, majority: votes / items))
        }
        if promised / items > right / items + max(Suspicion.promiseMin, noise) {
            warnings.append(.overConfident(promised: promised / items, held: right / items))
        }
        return warnings
    }
}
