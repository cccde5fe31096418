/// Why bytes are not a JSON text that Guildhall takes, and where.
package struct JSONFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where reading stopped, counted in bytes from 0; at most the number of bytes given.
    package let offset: Int
    /// What is wrong there.
    package let reason: Reason

    /// What can be wrong; the raw value is a sentence for the sender and never holds the sender's data.
    package enum Reason: String, Sendable, CaseIterable {
        case tooManyBytes = "the text is longer than allowed"
        case tooDeep = "arrays and objects are nested deeper than allowed"
        case tooManyKeys = "the text has more members than allowed"
        case byteOrderMark = "a byte order mark is not allowed"
        case unexpectedEnd = "the text ends too early"
        case unexpectedByte = "this byte cannot stand here"
        case trailingBytes = "something follows the value"
        case malformedNumber = "a number is malformed or, written out, longer than 400 bytes"
        case malformedEscape = "an escape is malformed"
        case loneSurrogate = "half of a surrogate pair stands alone"
        case nul = "U+0000 is not allowed"
        case controlCharacter = "a control character must be escaped"
        case invalidUTF8 = "the text is not valid UTF-8"
        case duplicateKey = "an object has the same member twice"
    }

    /// One line: the reason and the byte.
    package var description: String { "\(reason.rawValue) (byte \(offset))" }
}

extension JSON {
    /// The bounds of one parse; every one is inclusive.
    package struct Limits: Hashable, Sendable {
        /// How many arrays and objects may be open at once; never more than ``depthCeiling``.
        package let maxDepth: Int
        /// The size of the text, in bytes.
        package let maxBytes: Int
        /// The members of all objects together.
        package let maxKeys: Int

        /// The deepest nesting any caller may allow: reading, comparing and releasing a value take stack per level.
        package static let depthCeiling = 128
        /// 32 levels, 1 MiB, 100,000 members.
        package static let `default` = Limits()

        /// Bounds; what is not given is as in ``default``.
        package init(maxDepth: Int = 32, maxBytes: Int = 1 << 20, maxKeys: Int = 100_000) {
            self.maxDepth = min(maxDepth, Self.depthCeiling)
            self.maxBytes = maxBytes
            self.maxKeys = maxKeys
        }
    }

    /// Reads one JSON text, strictly by RFC 8259, in UTF-8 without byte order mark.
    ///
    /// Names that Swift holds equal (the same scalars, or NFC and NFD of one text) are duplicates. Time is linear in
    /// the size, stack at most ``Limits/depthCeiling`` levels.
    /// - Throws: ``JSONFault``; the first fault met.
    package static func parse(_ bytes: [UInt8], limits: Limits = .default) throws(JSONFault) -> JSON {
        try bytes.withUnsafeBufferPointer { (buffer) throws(JSONFault) -> JSON in
            guard buffer.count <= limits.maxBytes else {
                throw JSONFault(offset: max(limits.maxBytes, 0), reason: .tooManyBytes)
            }
            var parser = JSONParser(bytes: buffer, limits: limits)
            return try parser.document()
        }
    }

    /// Reads the UTF-8 of a text; see ``parse(_:limits:)-([UInt8],_)``.
    package static func parse(_ text: String, limits: Limits = .default) throws(JSONFault) -> JSON {
        try parse(Array(text.utf8), limits: limits)
    }
}

/// One pass over the bytes. Recursion is bounded by `limits.maxDepth`; every read is bounds-checked by ``current``.
struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let limits: JSON.Limits
    private(set) var offset = 0
    private var depth = 0
    private var keys = 0

    init(bytes: UnsafeBufferPointer<UInt8>, limits: JSON.Limits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func document() throws(JSONFault) -> JSON {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw fault(.byteOrderMark) }
        skipSpace()
        let value = try value()
        skipSpace()
        guard offset == bytes.count else { throw fault(current == 0 ? .nul : .trailingBytes) }
        return value
    }

    /// The byte at the offset, or 0 at the end: a NUL is legal nowhere, so the end needs no test of its own.
    private var current: UInt8 { offset < bytes.count ? bytes[offset] : 0 }

    private func fault(_ reason: JSONFault.Reason) -> JSONFault { JSONFault(offset: offset, reason: reason) }

    private func unexpected() -> JSONFault {
        fault(offset >= bytes.count ? .unexpectedEnd : current == 0 ? .nul : .unexpectedByte)
    }

    private mutating func skipSpace() {
        while current == 0x20 || current == 0x0A || current == 0x0D || current == 0x09 { offset += 1 }
    }

    private mutating func value() throws(JSONFault) -> JSON {
        switch current {
        case UInt8(ascii: "{"): try object()
        case UInt8(ascii: "["): try array()
        case UInt8(ascii: "\""): .string(try string())
        case UInt8(ascii: "t"): try word("true", .bool(true))
        case UInt8(ascii: "f"): try word("false", .bool(false))
        case UInt8(ascii: "n"): try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        default: throw unexpected()
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONFault) -> JSON {
        for place in 0..<word.utf8CodeUnitCount {
            guard current == word.utf8Start[place] else { throw unexpected() }
            offset += 1
        }
        return value
    }

    private mutating func enter() throws(JSONFault) {
        guard depth < limits.maxDepth else { throw fault(.tooDeep) }
        depth += 1
        offset += 1
        skipSpace()
    }

    private mutating func leave() {
        depth -= 1
        offset += 1
    }

    private mutating func array() throws(JSONFault) -> JSON {
        try enter()
        var elements: [JSON] = []
        guard current != UInt8(ascii: "]") else {
            leave()
            return .array(elements)
        }
        while true {
            elements.append(try value())
            skipSpace()
            if current == UInt8(ascii: "]") { break }
            try comma()
        }
        leave()
        return .array(elements)
    }

    private mutating func object() throws(JSONFault) -> JSON {
        try enter()
        var members: [String: JSON] = [:]
        guard current != UInt8(ascii: "}") else {
            leave()
            return .object(members)
        }
        while true {
            try member(into: &members)
            skipSpace()
            if current == UInt8(ascii: "}") { break }
            try comma()
        }
        leave()
        return .object(members)
    }

    private mutating func comma() throws(JSONFault) {
        guard current == UInt8(ascii: ",") else { throw unexpected() }
        offset += 1
        skipSpace()
    }

    private mutating func member(into members: inout [String: JSON]) throws(JSONFault) {
        let start = offset
        guard current == UInt8(ascii: "\"") else { throw unexpected() }
        keys += 1
        guard keys <= limits.maxKeys else { throw fault(.tooManyKeys) }
        let key = try string()
        skipSpace()
        guard current == UInt8(ascii: ":") else { throw unexpected() }
        offset += 1
        skipSpace()
        guard members.updateValue(try value(), forKey: key) == nil else {
            throw JSONFault(offset: start, reason: .duplicateKey)
        }
    }
}

