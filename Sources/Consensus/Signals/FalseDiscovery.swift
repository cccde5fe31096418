internal import Foundation

/// Which of many tests are believed, so that of those believed only a share is expected to be false.
///
/// Source: Benjamini and Hochberg 1995, Controlling the False Discovery Rate.
enum FalseDiscovery {
    /// The places of the tests that are believed, ascending.
    ///
    /// - Parameters:
    ///   - chances: of each test, the chance of what was seen when nothing is the matter.
    ///   - share: of false ones among those believed, at most in expectation.
    ///   - tests: how many were made, where some were not even worth a number.
    static func believed(_ chances: [Double], share: Double, tests: Int? = nil) -> [Int] {
        let order = chances.indices.sorted { (chances[$0], $0) < (chances[$1], $1) }
        let count = Double(max(tests ?? 0, chances.count))
        var last = -1
        for (rank, place) in order.enumerated() where chances[place] <= share * Double(rank + 1) / count { last = rank }
        return order.prefix(last + 1).sorted()
    }
}

/// Tails of distributions.
enum Tail {
    /// The chance of `hits` or more in `count` tries that each hit with a chance of `rate`.
    static func binomial(hits: Int, of count: Int, rate: Double) -> Double {
        guard hits > 0 else { return 1 }
        guard hits <= count, rate > 0 else { return 0 }
        guard rate < 1 else { return 1 }
        // From the term of `hits` on, each by the one before; what falls below 1e-18 of the sum is left out.
        var term = logChoose(count, hits) + Double(hits) * log(rate) + Double(count - hits) * log1p(-rate)
        var sum = exp(term)
        for more in (hits + 1)..<max(count + 1, hits + 1) where more <= count {
            term += log(Double(count - more + 1) / Double(more)) + log(rate) - log1p(-rate)
            sum += exp(term)
            if Double(more) > rate * Double(count), exp(term) < sum * 1e-18 { break }
        }
        return min(sum, 1)
    }

    /// The chance that a standard normal number is at least so large.
    static func normal(_ deviation: Double) -> Double { 0.5 * erfc(deviation / 2.0.squareRoot()) }

    private static func logChoose(_ count: Int, _ chosen: Int) -> Double {
        var sum = 0.0
        let few = min(chosen, count - chosen)
        for step in stride(from: 1, through: few, by: 1) { sum += log(Double(count - few + step) / Double(step)) }
        return sum
    }
}

/// The power of ten that a chance is one in.
func power(_ chance: Double) -> Double { chance > 0 ? -log10(chance) : 300 }
