/// What is believed of a share, such as a worker's accuracy: a Beta distribution.
package struct BetaBelief: Hashable, Sendable {
    /// Successes seen, with the prior's; at least 0.001.
    package let successes: Double
    /// Failures seen, with the prior's; at least 0.001.
    package let failures: Double

    /// A belief; numbers too small, too large or not finite are clamped.
    package init(successes: Double, failures: Double) {
        func bounded(_ count: Double) -> Double { count.isFinite ? min(max(count, 0.001), 1e9) : 0.001 }
        (self.successes, self.failures) = (bounded(successes), bounded(failures))
    }

    /// A belief worth `strength` observations around a mean.
    package init(meanMillionths: Int, strength: Double) {
        let mean = Double(min(max(meanMillionths, 0), 1_000_000)) / 1_000_000
        self.init(successes: mean * strength, failures: (1 - mean) * strength)
    }

    /// A belief from an estimate and a bound that so many millionths of it lie below, such as an interval's lower end;
    /// a bound at or above the mean means certainty.
    package init(meanMillionths: Int, lowerMillionths: Int, belowMillionths: Int) {
        let mean = Double(min(max(meanMillionths, 1), 999_999)) / 1_000_000
        let share = Double(min(max(belowMillionths, 1), 499_999)) / 1_000_000
        let distance = max(mean - Double(max(lowerMillionths, 0)) / 1_000_000, 1e-5)
        let deviation = distance / -PureMath.normalQuantile(share)
        let strength = min(max(mean * (1 - mean) / (deviation * deviation) - 1, 0.1), 1e8)
        self.init(successes: mean * strength, failures: (1 - mean) * strength)
    }

    /// How many observations it is worth.
    package var strength: Double { successes + failures }

    /// The expected share.
    package var mean: Double { successes / strength }

    /// One standard deviation of the share.
    package var deviation: Double { (mean * (1 - mean) / (strength + 1)).squareRoot() }

    /// The belief after more was seen.
    package func seeing(successes more: Double, failures other: Double) -> BetaBelief {
        BetaBelief(successes: successes + more, failures: failures + other)
    }

    /// The share that the true one falls below with the chance p.
    ///
    /// Source: Abramowitz and Stegun 26.5.22, the approximation by normal deviates; within 0.01 of the true quantile
    /// from one success and failure on, nearer with more.
    package func quantile(_ p: Double) -> Double {
        let (a, b) = (max(successes, 1), max(failures, 1))
        let y = -PureMath.normalQuantile(p)
        guard a > 1 || b > 1 else { return min(max(p, 0), 1) }
        let (first, second) = (1 / (2 * a - 1), 1 / (2 * b - 1))
        let h = 2 / (first + second)
        let lambda = (y * y - 3) / 6
        let root = max(h + lambda, 0).squareRoot()
        let w = y * root / h - (second - first) * (lambda + 5.0 / 6 - 2 / (3 * h))
        return min(max(a / (a + b * PureMath.exp(2 * w)), 0), 1)
    }

    /// A share drawn from the belief.
    package func draw(_ random: inout PolicyRandom) -> Double { quantile(random.unit()) }
}
