import Foundation

/// A Swift file taken apart: what is code, what is in string literals, what is in comments.
struct SourceText: Sendable {
    /// From the root of the repository.
    let path: String
    /// As it is, line by line.
    let lines: [String]
    /// The same with comments and the insides of string literals blanked out; interpolated code stays.
    let code: String
    /// The insides of the string literals, an interpolation shown as `$`.
    let literals: [(line: Int, text: String)]
    let comments: [(line: Int, text: String)]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var lexer = SwiftLexer(text)
        lexer.run()
        code = String(decoding: lexer.code, as: UTF8.self)
        literals = lexer.literals
        comments = lexer.comments
    }

    var name: String { String(path.split(separator: "/").last ?? "") }
    /// `Store` for `Sources/Store/Pool/Pool.swift`.
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
    /// `Tasks` for `Sources/Marketplace/Tasks/Batch.swift`; empty outside the module.
    var marketplaceFolder: String {
        let parts = path.split(separator: "/").map(String.init)
        return parts.count > 3 && path.hasPrefix("Sources/Marketplace/") ? parts[2] : ""
    }
    var codeLines: [String] { code.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }

    /// Where the code matches a pattern: line and matched text.
    func matches(_ pattern: String) -> [(line: Int, text: String)] { Self.matches(pattern, in: code) }

    static func matches(_ pattern: String, in text: String) -> [(line: Int, text: String)] {
        guard let expression = try? NSRegularExpression(pattern: pattern, options: [.anchorsMatchLines]) else {
            preconditionFailure("not a pattern: \(pattern)")
        }
        return expression.matches(in: text, range: NSRange(text.startIndex..., in: text)).compactMap { match in
            guard let range = Range(match.range, in: text) else { return nil }
            return (1 + text[..<range.lowerBound].utf8.count { $0 == 0x0a }, String(text[range]))
        }
    }
}

/// Tells code from literals and comments. It knows nested comments, raw and multi-line strings, and interpolations.
private struct SwiftLexer {
    private enum Mode {
        /// `parentheses` counts the open ones; an interpolation ends where they would go below zero.
        case code(parentheses: Int)
        case string(hashes: Int, isMultiline: Bool)
    }

    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var modes: [Mode] = [.code(parentheses: 0)]
    private var open: [(line: Int, bytes: [UInt8])] = []
    private(set) var code: [UInt8] = []
    private(set) var literals: [(line: Int, text: String)] = []
    private(set) var comments: [(line: Int, text: String)] = []

    init(_ text: String) {
        bytes = Array(text.utf8)
        code.reserveCapacity(bytes.count)
    }

    mutating func run() {
        while index < bytes.count {
            switch modes[modes.count - 1] {
            case .code(let parentheses): readCode(parentheses)
            case .string(let hashes, let isMultiline): readString(hashes, isMultiline)
            }
        }
    }

    private func starts(_ text: StaticString, at offset: Int = 0) -> Bool {
        text.withUTF8Buffer { wanted in
            index + offset + wanted.count <= bytes.count
                && wanted.indices.allSatisfy { bytes[index + offset + $0] == wanted[$0] }
        }
    }

    /// Takes bytes; those that are no code leave blanks behind.
    private mutating func take(_ count: Int, asCode: Bool) {
        for _ in 0..<min(count, bytes.count - index) {
            let byte = bytes[index]
            if byte == 0x0a { line += 1 }
            code.append(asCode || byte == 0x0a ? byte : 0x20)
            index += 1
        }
    }

    private mutating func readCode(_ parentheses: Int) {
        if starts("//") { return readLineComment() }
        if starts("/*") { return readBlockComment() }
        var hashes = 0
        while starts("#", at: hashes) { hashes += 1 }
        if starts("\"", at: hashes) {
            let isMultiline = starts("\"\"\"", at: hashes)
            modes.append(.string(hashes: hashes, isMultiline: isMultiline))
            open.append((line, []))
            return take(hashes + (isMultiline ? 3 : 1), asCode: true)
        }
        if starts("(") { modes[modes.count - 1] = .code(parentheses: parentheses + 1) }
        if starts(")") {
            if parentheses == 0, modes.count > 1 {
                modes.removeLast()
                return take(1, asCode: true)
            }
            modes[modes.count - 1] = .code(parentheses: parentheses - 1)
        }
        take(1, asCode: true)
    }

    private mutating func readString(_ hashes: Int, _ isMultiline: Bool) {
        let quotes = isMultiline ? 3 : 1
        let ends = isMultiline ? starts("\"\"\"") : starts("\"")
        if ends, (0..<hashes).allSatisfy({ starts("#", at: quotes + $0) }) {
            modes.removeLast()
            if let literal = open.popLast() {
                literals.append((literal.line, String(decoding: literal.bytes, as: UTF8.self)))
            }
            return take(quotes + hashes, asCode: true)
        }
        if starts("\\"), (0..<hashes).allSatisfy({ starts("#", at: 1 + $0) }) {
            if starts("(", at: 1 + hashes) {
                modes.append(.code(parentheses: 0))
                note(UInt8(ascii: "$"))
                return take(2 + hashes, asCode: false)
            }
            return take(2 + hashes, asCode: false)
        }
        note(bytes[index])
        take(1, asCode: false)
    }

    private mutating func note(_ byte: UInt8) {
        if !open.isEmpty { open[open.count - 1].bytes.append(byte) }
    }

    private mutating func readLineComment() {
        let end = bytes[index...].firstIndex(of: 0x0a) ?? bytes.count
        comments.append((line, String(decoding: bytes[index..<end], as: UTF8.self)))
        take(end - index, asCode: false)
    }

    private mutating func readBlockComment() {
        let (start, startLine) = (index, line)
        var depth = 0
        repeat {
            if starts("/*") {
                depth += 1
                take(2, asCode: false)
            } else if starts("*/") {
                depth -= 1
                take(2, asCode: false)
            } else {
                take(1, asCode: false)
            }
        } while depth > 0 && index < bytes.count
        comments.append((startLine, String(decoding: bytes[start..<index], as: UTF8.self)))
    }
}
