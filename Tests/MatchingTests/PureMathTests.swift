import Foundation
import Matching
import Testing

@Suite struct PureMathTests {
    @Test("The functions agree with the C library's")
    func functions() {
        for step in -700...700 {
            let x = Double(step) / 10
            #expect(abs(PureMath.exp(x) / Foundation.exp(x) - 1) < 1e-13, "exp \(x)")
            let y = Foundation.exp(x)
            #expect(abs(PureMath.log(y) - x) < 1e-12, "log of exp \(x)")
            guard abs(x) < 6 else { continue }
            #expect(abs(PureMath.normalShare(upTo: x) - 0.5 * erfc(-x / 2.squareRoot())) < 2e-7, "normal \(x)")
        }
        for step in 1..<1_000 {
            let p = Double(step) / 1_000
            #expect(abs(0.5 * erfc(-PureMath.normalQuantile(p) / 2.squareRoot()) - p) < 1e-8, "quantile \(p)")
        }
    }

    @Test("A Beta quantile is the share below which so much of the density lies")
    func beta() {
        for (a, b) in [
            (1.0, 1.0), (2.0, 1.0), (9.0, 1.0), (9.0, 3.0), (30.0, 10.0), (190.0, 10.0), (3.0, 8.0), (1.5, 1.2),
        ] {
            let belief = BetaBelief(successes: a, failures: b)
            for p in [0.05, 0.1, 0.2, 0.5, 0.9] {
                #expect(abs(integral(belief.quantile(p), a, b) - p) < 0.002, "\(a) \(b) \(p)")
            }
        }
    }

    /// The chance of at most x, by summing the density.
    private func integral(_ x: Double, _ a: Double, _ b: Double) -> Double {
        func density(_ t: Double) -> Double { pow(t, a - 1) * pow(1 - t, b - 1) }
        let steps = 20_000
        let all = (0..<steps).map { density((Double($0) + 0.5) / Double(steps)) }
        let below = all.prefix(Int(x * Double(steps)))
        return below.reduce(0, +) / all.reduce(0, +)
    }

    @Test("A belief made of a mean and a lower bound has them")
    func interval() {
        for (mean, lower) in [(900_000, 850_000), (800_000, 600_000), (950_000, 930_000)] {
            let belief = BetaBelief(meanMillionths: mean, lowerMillionths: lower, belowMillionths: 50_000)
            #expect(abs(belief.mean - Double(mean) / 1e6) < 1e-9)
            #expect(abs(belief.quantile(0.05) - Double(lower) / 1e6) < 0.02)
        }
    }

    @Test("Equal seeds and subjects draw equal numbers, others do not, and the draws are even")
    func draws() {
        var (one, same) = (PolicyRandom(seed: 1, subject: 2), PolicyRandom(seed: 1, subject: 2))
        var other = PolicyRandom(seed: 1, subject: 3)
        let first = one.next()
        #expect(first == same.next() && first != other.next())
        var sums = (0.0, 0.0)
        for _ in 0..<20_000 { sums = (sums.0 + one.unit(), sums.1 + one.normal()) }
        #expect(abs(sums.0 / 20_000 - 0.5) < 0.01 && abs(sums.1 / 20_000) < 0.03)
    }
}
