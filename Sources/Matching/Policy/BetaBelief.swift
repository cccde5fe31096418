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
        func bounded(_ strength: Double) -> Double { min(max(strength, 0.1), 1e8) }
        var strength = bounded(mean * (1 - mean) / (deviation * deviation) - 1)
        // The first guess takes the belief for a normal one; its distance goes with the root of the strength.
        for _ in 0..<5 {
            let belief = BetaBelief(successes: mean * strength, failures: (1 - mean) * strength)
            let ratio = (mean - belief.quantile(share)) / distance
            strength = bounded(strength * ratio * ratio)
        }
        self.init(successes: mean * strength, failures: (1 - mean) * strength)
    }

    /// What a population's records say of a member of whom nothing is known: their mean, as strong as they are alike.
    /// Records of fewer than 10 observations are left out; with fewer than 10 records, `otherwise`.
    ///
    /// Source: empirical Bayes by moments; the variance between shares less what their own sampling explains.
    package init(populationOf records: [(successes: Double, failures: Double)], otherwise: BetaBelief) {
        let known = records.filter { $0.successes + $0.failures >= 10 }
        guard known.count >= 10 else {
            self = otherwise
            return
        }
        let count = Double(known.count)
        let shares = known.map { $0.successes / ($0.successes + $0.failures) }
        let mean = min(max(shares.reduce(0, +) / count, 0.01), 0.99)
        let spread = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
        let sampling = known.reduce(0) { $0 + 1 / ($1.successes + $1.failures) } / count
        // Of a Beta distribution of strength s: spread = mean (1 − mean) (1 + s · sampling) ÷ (1 + s), about.
        let ratio = spread / (mean * (1 - mean))
        let strength = ratio <= sampling + 0.001 ? 1_000 : min(max((1 - ratio) / (ratio - sampling), 2), 1_000)
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

    /// The share that the true one falls below with the chance p, to about 1e-6.
    ///
    /// Source: Abramowitz and Stegun 26.5.22 as the first guess, then Halley's steps on the distribution function.
    package func quantile(_ p: Double) -> Double {
        let p = min(max(p, 1e-9), 1 - 1e-9)
        let (a, b) = (successes, failures)
        let scale = IncompleteBeta(a, b)
        var x = min(max(guess(p), 1e-12), 1 - 1e-12)
        for _ in 0..<8 {
            let density = PureMath.exp((a - 1) * PureMath.log(x) + (b - 1) * PureMath.log(1 - x) - scale.logBeta)
            guard density > 0 else { break }
            let step = (scale.share(upTo: x) - p) / density
            let bend = min(1, step * ((a - 1) / x - (b - 1) / (1 - x)))
            let move = step / (1 - 0.5 * bend)
            let next = x - move
            x = next <= 0 ? x / 2 : next >= 1 ? (x + 1) / 2 : next
            if abs(move) < 1e-7 { break }
        }
        return x
    }

    private func guess(_ p: Double) -> Double {
        let (a, b) = (successes, failures)
        guard a >= 1, b >= 1 else {
            let low = PureMath.exp(a * PureMath.log(a / (a + b))) / a
            let high = PureMath.exp(b * PureMath.log(b / (a + b))) / b
            let sum = low + high
            return p < low / sum
                ? PureMath.exp(PureMath.log(a * sum * p) / a)
                : 1 - PureMath.exp(PureMath.log(b * sum * (1 - p)) / b)
        }
        let y = -PureMath.normalQuantile(p)
        let (first, second) = (1 / (2 * a - 1), 1 / (2 * b - 1))
        let h = 2 / (first + second)
        let lambda = (y * y - 3) / 6
        let w =
            y * max(h + lambda, 0).squareRoot() / h - (second - first) * (lambda + 5.0 / 6 - 2 / (3 * h))
        return a / (a + b * PureMath.exp(2 * w))
    }

    /// A share drawn from the belief.
    package func draw(_ random: inout PolicyRandom) -> Double { quantile(random.unit()) }
}

/// The distribution function of a Beta distribution.
///
/// Source: the continued fraction 26.5.8 of Abramowitz and Stegun, evaluated by Lentz's method.
struct IncompleteBeta {
    private let a: Double
    private let b: Double
    let logBeta: Double

    init(_ a: Double, _ b: Double) {
        (self.a, self.b) = (a, b)
        logBeta = Self.logGamma(a) + Self.logGamma(b) - Self.logGamma(a + b)
    }

    func share(upTo x: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        let front = PureMath.exp(a * PureMath.log(x) + b * PureMath.log(1 - x) - logBeta)
        return x < (a + 1) / (a + b + 2)
            ? front * Self.fraction(a, b, x) / a : 1 - front * Self.fraction(b, a, 1 - x) / b
    }

    private static func fraction(_ a: Double, _ b: Double, _ x: Double) -> Double {
        func away(_ value: Double) -> Double { abs(value) < 1e-300 ? 1e-300 : value }
        var c = 1.0
        var d = 1 / away(1 - (a + b) * x / (a + 1))
        var product = d
        for step in 1...300 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / away(1 + even * d)
            c = away(1 + even / c)
            product *= d * c
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / away(1 + odd * d)
            c = away(1 + odd / c)
            product *= d * c
            if abs(d * c - 1) < 1e-10 { break }
        }
        return product
    }

    /// Stirling's series, after lifting x above 8.
    private static func logGamma(_ x: Double) -> Double {
        var (x, product) = (x, 1.0)
        while x < 8 {
            product *= x
            x += 1
        }
        let square = 1 / (x * x)
        let series = (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1_260 - square / 1_680))) / x
        return (x - 0.5) * PureMath.log(x) - x + 0.918_938_533_204_672_7 + series - PureMath.log(product)
    }
}
