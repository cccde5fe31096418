/// A currency by its code, with the number of digits of its minor unit.
///
/// Source: ISO 4217 list one of 2026; funds codes, metals and test codes are left out.
package struct CurrencyCode: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Three capital letters.
    package let description: String
    /// 0, 2, 3 or 4.
    package let minorDigits: Int

    /// - Returns: `nil` for a code that is not in the list.
    package init?(_ code: some StringProtocol) {
        guard let digits = Self.digits[String(code)] else { return nil }
        description = String(code)
        minorDigits = digits
    }

    package static func < (left: CurrencyCode, right: CurrencyCode) -> Bool { left.description < right.description }

    private static let codes: [(digits: Int, codes: String)] = [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
        (
            2,
            """
            AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY \
            COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR \
            ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK \
            MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP \
            SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER \
            ZAR ZMW ZWG
            """
        ),
    ]

    private static let digits: [String: Int] = Dictionary(
        codes.flatMap { list in list.codes.split(separator: " ").map { (String($0), list.digits) } },
        uniquingKeysWith: { first, _ in first }
    )
}

/// An exact amount of one currency.
///
/// Unit: minor units (US cents, yen).
package struct Amount: Hashable, Sendable, CustomStringConvertible {
    package let minorUnits: Int64
    package let currency: CurrencyCode

    package init(_ minorUnits: Int64, _ currency: CurrencyCode) {
        self.minorUnits = minorUnits
        self.currency = currency
    }

    /// With the currency's digits and without its code: `1234.50`.
    package var decimalText: String { Self.decimalText(Int128(minorUnits), digits: currency.minorDigits) }

    /// `1234.50 USD`.
    package var description: String { "\(decimalText) \(currency)" }

    /// Minor units with a point before the last `digits` of them.
    static func decimalText(_ minorUnits: Int128, digits: Int) -> String {
        let text = String(minorUnits.magnitude)
        let sign = minorUnits < 0 ? "-" : ""
        guard digits > 0 else { return sign + text }
        let zeros = String(repeating: "0", count: max(0, digits + 1 - text.utf8.count))
        let padded = zeros + text
        return "\(sign)\(padded.dropLast(digits)).\(padded.suffix(digits))"
    }
}

/// A decimal number of a payment message, exactly.
///
/// Shape: `xs:decimal`: an optional sign, digits, a point; at most 18 digits before the point and, trailing zeros
/// left out, 5 behind it. Those are the bounds of `ActiveOrHistoricCurrencyAndAmount`. No exponent.
package struct ExactDecimal: Hashable, Sendable, Comparable, CustomStringConvertible {
    static let scale = 5
    /// Of 0.00001 each.
    package let units: Int128

    package static let zero = ExactDecimal(units: 0)

    private init(units: Int128) { self.units = units }

    /// - Returns: `nil` when the text has another shape.
    package init?(_ text: String) {
        guard text.utf8.count <= 64 else { return nil }
        var rest = text.utf8[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        let parts = rest.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count) else { return nil }
        let whole = parts[0].drop { $0 == 0x30 }
        var fraction = parts.count == 2 ? Array(parts[1]) : []
        guard !(parts[0].isEmpty && fraction.isEmpty) else { return nil }
        while fraction.last == 0x30 { fraction.removeLast() }
        guard whole.count <= 18, fraction.count <= Self.scale else { return nil }
        var units: Int128 = 0
        for byte in whole + fraction + Array(repeating: 0x30, count: Self.scale - fraction.count) {
            guard (0x30...0x39).contains(byte) else { return nil }
            units = units * 10 + Int128(byte - 0x30)
        }
        self.units = isNegative ? -units : units
    }

    /// The same amount as a decimal.
    package init(_ amount: Amount) {
        self.units = Int128(amount.minorUnits) * Self.power(Self.scale - amount.currency.minorDigits)
    }

    /// In the currency's minor units; `nil` when it has more decimals than the currency, or does not fit `Int64`.
    package func minorUnits(of currency: CurrencyCode) -> Int64? {
        let (quotient, remainder) = units.quotientAndRemainder(
            dividingBy: Self.power(Self.scale - currency.minorDigits))
        return remainder == 0 ? Int64(exactly: quotient) : nil
    }

    /// Cannot overflow for fewer than 10^14 numbers.
    package static func + (left: ExactDecimal, right: ExactDecimal) -> ExactDecimal {
        ExactDecimal(units: left.units + right.units)
    }

    package static func < (left: ExactDecimal, right: ExactDecimal) -> Bool { left.units < right.units }

    /// At least two digits after the point: `1100.00`, `0.125`.
    package var description: String {
        var text = Amount.decimalText(units, digits: Self.scale)
        for _ in 0..<(Self.scale - 2) where text.hasSuffix("0") { text.removeLast() }
        return text
    }

    private static func power(_ exponent: Int) -> Int128 { (0..<exponent).reduce(1) { power, _ in power * 10 } }
}
