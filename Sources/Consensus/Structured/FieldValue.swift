/// A value that a worker took from a text, brought into one form, so that the same thing written in two ways is the
/// same.
package enum FieldValue: Hashable, Sendable {
    /// What was written, in words: lower case, without punctuation.
    case text([String])
    /// Year, month, day.
    case date(year: Int, month: Int, day: Int)
    /// Currency, and the number without what does not count: `USD 1200.5`.
    case amount(currency: String, number: String)
    /// A party's name without its legal form.
    case party(String)

    /// What a field holds.
    package enum Kind: String, Hashable, Sendable, CaseIterable { case text, date, amount, party }

    /// The value in what was written; text where it is not of the kind wanted.
    package init(_ written: String, as kind: Kind) {
        let written = String(written.prefix(10_000))
        let parsed: FieldValue? =
            switch kind {
            case .text: nil
            case .date: Self.parsedDate(written)
            case .amount: Self.parsedAmount(written)
            case .party: Self.parsedParty(written)
            }
        self = parsed ?? .text(Self.words(written))
    }

    /// How alike two values are, 0 to 1: of texts the harmonic mean of the shares of words that both have, of all
    /// others whether they are the same.
    package func likeness(to other: FieldValue) -> Double {
        guard case .text(let one) = self, case .text(let two) = other else { return self == other ? 1 : 0 }
        if one.isEmpty || two.isEmpty { return one == two ? 1 : 0 }
        var rest: [String: Int] = [:]
        for word in one { rest[word, default: 0] += 1 }
        var common = 0
        for word in two where rest[word, default: 0] > 0 {
            rest[word, default: 0] -= 1
            common += 1
        }
        return 2 * Double(common) / Double(one.count + two.count)
    }

    static func words(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ]

    /// `2026-04-01`, `April 1st, 2026`, `1 Apr 2026`, `the 1st day of April 2026`; `4/1/2026` only where one of the two
    /// cannot be a month.
    private static func parsedDate(_ text: String) -> FieldValue? {
        var (numbers, month): ([Int], Int?) = ([], nil)
        for word in words(text) where !["the", "day", "of", "on"].contains(word) {
            let digits = word.prefix { $0.isASCII && $0.isNumber }
            if let number = Int(digits), digits.count <= 4,
                ["", "st", "nd", "rd", "th"].contains(word.dropFirst(digits.count))
            {
                numbers.append(number)
            } else if word.count >= 3, month == nil, let place = months.firstIndex(where: { $0.hasPrefix(word) }) {
                month = place + 1
            } else {
                return nil
            }
        }
        switch (month, numbers.count) {
        case (let month?, 2):
            let isYearFirst = numbers[0] > 31
            return checked(isYearFirst ? numbers[0] : numbers[1], month, isYearFirst ? numbers[1] : numbers[0])
        case (nil, 3) where numbers[0] > 31: return checked(numbers[0], numbers[1], numbers[2])
        case (nil, 3) where numbers[0] > 12: return checked(numbers[2], numbers[1], numbers[0])
        case (nil, 3) where numbers[1] > 12 || numbers[0] == numbers[1]:
            return checked(numbers[2], numbers[0], numbers[1])
        default: return nil
        }
    }

    private static func checked(_ year: Int, _ month: Int, _ day: Int) -> FieldValue? {
        let isLeap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1_000...9_999).contains(year), (1...12).contains(month), (1...lengths[month - 1]).contains(day) else {
            return nil
        }
        return .date(year: year, month: month, day: day)
    }

    private static let currencies = [
        "$": "USD", "us$": "USD", "usd": "USD", "dollars": "USD", "€": "EUR", "eur": "EUR", "euro": "EUR",
        "euros": "EUR", "£": "GBP", "gbp": "GBP", "pounds": "GBP", "¥": "JPY", "jpy": "JPY", "yen": "JPY",
        "chf": "CHF", "%": "%", "percent": "%",
    ]

    /// `$1,200.50`, `USD 1200.5`, `1.200,50 EUR`, `12 %`; nil where it is not one number and at most one currency.
    private static func parsedAmount(_ text: String) -> FieldValue? {
        let digits = text.filter { $0.isASCII && $0.isNumber || $0 == "." || $0 == "," }
        let rest = text.lowercased().filter { !($0.isASCII && $0.isNumber) && !".,' ()\u{a0}".contains($0) }
        guard let currency = rest.isEmpty ? "" : currencies[rest], digits.count <= 30 else { return nil }
        guard let last = digits.lastIndex(where: { $0 == "." || $0 == "," }) else {
            return number(digits, "", currency)
        }
        let (before, after) = (digits[..<last], digits[digits.index(after: last)...])
        // Three digits behind a lone mark, or the same mark before: it parts thousands.
        let isThousands = after.count == 3 && !before.contains { $0 != digits[last] && !$0.isNumber }
        return number(
            before.filter(\.isNumber) + (isThousands ? after : ""), isThousands ? "" : String(after), currency)
    }

    private static func number(_ whole: String, _ fraction: String, _ currency: String) -> FieldValue? {
        let head = whole.drop { $0 == "0" }
        let tail = fraction.reversed().drop { $0 == "0" }.reversed()
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        let number = (head.isEmpty ? "0" : String(head)) + (tail.isEmpty ? "" : "." + String(tail))
        return .amount(currency: currency, number: number)
    }

    private static let legalForms: Set = [
        "inc", "incorporated", "corp", "corporation", "co", "company", "llc", "llp", "lp", "ltd", "limited", "plc",
        "gmbh", "ag", "kg", "sa", "sas", "sarl", "bv", "nv", "spa", "srl", "oy", "ab", "as", "pty", "the",
    ]

    private static func parsedParty(_ text: String) -> FieldValue? {
        let dotless = text.replacing(".", with: "").replacing("&", with: " and ")
        let kept = words(dotless).filter { !legalForms.contains($0) }
        return kept.isEmpty ? nil : .party(kept.joined(separator: " "))
    }
}