// MARK: - Numbers

extension JSONParser {
    private mutating func number() throws(JSONFault) -> JSON {
        let start = offset
        var isPlain = true
        while true {
            switch current {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): break
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"): isPlain = false
            default: return try number(UnsafeBufferPointer(rebasing: bytes[start..<offset]), start, isPlain)
            }
            offset += 1
        }
    }

    private func number(
        _ lexeme: UnsafeBufferPointer<UInt8>, _ start: Int, _ isPlain: Bool
    ) throws(JSONFault) -> JSON {
        if lexeme.count <= 18, let value = Self.shortInteger(lexeme) { return .integer(value) }
        guard let number = JSONNumber(utf8: lexeme) else {
            throw JSONFault(offset: start, reason: .malformedNumber)
        }
        if isPlain, let value = number.integer { return .integer(value) }
        return .number(String(decoding: lexeme, as: UTF8.self))
    }

    /// At most 18 bytes, so that nothing can overflow; nil for all but `0` and digits without leading zero.
    private static func shortInteger(_ lexeme: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard let first = lexeme.first, first != UInt8(ascii: "0") || lexeme.count == 1 else { return nil }
        var value: Int64 = 0
        for byte in lexeme {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value &* 10 &+ Int64(byte &- 0x30)
        }
        return value
    }
}

// MARK: - Strings

extension JSONParser {
    /// Reads from the opening quotation mark to behind the closing one.
    private mutating func string() throws(JSONFault) -> String {
        offset += 1
        let start = offset
        skipPlain()
        if current == UInt8(ascii: "\"") {
            let text = try decoded(UnsafeBufferPointer(rebasing: bytes[start..<offset]), from: start)
            offset += 1
            return text
        }
        var unescaped = Array(bytes[start..<offset])
        while current != UInt8(ascii: "\"") {
            guard current == UInt8(ascii: "\\") else { throw unexpectedInString() }
            try escape(into: &unescaped)
            let run = offset
            skipPlain()
            unescaped.append(contentsOf: bytes[run..<offset])
        }
        offset += 1
        return try unescaped.withUnsafeBufferPointer { (buffer) throws(JSONFault) -> String in
            try decoded(buffer, from: start)
        }
    }

    private mutating func skipPlain() {
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { return }
            offset += 1
        }
    }

    private func unexpectedInString() -> JSONFault {
        fault(offset >= bytes.count ? .unexpectedEnd : current == 0 ? .nul : .controlCharacter)
    }

    /// - Parameter start: reported for bytes that are no UTF-8: where the string begins.
    private func decoded(_ utf8: UnsafeBufferPointer<UInt8>, from start: Int) throws(JSONFault) -> String {
        guard let text = String(validating: utf8, as: UTF8.self) else {
            throw JSONFault(offset: start, reason: .invalidUTF8)
        }
        return text
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONFault) {
        offset += 1
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(current)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            offset += 1
            return try scalarEscape(into: &text)
        default: throw fault(offset >= bytes.count ? .unexpectedEnd : .malformedEscape)
        }
        offset += 1
    }

    private mutating func scalarEscape(into text: inout [UInt8]) throws(JSONFault) {
        let start = offset - 2
        var code = try hexQuad()
        if (0xD800..<0xDC00).contains(code) {
            guard current == UInt8(ascii: "\\"), offset + 1 < bytes.count, bytes[offset + 1] == UInt8(ascii: "u") else {
                throw JSONFault(offset: start, reason: .loneSurrogate)
            }
            offset += 2
            let low = try hexQuad()
            guard (0xDC00..<0xE000).contains(low) else { throw JSONFault(offset: start, reason: .loneSurrogate) }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw JSONFault(offset: start, reason: .loneSurrogate) }
        guard code != 0 else { throw JSONFault(offset: start, reason: .nul) }
        text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    /// Four hexadecimal digits: at most 0xFFFF.
    private mutating func hexQuad() throws(JSONFault) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch current {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = current &- 0x30
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = current &- 0x57
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = current &- 0x37
            default: throw fault(offset >= bytes.count ? .unexpectedEnd : .malformedEscape)
            }
            code = code << 4 | UInt32(digit)
            offset += 1
        }
        return code
    }
}
