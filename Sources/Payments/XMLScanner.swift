internal import Formats
internal import Foundation

/// What a ``XMLScanner`` comes upon.
enum XMLEvent: Hashable {
    /// An element begins; `name` is without its prefix, `space` the namespace that it is in.
    case start(name: String, space: String, attributes: [String: String])
    /// The innermost open element ends; of `<a/>`, too.
    case end
    /// A part of the text of the innermost open element, entities undone. It may come in several parts.
    case text(String)
    /// The root element has ended, and nothing but comments and spaces came after it.
    case finished
}

/// The bounds of an XML file.
package struct XMLLimits: Hashable, Sendable {
    package var depthMax = 40
    /// Of an element or attribute, in bytes.
    package var nameBytesMax = 128
    package var attributesMax = 16
    /// Of one element or attribute value, in bytes.
    package var textBytesMax = 64 << 10
    package init() {}
}

/// Why an XML file cannot be read on, and in which line.
struct XMLFault: Error, Hashable {
    let line: Int
    let reason: String
}

/// Reads XML from front to back in constant memory: the part of it that payment messages are made of.
///
/// A file with a document type declaration is refused, so that there are no entities but the five of XML itself and
/// characters by number, and nothing is ever expanded or fetched. UTF-8, ASCII and ISO 8859-1. Source: XML 1.0, fifth
/// edition; Namespaces in XML 1.0. Why not FoundationXML: docs/DECISIONS.md, "Bank files".
final class XMLScanner {
    private let reader: ByteReader
    private let limits: XMLLimits
    private var chunk: [UInt8] = []
    private var index = 0
    private(set) var line = 1
    private var isLatin = false
    /// Open elements, by their names with prefixes, each with the namespaces that it declares.
    private var open: [(name: String, spaces: [String: String])] = []
    private var pendingEnd = false
    private var hasRoot = false
    private var isBegun = false

    init(_ reader: ByteReader, limits: XMLLimits = XMLLimits()) {
        self.reader = reader
        self.limits = limits
    }

    var depth: Int { open.count }

    /// - Throws: ``XMLFault``, or ``FormatError`` of the file.
    func next() throws -> XMLEvent {
        if !isBegun { try begin() }
        if pendingEnd {
            pendingEnd = false
            open.removeLast()
            return .end
        }
        while true {
            guard let byte = try peek() else {
                guard hasRoot, open.isEmpty else { throw fault("the file ends before its root element does") }
                return .finished
            }
            if byte == UInt8(ascii: "<") {
                advance()
                if let event = try markup() { return event }
            } else if open.isEmpty {
                guard Self.isSpace(byte) else { throw fault("there is text outside the root element") }
                try skipByte()
            } else {
                return .text(try text())
            }
        }
    }

    // MARK: Bytes

    private func peek() throws -> UInt8? {
        if index < chunk.count { return chunk[index] }
        guard let more = try reader.next() else { return nil }
        chunk = more
        index = 0
        return chunk[0]
    }

    private func advance() {
        if chunk[index] == 0x0a { line += 1 }
        index += 1
    }

    private func skipByte() throws {
        guard try peek() != nil else { throw fault("the file ends too early") }
        advance()
    }

    private func take() throws -> UInt8 {
        guard let byte = try peek() else { throw fault("the file ends too early") }
        advance()
        return byte
    }

