/// An amount that is not rounded yet.
///
/// Unit: hundred-millionths of a minor unit, so that two rates in ten-thousandths, one on the other, are exact. Range:
/// whole amounts of up to 10^15 minor units, which leaves a factor of 10^15 of room.
package struct ExactAmount: Hashable, Comparable, Sendable {
    /// How many parts make a minor unit.
    package static let partsOfMinorUnit: Int128 = 100_000_000
    package static let zero = ExactAmount(parts: 0)

    package let parts: Int128

    package init(parts: Int128) { self.parts = parts }

    /// Whole minor units.
    package init(minor: Int64) { parts = Int128(minor) * Self.partsOfMinorUnit }

    /// Reads minor units with up to 8 decimals, as ``decimalText(digits:)`` of 0 digits writes them.
    package init?(minorText text: String) {
        let isNegative = text.utf8.first == UInt8(ascii: "-")
        let pieces = text.utf8.dropFirst(isNegative ? 1 : 0).split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...2).contains(pieces.count), pieces[0].count <= 18, !pieces[0].isEmpty else { return nil }
        let decimals = pieces.count == 2 ? Array(pieces[1]) : []
        guard decimals.count <= 8 else { return nil }
        var parts: Int128 = 0
        for byte in Array(pieces[0]) + decimals + [UInt8](repeating: 0x30, count: 8 - decimals.count) {
            guard (0x30...0x39).contains(byte) else { return nil }
            parts = parts * 10 + Int128(byte - 0x30)
        }
        self.parts = isNegative ? -parts : parts
    }

    package static func + (left: ExactAmount, right: ExactAmount) -> ExactAmount {
        ExactAmount(parts: left.parts + right.parts)
    }

    package static func - (left: ExactAmount, right: ExactAmount) -> ExactAmount {
        ExactAmount(parts: left.parts - right.parts)
    }

    package static prefix func - (amount: ExactAmount) -> ExactAmount { ExactAmount(parts: -amount.parts) }

    package static func < (left: ExactAmount, right: ExactAmount) -> Bool { left.parts < right.parts }

    /// A share in ten-thousandths; exact on whole minor units, and once more on the result.
    package func share(bps: Int) -> ExactAmount { ExactAmount(parts: parts * Int128(bps) / 10_000) }

    /// Whole minor units; `nil` where there is a fraction, or it is beyond `Int64`.
    package var whole: Int64? {
        let (quotient, remainder) = parts.quotientAndRemainder(dividingBy: Self.partsOfMinorUnit)
        return remainder == 0 ? Int64(exactly: quotient) : nil
    }

    /// Whole minor units, halves away from zero.
    package func roundedHalfUp() -> Int64 {
        let half = Self.partsOfMinorUnit / 2
        return Int64(clamping: (parts < 0 ? parts - half : parts + half) / Self.partsOfMinorUnit)
    }

    /// As a decimal number in units of 10^digits minor units: `246.912` of 24691.2 minor units with 2 digits. At least
    /// that many decimals, more only where the amount has them.
    package func decimalText(digits: Int) -> String {
        let all = digits + 8
        let magnitude = String(parts.magnitude)
        let padded = String(repeating: "0", count: max(0, all + 1 - magnitude.utf8.count)) + magnitude
        var fraction = padded.suffix(all)
        while fraction.utf8.count > digits, fraction.last == "0" { fraction.removeLast() }
        let sign = parts < 0 ? "-" : ""
        return sign + padded.dropLast(all) + (fraction.isEmpty ? "" : "." + fraction)
    }
}

/// How an amount became whole minor units.
package enum TaxRounding: String, Sendable, CaseIterable {
    /// Halves away from zero, once, on what is withheld.
    case halfUp = "half-up"
}
