internal import Foundation

/// How the bids of one auction lie: what screens for bid rigging look at (Huber and Imhof 2019, International Journal
/// of Industrial Organization 65).
package struct BidSpread: Hashable, Sendable {
    /// The standard deviation of all bids to their mean; cover bids lie close together.
    package let variation: Double
    /// The excess kurtosis, corrected for small samples; nil with fewer than four bids or without any spread.
    package let kurtosis: Double?
    /// What lies between the lowest bid and the next, to the standard deviation of the losing bids: where losers only
    /// cover, they keep their distance from the winner. Nil with fewer than three bids or equal losing bids.
    package let difference: Double?

    /// Of the bids of one auction, in any order; nil with fewer than two, or when all are 0.
    package init?(_ bids: [Int64]) {
        let sorted = bids.sorted().map(Double.init)
        let mean = sorted.reduce(0, +) / Double(max(1, sorted.count))
        guard sorted.count >= 2, mean > 0 else { return nil }
        let deviation = Self.deviation(sorted)
        variation = deviation / mean
        let count = Double(sorted.count)
        if sorted.count >= 4, deviation > 0 {
            let fourth = sorted.reduce(0) { $0 + pow(($1 - mean) / deviation, 4) }
            let scale = count * (count + 1) / ((count - 1) * (count - 2) * (count - 3))
            kurtosis = scale * fourth - 3 * (count - 1) * (count - 1) / ((count - 2) * (count - 3))
        } else {
            kurtosis = nil
        }
        let losing = Self.deviation(Array(sorted.dropFirst()))
        difference = sorted.count >= 3 && losing > 0 ? (sorted[1] - sorted[0]) / losing : nil
    }

    private static func deviation(_ values: [Double]) -> Double {
        guard values.count >= 2 else { return 0 }
        let mean = values.reduce(0, +) / Double(values.count)
        return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
    }
}

/// Upper tails of distributions, for how surprising a number is.
enum Tail {
    /// P(Z ≥ z) of the normal distribution.
    static func normal(_ z: Double) -> Double { 0.5 * erfc(z / 2.0.squareRoot()) }

    /// P(X ≥ hits) of `count` trials with this chance each.
    static func binomial(hits: Int, of count: Int, chance: Double) -> Double {
        guard hits > 0 else { return 1 }
        guard chance > 0 else { return 0 }
        guard chance < 1, hits <= count else { return chance < 1 ? 0 : 1 }
        var tail = 0.0
        for successes in hits...count {
            let ways = lgamma(Double(count) + 1) - lgamma(Double(successes) + 1) - lgamma(Double(count - successes) + 1)
            let term = exp(ways + Double(successes) * log(chance) + Double(count - successes) * log1p(-chance))
            tail += term
            // Beyond the mean terms only fall.
            if Double(successes) > Double(count) * chance, term < tail * 1e-12 { break }
        }
        return min(1, tail)
    }

    /// How surprising: -log10 of a tail that is the least of so many looked at; 0 for what is to be expected.
    static func surprise(_ tail: Double, of looks: Double) -> Double {
        min(300, max(0, -(log10(max(tail, 1e-300)) + log10(max(1, looks)))))
    }

    /// How many sets of `size` there are of `count`.
    static func sets(of size: Int, from count: Int) -> Double {
        (0..<size).reduce(1.0) { $0 * Double(count - $1) / Double($1 + 1) }
    }
}

extension Array where Element == Double {
    /// 0 of nothing.
    var screenMedian: Double {
        guard !isEmpty else { return 0 }
        let sorted = sorted()
        return count.isMultiple(of: 2) ? (sorted[count / 2 - 1] + sorted[count / 2]) / 2 : sorted[count / 2]
    }

    /// The standard deviation that a normal distribution with this median deviation has; outliers hardly move it.
    var robustDeviation: Double {
        let median = screenMedian
        return map { abs($0 - median) }.screenMedian * 1.4826
    }
}