    private func fault(_ reason: String) -> XMLFault { XMLFault(line: line, reason: reason) }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 }

    private func skipSpaces() throws {
        while let byte = try peek(), Self.isSpace(byte) { advance() }
    }

    private func expect(_ word: StaticString) throws {
        for place in 0..<word.utf8CodeUnitCount {
            let wanted = word.withUTF8Buffer { $0[place] }
            guard try take() == wanted else { throw fault("\(word) is expected here") }
        }
    }

    /// Checked UTF-8 without control characters.
    private func decoded(_ bytes: [UInt8]) throws -> String {
        guard !bytes.contains(where: { $0 < 0x20 && !Self.isSpace($0) }) else {
            throw fault("there is a control character that XML forbids")
        }
        if isLatin { return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw fault("there are bytes that are not UTF-8")
        }
        return text
    }

    // MARK: Before the root

    private func begin() throws {
        isBegun = true
        let first = try peek()
        if first == 0xef {
            advance()
            guard try take() == 0xbb, try take() == 0xbf else {
                throw fault("the file is neither UTF-8 nor ISO 8859-1")
            }
        } else if first == 0xfe || first == 0xff || first == 0 {
            throw fault("the file is UTF-16 or UTF-32; UTF-8 is read")
        }
    }

    /// After `<?`. The XML declaration says the encoding.
    private func instruction() throws {
        var bytes: [UInt8] = []
        while !bytes.suffix(2).elementsEqual("?>".utf8) {
            bytes.append(try take())
            guard bytes.count <= limits.textBytesMax else { throw fault("a processing instruction is too long") }
        }
        let words = String(decoding: bytes.dropLast(2), as: UTF8.self)
        guard words.hasPrefix("xml"), words.utf8.dropFirst(3).first.map(Self.isSpace) ?? true else { return }
        guard !hasRoot, open.isEmpty else { throw fault("an XML declaration stands at the beginning only") }
        guard let found = words.range(of: "encoding") else { return }
        let value = words[found.upperBound...].split(whereSeparator: { "\"'= \t\r\n".contains($0) }).first ?? ""
        switch value.uppercased() {
        case "UTF-8", "US-ASCII", "ASCII": isLatin = false
        case "ISO-8859-1", "LATIN1": isLatin = true
        default: throw fault("the encoding is \(value.prefix(40)); UTF-8 and ISO-8859-1 are read")
        }
    }

    // MARK: Markup

    /// After `<`. `nil` where there is nothing to tell: comments and instructions.
    private func markup() throws -> XMLEvent? {
        guard let byte = try peek() else { throw fault("the file ends within a tag") }
        switch byte {
        case UInt8(ascii: "?"):
            advance()
            try instruction()
            return nil
        case UInt8(ascii: "!"):
            advance()
            return try declaration()
        case UInt8(ascii: "/"):
            advance()
            return try endTag()
        default: return try startTag()
        }
    }

    private func declaration() throws -> XMLEvent? {
        switch try take() {
        case UInt8(ascii: "-"):
            try expect("-")
            var dashes = 0
            while true {
                let byte = try take()
                if byte == UInt8(ascii: ">"), dashes >= 2 { return nil }
                dashes = byte == UInt8(ascii: "-") ? dashes + 1 : 0
            }
        case UInt8(ascii: "["):
            guard !open.isEmpty else { throw fault("there is text outside the root element") }
            try expect("CDATA[")
            var bytes: [UInt8] = []
            while !bytes.suffix(3).elementsEqual("]]>".utf8) {
                bytes.append(try take())
                guard bytes.count <= limits.textBytesMax else { throw tooLong() }
            }
            return .text(try decoded(bytes.dropLast(3)))
        default: throw fault("document type declarations and entities are not read")
        }
    }

    private func tooLong() -> XMLFault { fault("a text is longer than \(limits.textBytesMax) bytes") }

    private func name() throws -> String {
        var bytes: [UInt8] = []
        while let byte = try peek(), Self.isNameByte(byte) {
            bytes.append(byte)
            advance()
            guard bytes.count <= limits.nameBytesMax else { throw fault("a name is too long") }
        }
        guard let first = bytes.first, !(0x30...0x39).contains(first), first != UInt8(ascii: "-"),
            first != UInt8(ascii: ".")
        else { throw fault("a name is expected here") }
        return try decoded(bytes)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x3a, 0x41...0x5a, 0x61...0x7a, 0x80...0xff: true
        case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }

    private func startTag() throws -> XMLEvent {
        guard !(hasRoot && open.isEmpty) else { throw fault("there is a second root element") }
        guard open.count < limits.depthMax else { throw fault("elements are nested more than \(limits.depthMax) deep") }
        let tag = try name()
        var attributes: [String: String] = [:]
        var spaces: [String: String] = [:]
        while true {
            let before = try peek()
            try skipSpaces()
            guard let byte = try peek() else { throw fault("the file ends within a tag") }
            if byte == UInt8(ascii: ">") || byte == UInt8(ascii: "/") { break }
            guard before.map(Self.isSpace) ?? false else { throw fault("a space is expected between attributes") }
            let key = try name()
            let value = try attributeValue()
            guard attributes.updateValue(value, forKey: key) == nil else { throw fault("an attribute stands twice") }
            guard attributes.count <= limits.attributesMax else { throw fault("there are too many attributes") }
            if key == "xmlns" {
                spaces[""] = value
            } else if key.hasPrefix("xmlns:") {
                spaces[String(key.dropFirst(6))] = value
            }
        }
        if try take() == UInt8(ascii: "/") {
            guard try take() == UInt8(ascii: ">") else { throw fault("/> is expected here") }
            pendingEnd = true
        }
        open.append((tag, spaces))
        hasRoot = true
        let parts = tag.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, !parts.contains("") else { throw fault("the name of an element is wrong") }
        let prefix = parts.count == 2 ? parts[0] : ""
        guard let space = space(of: prefix) else { throw fault("the prefix \(prefix) is not declared") }
        return .start(name: parts[parts.count - 1], space: space, attributes: attributes)
    }

    private func space(of prefix: String) -> String? {
        for element in open.reversed() {
            if let space = element.spaces[prefix] { return space }
        }
        return prefix.isEmpty ? "" : nil
    }

    private func attributeValue() throws -> String {
        try skipSpaces()
        guard try take() == UInt8(ascii: "=") else { throw fault("= is expected after the name of an attribute") }
        try skipSpaces()
        let quote = try take()
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { throw fault("a quote is expected here") }
        var bytes: [UInt8] = []
        while true {
            let byte = try take()
            if byte == quote { return try decoded(bytes) }
            switch byte {
            case UInt8(ascii: "<"): throw fault("there is a < within a tag")
            case UInt8(ascii: "&"): try appendReference(to: &bytes)
            default: bytes.append(byte)
            }
            guard bytes.count <= limits.textBytesMax else { throw tooLong() }
        }
    }

    private func endTag() throws -> XMLEvent {
        let tag = try name()
        try skipSpaces()
        guard try take() == UInt8(ascii: ">") else { throw fault("> is expected here") }
        guard let last = open.last else { throw fault("</\(tag)> ends nothing") }
        guard last.name == tag else { throw fault("</\(tag)> stands where <\(last.name)> should end") }
        open.removeLast()
        return .end
    }

    // MARK: Text

    private func text() throws -> String {
        var bytes: [UInt8] = []
        while let byte = try peek(), byte != UInt8(ascii: "<") {
            advance()
            if byte == UInt8(ascii: "&") { try appendReference(to: &bytes) } else { bytes.append(byte) }
            guard bytes.count <= limits.textBytesMax else { throw tooLong() }
        }
        return try decoded(bytes)
    }

    private static let named: [String: UInt8] = [
        "amp": UInt8(ascii: "&"), "lt": UInt8(ascii: "<"), "gt": UInt8(ascii: ">"), "quot": UInt8(ascii: "\""),
        "apos": UInt8(ascii: "'"),
    ]

    /// After `&`.
    private func appendReference(to bytes: inout [UInt8]) throws {
        var name: [UInt8] = []
        while true {
            let byte = try take()
            if byte == UInt8(ascii: ";") { break }
            name.append(byte)
            guard name.count <= 10 else { throw fault("an entity is not known") }
        }
        let word = String(decoding: name, as: UTF8.self)
        if let byte = Self.named[word] { return bytes.append(byte) }
        let number: UInt32? =
            word.hasPrefix("#x")
            ? UInt32(word.dropFirst(2), radix: 16) : word.hasPrefix("#") ? UInt32(word.dropFirst()) : nil
        guard let number, let scalar = Unicode.Scalar(number), number >= 0x20 || (number < 0x20 && number > 0) else {
            throw fault("the entity &\(word); is not known; only those of XML itself are")
        }
        guard !isLatin || number <= 0xff else { throw fault("a character by number is not in ISO 8859-1") }
        bytes += isLatin ? [UInt8(number)] : Array(String(scalar).utf8)
    }
}
