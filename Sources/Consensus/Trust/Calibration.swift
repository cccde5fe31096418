internal import Foundation

/// How posteriors are made to mean what they say, found on items whose answer is known.
///
/// Each posterior is raised to one power, for evidence that is weaker than it looks, and then mixed with even
/// chances, for items on which most workers err together: of those, more labels tell nothing. Which answer is
/// likeliest never changes.
///
/// Source: Guo, Pleiss, Sun and Weinberger 2017, On Calibration of Modern Neural Networks, section 4.2, for the
/// temperature.
package struct Calibration: Hashable, Sendable {
    /// 0.05 to 20; 1 changes nothing, above it confidence is taken away.
    package let temperature: Double
    /// The weight of even chances, 0 to 0.5; 0 changes nothing.
    package let doubt: Double

    /// A calibration found before; without arguments one that changes nothing. What is out of bounds is clamped.
    package init(temperature: Double = 1, doubt: Double = 0) {
        self.temperature = temperature.isNaN ? 1 : min(max(temperature, 0.05), 20)
        self.doubt = doubt.isNaN ? 0 : min(max(doubt, 0), 0.5)
    }

    /// The calibration by which the known answers are the least surprising.
    ///
    /// - Parameter gold: the true answer of each item that has a known one; others are left out.
    package init(_ fit: Fit, gold: [Int32: Int32]) {
        self.init(
            gold.keys.sorted().compactMap { item in
                gold[item].map { (Array(fit.distribution(item: Int(item))), $0) }
            })
    }

    /// The same, of distributions whose true answer is known; one that is none of the answers is left out.
    package init(_ known: [(distribution: [Double], truth: Int32)]) {
        let known = known.filter { $0.distribution.indices.contains(Int($0.truth)) }
        guard !known.isEmpty else {
            self.init()
            return
        }
        let odds = Self.rounds(known)
        self.init(temperature: odds.temperature, doubt: odds.doubt)
    }

    /// Each in turn, by golden sections; a little doubt and a temperature near 1 are preferred to none at all.
    private static func rounds(
        _ known: [(distribution: [Double], truth: Int32)]
    ) -> (temperature: Double, doubt: Double) {
        var (temperature, doubt) = (1.0, 0.01)
        for _ in 0..<3 {
            let chances = { (logTemperature: Double) -> Double in
                let calibration = Calibration(temperature: exp(logTemperature), doubt: doubt)
                return calibration.surprise(known) + logTemperature * logTemperature / 8
            }
            temperature = exp(lowest(log(0.05), log(20), chances))
            let told = known.map { (Calibration(temperature: temperature).applied(to: $0.distribution), $0.truth) }
            doubt = lowest(0, 0.5) { Calibration(doubt: $0).surprise(told) - log(max($0, 1e-6)) * 0.5 }
        }
        return (temperature, doubt)
    }

    private func surprise(_ known: [(distribution: [Double], truth: Int32)]) -> Double {
        known.reduce(0) { $0 - log(max(applied(to: $1.distribution)[Int($1.truth)], 1e-12)) }
    }

    /// Where a function of one valley is lowest.
    private static func lowest(_ low: Double, _ high: Double, _ height: (Double) -> Double) -> Double {
        var (low, high) = (low, high)
        let golden = (5.0.squareRoot() - 1) / 2
        for _ in 0..<20 {
            let (one, other) = (high - golden * (high - low), low + golden * (high - low))
            if height(one) < height(other) { high = other } else { low = one }
        }
        return (low + high) / 2
    }

    /// The most confidence that is possible.
    package func ceiling(answerCount: Int) -> Double { 1 - doubt + doubt / Double(max(answerCount, 1)) }

    /// Probabilities, calibrated.
    package func applied(to probabilities: some Collection<Double>) -> [Double] {
        var scores = probabilities.map { log(max($0, 1e-300)) / temperature }
        _ = normalize(&scores)
        return scores.map { (1 - doubt) * $0 + doubt / Double(scores.count) }
    }

    /// A fit with every posterior calibrated.
    package func applied(to fit: Fit) -> Fit {
        var calibrated = fit
        calibrated.posteriors = (0..<fit.itemCount).flatMap { applied(to: fit.distribution(item: $0)) }
        return calibrated
    }
}

/// How far the confidence in likeliest answers is from how often they are right, on average.
package struct CalibrationError: Hashable, Sendable {
    /// The mean over ten bins of confidence of |right − promised|, weighted by their items; 0 is perfect.
    package let error: Double
    /// How often the likeliest answer was right.
    package let accuracy: Double
    /// The mean confidence in it.
    package let confidence: Double
    /// Items looked at.
    package let items: Int

    /// - Parameter outcomes: the confidence in each likeliest answer, and whether it was right.
    package init(_ outcomes: [(confidence: Double, isRight: Bool)]) {
        var bins = [(right: Double, promised: Double)](repeating: (0, 0), count: 10)
        for outcome in outcomes where outcome.confidence.isFinite {
            guard let bin = Int(exactly: (min(max(outcome.confidence, 0), 0.999_999) * 10).rounded(.down)) else {
                continue
            }
            bins[bin].right += outcome.isRight ? 1 : 0
            bins[bin].promised += outcome.confidence
        }
        items = outcomes.count
        let count = Double(max(items, 1))
        error = bins.reduce(0) { $0 + abs($1.right - $1.promised) } / count
        accuracy = bins.reduce(0) { $0 + $1.right } / count
        confidence = bins.reduce(0) { $0 + $1.promised } / count
    }

    /// Of a fit, on the items whose answer is known.
    package init(_ fit: Fit, gold: [Int32: Int32]) {
        self.init(
            gold.keys.sorted().compactMap { item in
                fit.likeliest(item: Int(item)).map { ($0.posterior, $0.answer == gold[item]) }
            })
    }
}
