/// Seeded numbers for draws and for choosing by hash: the same seed gives the same numbers on every machine.
///
/// Source: SplitMix64, Steele, Lea and Flood 2014, Fast splittable pseudorandom number generators, OOPSLA.
package struct PolicyRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A generator of its own for each seed and subject.
    package init(seed: UInt64, subject: UInt128 = 0) {
        let low = UInt64(truncatingIfNeeded: subject)
        let high = UInt64(truncatingIfNeeded: subject >> 64)
        state = Self.mixed(Self.mixed(seed &+ 0x9e37_79b9_7f4a_7c15) ^ Self.mixed(low) &+ Self.mixed(~high))
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return Self.mixed(state)
    }

    /// At least 0, below 1, in steps of 2^-53.
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A draw of the standard normal distribution.
    package mutating func normal() -> Double { PureMath.normalQuantile((Double(next() >> 12) + 0.5) * 0x1p-52) }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
