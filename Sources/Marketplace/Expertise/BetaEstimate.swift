internal import Foundation

/// The probability of a right answer after some answers: a Beta distribution, read as its mean and its central 95 %.
///
/// The prior is Beta(2, 2): it is worth four answers, half of them right, so that three right answers out of three are
/// not yet taken for certainty (mean 5/7, not 1).
///
/// Source: Gelman et al., Bayesian Data Analysis, 3rd edition, section 2.4. The incomplete beta function by the
/// continued fraction of DLMF 8.17.22, evaluated by Lentz's method; its inverse by bisection.
package struct BetaEstimate: Hashable, Sendable {
    package static let priorRight = 2
    package static let priorWrong = 2

    /// Each in ten-thousandths: the mean rounded to the nearest, the ends outwards.
    package let meanBps: Int
    package let lowBps: Int
    package let highBps: Int

    /// - Parameters:
    ///   - right: 0 to `answers`; what is outside is taken for the nearest.
    ///   - answers: 0 to a million.
    package init(right: Int, answers: Int) {
        let answers = min(max(answers, 0), 1_000_000)
        let right = min(max(right, 0), answers)
        let (first, second) = (right + Self.priorRight, answers - right + Self.priorWrong)
        meanBps = (first * 20_000 + first + second) / (2 * (first + second))
        let low = Self.quantile(0.025, Double(first), Double(second)) * 10_000
        let high = Self.quantile(0.975, Double(first), Double(second)) * 10_000
        lowBps = min(Self.whole(low.rounded(.down)), meanBps)
        highBps = max(Self.whole(high.rounded(.up)), meanBps)
    }

    /// Of a distribution that comes of elsewhere; its prior is in it.
    ///
    /// - Parameters:
    ///   - right: above 0; what is outside 0.01 to a million is taken for the nearest.
    ///   - wrong: likewise.
    package init(rightLike right: Double, wrongLike wrong: Double) {
        let (first, second) = (min(max(right, 0.01), 1e6), min(max(wrong, 0.01), 1e6))
        let mean = Self.whole((first / (first + second) * 10_000).rounded())
        meanBps = mean
        lowBps = min(Self.whole((Self.quantile(0.025, first, second) * 10_000).rounded(.down)), mean)
        highBps = max(Self.whole((Self.quantile(0.975, first, second) * 10_000).rounded(.up)), mean)
    }

    private static func whole(_ number: Double) -> Int { Int(exactly: min(max(number, 0), 10_000)) ?? 0 }

    /// Where the distribution function of Beta(a, b) reaches a probability, to 1e-12.
    static func quantile(_ probability: Double, _ first: Double, _ second: Double) -> Double {
        var (low, high) = (0.0, 1.0)
        for _ in 0..<50 {
            let middle = (low + high) / 2
            if regularised(middle, first, second) < probability { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// The regularised incomplete beta function I_x(a, b), for a and b above 0.
    static func regularised(_ x: Double, _ a: Double, _ b: Double) -> Double {
        if x <= 0 { return 0 }
        if x >= 1 { return 1 }
        // The fraction converges fast below the mean; above it the function is mirrored.
        if x > (a + 1) / (a + b + 2) { return 1 - regularised(1 - x, b, a) }
        let logFront = a * log(x) + b * log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)
        return exp(logFront) * fraction(x, a, b) / a
    }

    private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        func kept(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
        var c = 1.0
        var d = 1 / kept(1 - (a + b) * x / (a + 1))
        var result = d
        // Some 5 * sqrt(max(a, b)) steps are needed; a million answers need 5,000.
        for step in 1...20_000 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / kept(1 + even * d)
            c = kept(1 + even / c)
            result *= d * c
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / kept(1 + odd * d)
            c = kept(1 + odd / c)
            result *= d * c
            if abs(d * c - 1) < 1e-15 { break }
        }
        return result
    }

    /// ln Γ(x) for x above 0: Stirling's series (DLMF 5.11.1) after a shift to 10 or more.
    private static func logGamma(_ x: Double) -> Double {
        var shift = 0.0
        var z = x
        while z < 10 {
            shift += log(z)
            z += 1
        }
        let inverse = 1 / (z * z)
        let series = (1 / 12.0 - inverse * (1 / 360.0 - inverse * (1 / 1_260.0 - inverse / 1_680))) / z
        return (z - 0.5) * log(z) - z + 0.918_938_533_204_672_8 + series - shift
    }
}
