extension JSON {
    /// Whether the value is of that type (JSON Schema 2020-12, section 6.1.1: `1.0` is an integer).
    func isKind(_ kind: JSONSchema.Kind) -> Bool {
        switch self {
        case .null: kind == .null
        case .bool: kind == .boolean
        case .integer: kind == .integer || kind == .number
        case .number(let lexeme): kind == .number || kind == .integer && JSONNumber(lexeme)?.isWhole == true
        case .string: kind == .string
        case .array: kind == .array
        case .object: kind == .object
        }
    }

    /// Equality as JSON Schema has it (core, section 4.2.2): numbers by value, texts by scalars, members in any order.
    /// Costs at most the size of the smaller value.
    func isSame(as other: JSON) -> Bool {
        switch (self, other) {
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.isSame(as: $1) }
        case (.object(let left), .object(let right)):
            return left.count == right.count
                && left.allSatisfy { name, value in
                    right.hasMember(name) && right[name]?.isSame(as: value) == true
                }
        case (.integer, .number), (.number, .integer), (.number, .number):
            return exactNumber != nil && exactNumber == other.exactNumber
        case (.null, _), (.bool, _), (.integer, _), (.number, _), (.string, _), (.array, _), (.object, _):
            return self == other
        }
    }

    /// The value with every number in one spelling, so that the same values have the same canonical bytes.
    var comparable: JSON {
        switch self {
        case .null, .bool, .integer, .string: return self
        case .number(let lexeme):
            guard let number = JSONNumber(lexeme) else { return self }
            if let integer = number.integer { return .integer(integer) }
            let digits = number.digits.map(String.init).joined()
            return .number("\(number.isNegative ? "-" : "")0.\(digits)e\(number.scale)")
        case .array(let elements): return .array(elements.map(\.comparable))
        case .object(let members): return .object(members.mapValues(\.comparable))
        }
    }

    /// The beginning of the value's text, for a message.
    var excerpt: String {
        let text = canonicalText
        guard text.unicodeScalars.count > 60 else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(59))) + "…"
    }
}

extension [String: JSON] {
    /// Whether there is a member of exactly that name.
    func hasMember(_ name: String) -> Bool {
        guard let index = index(forKey: name) else { return false }
        return self[index].key.hasSameScalars(as: name)
    }
}

extension JSONSchema.Format {
    /// What the text must be, for a message.
    var sentence: String {
        switch self {
        case .date: "a date that exists, as 2026-02-28"
        case .time: "a time of day with its offset, as 09:30:00Z"
        case .dateTime: "a time that exists, with its offset, as 2026-02-28T09:30:00Z"
        case .uuid: "a UUID with hyphens"
        case .email: "an e-mail address"
        }
    }

    /// Whether the text is of that form.
    func accepts(_ text: String) -> Bool {
        let bytes = Array(text.utf8.prefix(Self.bytesMax + 1))
        guard bytes.count <= Self.bytesMax else { return false }
        return switch self {
        case .date: Self.isDate(bytes[...])
        case .time: Self.isTime(bytes[...])
        case .dateTime: Self.isDateTime(bytes[...])
        case .uuid: Self.isUUID(bytes)
        case .email: Self.isEmail(bytes)
        }
    }

    /// No text of these forms is longer (an address: RFC 5321, section 4.5.3.1.3).
    private static let bytesMax = 254

    /// `full-date` of RFC 3339, years 0001 to 9999, only days of the Gregorian calendar.
    static func isDate(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        guard let year = rest.takeNumber(digits: 4), rest.take("-"),
            let month = rest.takeNumber(digits: 2), rest.take("-"),
            let day = rest.takeNumber(digits: 2), rest.isEmpty
        else { return false }
        return CalendarDate(year: year, month: month, day: day) != nil
    }

    /// `date-time` of RFC 3339.
    static func isDateTime(_ text: ArraySlice<UInt8>) -> Bool {
        guard isDate(text.prefix(10)) else { return false }
        var rest = text.dropFirst(10)
        return (rest.take("T") || rest.take("t")) && isTime(rest)
    }

    /// `full-time` of RFC 3339, up to 9 digits of a second. Stricter in one point: no leap second, which neither
    /// PostgreSQL nor Foundation can keep.
    private static func isTime(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        guard rest.takeClock(hasSeconds: true) else { return false }
        if rest.take(".") {
            let fraction = rest.prefix { (0x30...0x39).contains($0) }
            guard (1...9).contains(fraction.count) else { return false }
            rest = rest.dropFirst(fraction.count)
        }
        if rest.take("Z") || rest.take("z") { return rest.isEmpty }
        guard rest.take("+") || rest.take("-"), rest.takeClock(hasSeconds: false) else { return false }
        return rest.isEmpty
    }

    /// The 36 characters of RFC 9562, section 4, in either case.
    private static func isUUID(_ text: [UInt8]) -> Bool {
        text.count == 36
            && text.enumerated().allSatisfy { place, byte in
                [8, 13, 18, 23].contains(place) ? byte == 0x2D : Unicode.Scalar(byte).properties.isASCIIHexDigit
            }
    }

    /// `Mailbox` of RFC 5321 without quoted local parts, comments and address literals: what a mail server that we
    /// would write to accepts, not all that the grammar allows.
    private static func isEmail(_ text: [UInt8]) -> Bool {
        let parts = text.split(separator: 0x40, omittingEmptySubsequences: false)
        guard parts.count == 2, let local = parts.first, let domain = parts.last, local.count <= 64 else {
            return false
        }
        let atoms = local.split(separator: 0x2E, omittingEmptySubsequences: false)
        let labels = domain.split(separator: 0x2E, omittingEmptySubsequences: false)
        return atoms.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isAtomText) }
            && labels.allSatisfy { label in
                (1...63).contains(label.count) && label.first != 0x2D && label.last != 0x2D
                    && label.allSatisfy { $0.isLetterOrDigit || $0 == 0x2D }
            }
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        (0x30...0x39).contains(self) || (0x61...0x7A).contains(self | 0x20) && self < 0x80
    }

    /// `atext` of RFC 5322, section 3.2.3.
    fileprivate var isAtomText: Bool { isLetterOrDigit || "!#$%&'*+-/=?^_`{|}~".utf8.contains(self) }
}

extension ArraySlice<UInt8> {
    fileprivate mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard let first, UInt32(first) == scalar.value else { return false }
        self = dropFirst()
        return true
    }

    /// Exactly that many decimal digits.
    fileprivate mutating func takeNumber(digits: Int) -> Int? {
        let head = prefix(digits)
        guard head.count == digits, head.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        self = dropFirst(digits)
        return head.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// `hh:mm` or `hh:mm:ss` below 24:00.
    fileprivate mutating func takeClock(hasSeconds: Bool) -> Bool {
        guard let hour = takeNumber(digits: 2), hour < 24, take(":"),
            let minute = takeNumber(digits: 2), minute < 60
        else { return false }
        guard hasSeconds else { return true }
        guard take(":"), let second = takeNumber(digits: 2) else { return false }
        return second < 60
    }
}
