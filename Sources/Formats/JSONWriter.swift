extension JSON {
    /// The value as bytes that depend on nothing but the value: for hashes, comparisons and jsonb parameters.
    ///
    /// Shape: UTF-8 without spaces; members sorted by the UTF-16 code units of their names; of control characters the
    /// short escapes, then `\u00xx`; a number is its lexeme, not re-rendered, so `1.0` and `1` stay apart.
    /// Source: RFC 8785, but for the numbers. A ``number(_:)`` built in code from text that is none is quoted as a
    /// string, so that nothing can be smuggled in.
    package func canonicalBytes() -> [UInt8] {
        var writer = JSONWriter(isPretty: false)
        writer.write(self)
        return writer.bytes
    }

    /// ``canonicalBytes()`` as text.
    package var canonicalText: String { String(decoding: canonicalBytes(), as: UTF8.self) }

    /// The value for people and golden files: members sorted as in ``canonicalBytes()``, one a line, indented by two
    /// spaces; no line feed at the end.
    package var prettyText: String {
        var writer = JSONWriter(isPretty: true)
        writer.write(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

struct JSONWriter {
    let isPretty: Bool
    private(set) var bytes: [UInt8] = []
    private var depth = 0

    init(isPretty: Bool) { self.isPretty = isPretty }

    mutating func write(_ value: JSON) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .integer(let value): append(String(value))
        case .number(let lexeme): JSONNumber(lexeme) == nil ? quote(lexeme) : append(lexeme)
        case .string(let text): quote(text)
        case .array(let elements): write(elements)
        case .object(let members): write(members)
        }
    }

    private mutating func write(_ elements: [JSON]) {
        list("[", "]", elements) { writer, element in writer.write(element) }
    }

    private mutating func write(_ members: [String: JSON]) {
        let sorted = members.sorted { $0.key.precedesInUTF16($1.key) }
        list("{", "}", sorted) { writer, member in
            writer.quote(member.key)
            writer.append(writer.isPretty ? ": " : ":")
            writer.write(member.value)
        }
    }

    private mutating func list<Item>(
        _ open: String, _ close: String, _ items: [Item], _ write: (inout JSONWriter, Item) -> Void
    ) {
        append(open)
        depth += 1
        for (place, item) in items.enumerated() {
            if place > 0 { append(",") }
            breakLine()
            write(&self, item)
        }
        depth -= 1
        if !items.isEmpty { breakLine() }
        append(close)
    }

    private mutating func breakLine() {
        guard isPretty else { return }
        append("\n")
        bytes.append(contentsOf: repeatElement(0x20, count: 2 * depth))
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case 0x08: append("\\b")
            case 0x09: append("\\t")
            case 0x0A: append("\\n")
            case 0x0C: append("\\f")
            case 0x0D: append("\\r")
            case 0x00..<0x20: append(byte < 0x10 ? "\\u000" : "\\u00"); append(String(byte, radix: 16))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension String {
    /// The order of RFC 8785, section 3.2.3, read off the UTF-8: it is the order of the bytes, but that scalars from
    /// U+10000 (lead bytes F0 to F4, surrogates in UTF-16) come before U+E000 to U+FFFF (lead bytes EE and EF).
    func precedesInUTF16(_ other: String) -> Bool {
        var others = other.utf8.makeIterator()
        for byte in utf8 {
            guard let otherByte = others.next() else { return false }
            if byte == otherByte { continue }
            if byte >= 0xEE, otherByte >= 0xEE, (byte >= 0xF0) != (otherByte >= 0xF0) { return byte >= 0xF0 }
            return byte < otherByte
        }
        return others.next() != nil
    }
}
