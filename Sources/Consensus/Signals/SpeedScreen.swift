internal import Foundation

/// Answers given faster than the text can be read, by worker.
package struct SpeedSignal: Hashable, Sendable {
    /// The worker's code.
    package let worker: Int32
    /// Answers of theirs.
    package let answers: Int
    /// Of them, those below the bound.
    package let fast: Int
    /// How likely so many are of somebody who is fast as often as everybody.
    package let chance: Double
}

/// Where too fast begins, for one kind of task, and who is.
///
/// Times are taken for each character, where lengths are known. Two log-normal distributions are fitted to all; if a
/// fast one stands apart, the bound is where an answer is as likely of it as of the other; it is never below a tenth of
/// the median. Source: Wise and Kong 2005, Response Time Effort; ALGORITHMS.md, section 4, design 2.
package struct SpeedScreen: Sendable {
    /// Seconds, for each 1,000 characters where lengths are known.
    package let bound: Double
    /// Whether a fast kind of answering stands apart from the usual one.
    package let isSplit: Bool
    /// Those who are too fast too often, by code.
    package let suspicious: [SpeedSignal]

    /// - Parameters:
    ///   - answers: the worker, the seconds, above 0, and the characters to read, 0 where they are not known; others
    ///     are left out.
    ///   - share: of false ones among those believed.
    package init(_ answers: [(worker: Int32, seconds: Double, characters: Int)], share: Double = 0.01) {
        let paces = answers.compactMap { answer -> (worker: Int32, pace: Double)? in
            guard answer.seconds.isFinite, answer.seconds > 0, answer.characters >= 0 else { return nil }
            let pace = answer.characters > 0 ? answer.seconds * 1_000 / Double(answer.characters) : answer.seconds
            return (answer.worker, log(pace))
        }
        let logs = paces.map(\.pace)
        let floor = logs.middle + log(0.1)
        let cut = Self.cut(logs)
        isSplit = cut != nil
        let edge = max(cut ?? floor, floor)
        bound = logs.isEmpty ? 0 : exp(edge)
        var counts: [Int32: (fast: Int, all: Int)] = [:]
        for (worker, pace) in paces {
            counts[worker, default: (0, 0)].fast += pace < edge ? 1 : 0
            counts[worker, default: (0, 0)].all += 1
        }
        // How often everybody is fast: the middle worker, or one answer in fifty.
        let usual = max(
            counts.keys.sorted().map { Double(counts[$0]?.fast ?? 0) / Double(counts[$0]?.all ?? 1) }.middle, 0.02)
        let tests = counts.keys.sorted().map { worker in
            let (fast, all) = counts[worker] ?? (0, 0)
            return SpeedSignal(
                worker: worker, answers: all, fast: fast, chance: Tail.binomial(hits: fast, of: all, rate: usual))
        }
        suspicious = FalseDiscovery.believed(tests.map(\.chance), share: share).map { tests[$0] }
            .filter { 4 * $0.fast >= $0.answers }
    }

    /// Where the two distributions cross; nil when no fast one stands apart.
    private static func cut(_ logs: [Double]) -> Double? {
        guard logs.count >= 50 else { return nil }
        let sorted = logs.sorted()
        var low = (weight: 0.1, mean: sorted[sorted.count / 20], spread: 0.5)
        var high = (weight: 0.9, mean: sorted[sorted.count / 2], spread: 0.7)
        for _ in 0..<200 {
            var sums = (weight: 0.0, first: 0.0, second: 0.0)
            var others = (weight: 0.0, first: 0.0, second: 0.0)
            for x in logs {
                let share = 1 / (1 + exp(density(x, high) - density(x, low)))
                sums = (sums.weight + share, sums.first + share * x, sums.second + share * x * x)
                others = (
                    others.weight + 1 - share, others.first + (1 - share) * x, others.second + (1 - share) * x * x
                )
            }
            low = moments(sums, count: logs.count)
            high = moments(others, count: logs.count)
        }
        guard low.mean < high.mean, low.weight >= 0.005, low.weight <= 0.6,
            high.mean - low.mean > 2.5 * max(low.spread, high.spread)
        else { return nil }
        var (left, right) = (low.mean, high.mean)
        for _ in 0..<60 {
            let middle = (left + right) / 2
            if density(middle, low) > density(middle, high) { left = middle } else { right = middle }
        }
        return (left + right) / 2
    }

    private static func density(_ x: Double, _ part: (weight: Double, mean: Double, spread: Double)) -> Double {
        let deviation = (x - part.mean) / part.spread
        return log(max(part.weight, 1e-12) / part.spread) - 0.5 * deviation * deviation
    }

    private static func moments(
        _ sums: (weight: Double, first: Double, second: Double), count: Int
    ) -> (weight: Double, mean: Double, spread: Double) {
        let weight = max(sums.weight, 1e-9)
        let mean = sums.first / weight
        let variance = max(sums.second / weight - mean * mean, 0.01)
        return (sums.weight / Double(count), mean, variance.squareRoot())
    }
}
