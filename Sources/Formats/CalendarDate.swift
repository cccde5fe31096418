/// A day of the Gregorian calendar without a time or a zone, checked to exist.
package struct CalendarDate: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 1 to 9999.
    package let year: Int
    /// 1 to 12.
    package let month: Int
    /// 1 to 31, as the month allows.
    package let day: Int

    /// - Returns: `nil` when there is no such day.
    package init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month) else { return nil }
        guard (1...Self.days(inMonth: month, of: year)).contains(day) else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// Reads `yyyy-MM-dd` (ISO 8601).
    ///
    /// - Returns: `nil` when the text has another shape or names no day.
    package init?(iso text: String) {
        let parts = Self.numbers(in: text, separator: "-")
        guard let parts, parts.map(\.digits) == [4, 2, 2] else { return nil }
        self.init(year: parts[0].value, month: parts[1].value, day: parts[2].value)
    }

    /// Reads `m/d/yy` or `m/d/yyyy`, as American forms write it; 70 to 99 mean 1970 to 1999, 00 to 69 this century.
    ///
    /// - Returns: `nil` when the text has another shape or names no day.
    package init?(monthDayYear text: String) {
        guard let parts = Self.numbers(in: text, separator: "/"), parts.count == 3,
            parts[0].digits <= 2, parts[1].digits <= 2
        else { return nil }
        let year = parts[2].value
        switch parts[2].digits {
        case 4: self.init(year: year, month: parts[0].value, day: parts[1].value)
        case 2: self.init(year: year + (year >= 70 ? 1900 : 2000), month: parts[0].value, day: parts[1].value)
        default: return nil
        }
    }

    /// `yyyy-MM-dd`.
    package var description: String {
        "\(Self.padded(year, to: 4))-\(Self.padded(month, to: 2))-\(Self.padded(day, to: 2))"
    }

    /// Earlier days first.
    package static func < (left: CalendarDate, right: CalendarDate) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Numbers of one to four ASCII digits; `nil` when a part is anything else.
    private static func numbers(in text: String, separator: Character) -> [(value: Int, digits: Int)]? {
        guard text.utf8.count <= 20 else { return nil }
        var numbers: [(value: Int, digits: Int)] = []
        for part in text.split(separator: separator, omittingEmptySubsequences: false) {
            let digits = part.utf8
            guard (1...4).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            numbers.append((digits.reduce(0) { $0 * 10 + Int($1) - 0x30 }, digits.count))
        }
        return numbers
    }

    private static func padded(_ number: Int, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(width - digits.utf8.count, 0)) + digits
    }
}
