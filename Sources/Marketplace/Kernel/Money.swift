package import Store

/// An ISO 4217 currency with the number of digits of its minor unit.
package struct Currency: Hashable, Sendable {
    /// Three capital letters.
    package let code: String
    package let minorDigits: Int

    /// - Returns: `nil` for a code that is not in ISO 4217 list one.
    package init?(_ code: String) {
        guard let digits = Self.minorDigits(of: code) else { return nil }
        self.code = code
        minorDigits = digits
    }

    private static func minorDigits(of code: String) -> Int? {
        if zeroDigits.contains(code) { return 0 }
        if threeDigits.contains(code) { return 3 }
        return twoDigits.contains(code) ? 2 : nil
    }

    private static let zeroDigits: Set = ["JPY", "KRW", "VND", "CLP", "ISK", "UGX", "XAF", "XOF", "XPF", "PYG", "RWF"]
    private static let threeDigits: Set = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]
    private static let twoDigits: Set = [
        "USD", "EUR", "GBP", "CNY", "CHF", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "INR", "BRL", "MXN", "ZAR",
        "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "TRY", "ILS", "AED", "SAR", "THB", "MYR", "PHP", "IDR",
        "NGN", "KES", "EGP", "PKR", "BDT", "LKR", "UAH", "COP", "PEN", "ARS", "MAD", "GHS", "QAR",
    ]
}

extension Currency: SQLParameter, SQLDecodable {
    package static var typeOID: UInt32 { String.typeOID }
    package func write(to wire: inout WireBuffer) { code.write(to: &wire) }

    package init(cell: Cell) throws(CellFault) {
        let code = try String(cell: cell)
        guard let currency = Currency(code) else { throw .badValue("is no known currency: '\(code)'") }
        self = currency
    }
}

/// Why an amount cannot be.
package enum MoneyError: Error, Hashable, Sendable {
    case currenciesDiffer
    case outOfRange
}

/// An exact amount of one currency.
///
/// Unit: minor units (US cents, yen). Range: up to 10^15 either way, which leaves room for sums in `bigint`.
package struct Money: Hashable, Sendable {
    package static let minorUnitsMax: Int64 = 1_000_000_000_000_000
    package let minorUnits: Int64
    package let currency: Currency

    /// - Throws: ``MoneyError/outOfRange`` beyond 10^15.
    package init(_ minorUnits: Int64, _ currency: Currency) throws(MoneyError) {
        guard minorUnits.magnitude <= UInt64(Self.minorUnitsMax) else { throw .outOfRange }
        self.minorUnits = minorUnits
        self.currency = currency
    }

    package func adding(_ other: Money) throws(MoneyError) -> Money {
        guard currency == other.currency else { throw .currenciesDiffer }
        let (sum, overflow) = minorUnits.addingReportingOverflow(other.minorUnits)
        guard !overflow else { throw .outOfRange }
        return try Money(sum, currency)
    }

    package func multiplied(by count: Int) throws(MoneyError) -> Money {
        let (product, overflow) = minorUnits.multipliedReportingOverflow(by: Int64(count))
        guard !overflow else { throw .outOfRange }
        return try Money(product, currency)
    }

    /// The share of a non-negative amount in ten-thousandths, rounded half up to a whole minor unit (the worker's
    /// favour). Total for 0...10,000 and any amount that is not negative.
    package func share(basisPoints: Int) throws(MoneyError) -> Money {
        guard (0...10_000).contains(basisPoints), minorUnits >= 0 else { throw .outOfRange }
        // In two parts, as the product of the whole may not fit.
        let (whole, rest) = minorUnits.quotientAndRemainder(dividingBy: 10_000)
        return try Money(whole * Int64(basisPoints) + (rest * Int64(basisPoints) + 5_000) / 10_000, currency)
    }

    /// The share `part` of `whole` of an amount that is not negative, rounded half up to a whole minor unit.
    package func share(part: Int64, of whole: Int64) throws(MoneyError) -> Money {
        guard whole > 0, (0...whole).contains(part), whole <= 1_000_000_000, minorUnits >= 0 else {
            throw .outOfRange
        }
        // In two parts, as the product of the whole may not fit.
        let (units, rest) = minorUnits.quotientAndRemainder(dividingBy: whole)
        return try Money(units * part + (2 * rest * part + whole) / (2 * whole), currency)
    }

    /// Splits the amount so that the parts add up to the whole; the first parts carry the remainder.
    package func split(into count: Int) throws(MoneyError) -> [Money] {
        guard count > 0, minorUnits >= 0 else { throw .outOfRange }
        let (quotient, remainder) = minorUnits.quotientAndRemainder(dividingBy: Int64(count))
        var parts: [Money] = []
        for index in 0..<count { parts.append(try Money(quotient + (Int64(index) < remainder ? 1 : 0), currency)) }
        return parts
    }
}

extension Money: CustomStringConvertible {
    /// As finance writes it: `1234.50 USD`.
    package var description: String { "\(decimalText) \(currency.code)" }

    /// The amount without its currency, with the currency's digits: `1234.50`.
    package var decimalText: String {
        guard currency.minorDigits > 0 else { return String(minorUnits) }
        let digits = String(minorUnits.magnitude)
        let padded = String(repeating: "0", count: max(0, currency.minorDigits + 1 - digits.count)) + digits
        let sign = minorUnits < 0 ? "-" : ""
        return sign + padded.dropLast(currency.minorDigits) + "." + padded.suffix(currency.minorDigits)
    }
}
