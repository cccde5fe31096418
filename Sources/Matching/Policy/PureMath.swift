/// Functions made of additions, multiplications, divisions and roots alone, which IEEE 754 defines to the bit: so that
/// a plan is the same on every machine, which a C library's exp and log are not.
package enum PureMath {
    private static let ln2 = 0.693_147_180_559_945_3

    /// What is added to a binary exponent in the bits of a double (IEEE 754).
    private static let exponentBias = 1_023.0

    /// e to the power of x, to about 1e-15; x is clamped to -700 to 700.
    package static func exp(_ x: Double) -> Double {
        let x = min(max(x, -700), 700)
        let halvings = (x / ln2).rounded()
        let rest = x - halvings * ln2
        // The series: 1 ÷ n! for each power. The rest is at most half of ln 2.
        var sum = 1.0 / 6_227_020_800
        sum = sum * rest + 1.0 / 479_001_600
        sum = sum * rest + 1.0 / 39_916_800
        sum = sum * rest + 1.0 / 3_628_800
        sum = sum * rest + 1.0 / 362_880
        sum = sum * rest + 1.0 / 40_320
        sum = sum * rest + 1.0 / 5_040
        sum = sum * rest + 1.0 / 720
        sum = sum * rest + 1.0 / 120
        sum = sum * rest + 1.0 / 24
        sum = sum * rest + 1.0 / 6
        sum = sum * rest + 1.0 / 2
        sum = sum * rest + 1
        sum = sum * rest + 1
        let exponent = UInt64(exactly: halvings + exponentBias) ?? 0
        return sum * Double(bitPattern: exponent << UInt64(Double.significandBitCount))
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
        // The series of the inverse hyperbolic tangent: 1 ÷ n for each odd power. The square is at most 0.03.
        let square = ratio * ratio
        var sum = 1.0 / 21
        sum = sum * square + 1.0 / 19
        sum = sum * square + 1.0 / 17
        sum = sum * square + 1.0 / 15
        sum = sum * square + 1.0 / 13
        sum = sum * square + 1.0 / 11
        sum = sum * square + 1.0 / 9
        sum = sum * square + 1.0 / 7
        sum = sum * square + 1.0 / 5
        sum = sum * square + 1.0 / 3
        sum = sum * square + 1
        return 2 * sum * ratio + exponent * ln2
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
