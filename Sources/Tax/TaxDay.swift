/// The day of a payment, in the Gregorian calendar.
///
/// Shape: from 2000-01-01 to 2100-12-31; no rule here is older, and what is later is a mistake.
package struct TaxDay: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 2000 to 2100.
    package let year: Int
    /// 1 to 12.
    package let month: Int
    /// 1 to 31, as the month allows.
    package let day: Int

    /// - Returns: `nil` when there is no such day, or none of a payment.
    package init?(year: Int, month: Int, day: Int) {
        guard (2000...2100).contains(year), (1...12).contains(month) else { return nil }
        guard (1...Self.days(inMonth: month, of: year)).contains(day) else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// Reads `yyyy-MM-dd` (ISO 8601).
    package init?(iso text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            var value = 0
            for byte in bytes[range] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int(byte) - 0x30
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10) else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// 1 to 4.
    package var quarter: Int { (month + 2) / 3 }

    /// `yyyy-MM-dd`.
    package var description: String {
        "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
    }

    /// Earlier days first.
    package static func < (left: TaxDay, right: TaxDay) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension TaxDay: Decodable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let day = TaxDay(iso: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "is no day from 2000 to 2100")
        }
        self = day
    }
}
