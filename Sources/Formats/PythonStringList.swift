/// A list of strings as Python writes it: `['one', "it's", 'two\nlines']`, which is how CUAD keeps its clauses.
///
/// Source: The Python Language Reference, 2.4.1 "String and Bytes literals". Prefixes, triple quotes, `\N{…}` and two
/// literals side by side are refused; an unknown escape keeps its backslash, as in Python.
package enum PythonStringList {
    /// Why a text is not such a list.
    package struct Fault: Error, Hashable, Sendable {
        /// Counted in UTF-8 bytes of the text, from 0.
        package let position: Int
        /// What is wrong there: a clause in lower case, without a full stop.
        package let reason: String
    }

    /// The strings, in order; none for `[]`, or for a text of spaces only.
    ///
    /// - Throws: ``Fault``.
    package static func parse(_ text: String) throws(Fault) -> [String] {
        var parser = PythonListParser(bytes: Array(text.utf8))
        return try parser.list()
    }
}

private struct PythonListParser {
    let bytes: [UInt8]
    private var index = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func list() throws(PythonStringList.Fault) -> [String] {
        var strings: [String] = []
        skipSpaces()
        if index >= bytes.count { return [] }
        try expect(UInt8(ascii: "["), "a list begins with [")
        skipSpaces()
        while current != UInt8(ascii: "]") {
            strings.append(try string())
            skipSpaces()
            if current == UInt8(ascii: ",") {
                index += 1
                skipSpaces()
            } else if current != UInt8(ascii: "]") {
                throw fault("a comma or ] must follow a string")
            }
        }
        index += 1
        skipSpaces()
        guard index >= bytes.count else { throw fault("something follows the list") }
        return strings
    }

    private mutating func string() throws(PythonStringList.Fault) -> String {
        guard let quote = current, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
            throw fault("a string begins with a quote")
        }
        index += 1
        var content: [UInt8] = []
        while let byte = current, byte != quote {
            index += 1
            if byte == UInt8(ascii: "\\") {
                content += try escape()
            } else {
                content.append(byte)
            }
        }
        try expect(quote, "a string is never closed")
        return String(decoding: content, as: UTF8.self)
    }

    /// What the escape after a backslash stands for, in UTF-8.
    private mutating func escape() throws(PythonStringList.Fault) -> [UInt8] {
        guard let byte = current else { throw fault("a string is never closed") }
        index += 1
        switch byte {
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "a"): return [0x07]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "v"): return [0x0b]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): return [byte]
        case 0x0a: return []
        case UInt8(ascii: "x"): return try scalar(digits: 2...2, base: 16)
        case UInt8(ascii: "u"): return try scalar(digits: 4...4, base: 16)
        case UInt8(ascii: "U"): return try scalar(digits: 8...8, base: 16)
        case UInt8(ascii: "N"): throw fault("character names are not read")
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            index -= 1
            return try scalar(digits: 1...3, base: 8)
        default: return [UInt8(ascii: "\\"), byte]
        }
    }

    private mutating func scalar(digits: ClosedRange<Int>, base: UInt32) throws(PythonStringList.Fault) -> [UInt8] {
        var value: UInt32 = 0
        var count = 0
        while count < digits.upperBound, let byte = current,
            let digit = Character(Unicode.Scalar(byte)).hexDigitValue, digit < base
        {
            // Eight hexadecimal digits just fit.
            value = value &* base &+ UInt32(digit)
            index += 1
            count += 1
        }
        guard digits.contains(count), let scalar = Unicode.Scalar(value) else {
            throw fault("an escape names no character")
        }
        return Array(String(Character(scalar)).utf8)
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpaces() {
        while let byte = current, byte == 0x20 || (0x09...0x0d).contains(byte) { index += 1 }
    }

    private mutating func expect(_ byte: UInt8, _ reason: String) throws(PythonStringList.Fault) {
        guard current == byte else { throw fault(reason) }
        index += 1
    }

    private func fault(_ reason: String) -> PythonStringList.Fault {
        PythonStringList.Fault(position: index, reason: reason)
    }
}
