/// Functions made of additions, multiplications, divisions and roots alone, which IEEE 754 defines to the bit: so that
/// a plan is the same on every machine, which a C library's exp and log are not.
package enum PureMath {
    private static let ln2 = 0.693_147_180_559_945_3

    /// e to the power of x, to about 1e-14; x is clamped to -700 to 700.
    package static func exp(_ x: Double) -> Double {
        let x = min(max(x, -700), 700)
        let halvings = (x / ln2).rounded()
        let rest = x - halvings * ln2
        var (term, sum) = (1.0, 1.0)
        for step in 1...16 {
            term *= rest / Double(step)
            sum += term
        }
        return Double(sign: .plus, exponent: Int(exactly: halvings) ?? 0, significand: sum)
    }

    /// The natural logarithm of x > 0, to about 1e-15; of anything else, that of the least positive number.
    package static func log(_ x: Double) -> Double {
        let x = max(x, Double.leastNormalMagnitude)
        var (significand, exponent) = (x.significand, Double(x.exponent))
        if significand > 1.414_213_562_373_095 {
            significand /= 2
            exponent += 1
        }
        let ratio = (significand - 1) / (significand + 1)
        let square = ratio * ratio
        var (power, sum) = (ratio, 0.0)
        for odd in stride(from: 1.0, through: 25, by: 2) {
            sum += power / odd
            power *= square
        }
        return 2 * sum + exponent * ln2
    }

    /// The chance that a standard normal number is at most x, to about 1e-7.
    ///
    /// Source: Abramowitz and Stegun, 26.2.17.
    package static func normalShare(upTo x: Double) -> Double {
        let size = abs(x)
        let t = 1 / (1 + 0.231_641_9 * size)
        let series =
            t * (0.319_381_530 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))))
        let tail = 0.398_942_280_401_432_7 * exp(-size * size / 2) * series
        return x < 0 ? tail : 1 - tail
    }

    /// The number that a standard normal one falls below with the chance p, to about 1e-9; p is clamped to 1e-12 from
    /// both ends.
    ///
    /// Source: Acklam 2003, An algorithm for computing the inverse normal cumulative distribution function.
    package static func normalQuantile(_ p: Double) -> Double {
        let p = min(max(p, 1e-12), 1 - 1e-12)
        if p > 0.5 { return -normalQuantile(1 - p) }
        guard p < 0.024_25 else {
            let q = p - 0.5
            let r = q * q
            let above = polynomial(
                r,
                [
                    -39.696_830_286_653_76, 220.946_098_424_520_5, -275.928_510_446_968_7, 138.357_751_867_269,
                    -30.664_798_066_147_16, 2.506_628_277_459_239,
                ])
            let below = polynomial(
                r,
                [
                    -54.476_098_798_224_06, 161.585_836_858_040_9, -155.698_979_859_886_6, 66.801_311_887_719_72,
                    -13.280_681_552_885_72, 1,
                ])
            return above * q / below
        }
        let q = (-2 * log(p)).squareRoot()
        let above = polynomial(
            q,
            [
                -0.007_784_894_002_430_293, -0.322_396_458_041_136_4, -2.400_758_277_161_838, -2.549_732_539_343_734,
                4.374_664_141_464_968, 2.938_163_982_698_783,
            ])
        let below = polynomial(
            q,
            [0.007_784_695_709_041_462, 0.322_467_129_070_039_8, 2.445_134_137_142_996, 3.754_408_661_907_416, 1])
        return above / below
    }

    /// Coefficients of the highest power first.
    private static func polynomial(_ x: Double, _ coefficients: [Double]) -> Double {
        coefficients.reduce(0) { $0 * x + $1 }
    }

    /// A share as whole millionths, rounded to nearest; shares below 0 and above 1 are clamped.
    package static func millionths(_ share: Double) -> Int {
        Int(exactly: (min(max(share, 0), 1) * 1_000_000).rounded()) ?? 0
    }

    /// An amount times a factor, rounded to nearest and clamped to ±2^62: no input traps.
    package static func scaled(_ amount: Int64, by factor: Double) -> Int64 {
        let product = (Double(amount) * factor).rounded()
        return Int64(exactly: min(max(product, -0x1p62), 0x1p62)) ?? 0
    }
}
