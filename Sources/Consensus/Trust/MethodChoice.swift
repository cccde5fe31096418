internal import Foundation

/// Which method a project takes: the one whose calibrated posteriors surprise the known answers least, of those that
/// are right at least as often as the majority.
///
/// No method sees a known answer; only the calibration does, and it is tried on other items than those it was found on.
package struct MethodChoice: Sendable {
    /// How one method did on the known answers.
    package struct Score: Hashable, Sendable {
        /// Which.
        package let method: FitMethod
        /// How often it was right; of the majority in expectation over its ties.
        package let accuracy: Double
        /// The mean surprise at a known answer, in nats, calibrated on others.
        package let surprise: Double
    }

    /// Known answers that a choice by them needs.
    package static let goldMin = 50

    /// The fit of the method chosen, calibrated where there was gold enough.
    package let fit: Fit
    /// What it was calibrated by.
    package let calibration: Calibration
    /// All methods tried, the best first; empty where there was too little gold.
    package let scores: [Score]

    /// With fewer than ``goldMin`` known answers the choice is Dawid-Skene, or the majority where its warnings say that
    /// it is worse.
    ///
    /// - Parameter gold: the known answers, by item.
    /// - Throws: ``LabelsFault`` where not even the majority can be had.
    package init(_ labels: Labels, gold: [Int32: Int32]) throws(LabelsFault) {
        let known = gold.filter {
            labels.count(of: Int($0.key)) > 0 && (0..<Int32(labels.answerCount)).contains($0.value)
        }
        guard known.count >= Self.goldMin else {
            let tables = try? FitMethod.dawidSkene.fit(labels)
            let isWorse =
                tables.map { labels.warnings(about: $0).contains { $0.code == "worse_than_majority" } } ?? true
            fit = isWorse ? labels.majorityFit() : tables ?? labels.majorityFit()
            (calibration, scores) = (Calibration(), [])
            return
        }
        let majorities = labels.majorities()
        let fair = known.reduce(0) { $0 + majorities[Int($1.key)].share(of: $1.value) } / Double(known.count)
        // A method whose tables would be too large is out of the running.
        let fits = FitMethod.allCases.compactMap { try? $0.fit(labels) }
        let tried = fits.map { fit in
            Score(
                method: fit.method,
                accuracy: fit.method == .majority ? fair : CalibrationError(fit, gold: known).accuracy,
                surprise: Self.surprise(fit, known)
            )
        }
        let order = tried.indices.sorted { (tried[$0].surprise, $0) < (tried[$1].surprise, $1) }
        let chosen = order.first { tried[$0].accuracy >= fair } ?? 0
        scores = order.map { tried[$0] }
        calibration = Calibration(fits[chosen], gold: known)
        fit = calibration.applied(to: fits[chosen])
    }

    /// In five parts, each by the calibration of the other four.
    private static func surprise(_ fit: Fit, _ known: [Int32: Int32]) -> Double {
        var sum = 0.0
        let items = known.keys.sorted()
        for part in 0..<5 {
            let held = items.enumerated().filter { $0.offset % 5 == part }.map(\.element)
            let others = Set(items).subtracting(held)
            let taught = known.filter { others.contains($0.key) }
            let calibration = Calibration(fit, gold: taught)
            for item in held {
                let told = calibration.applied(to: fit.distribution(item: Int(item)))
                sum -= log(max(told[Int(known[item] ?? 0)], 1e-12))
            }
        }
        return sum / Double(max(items.count, 1))
    }
}
