/// One cell of a CSV file that is going out.
package enum CSVCell: Hashable, Sendable {
    /// Words, which a spreadsheet must not take for a formula: see ``CSVWriter``.
    case text(String)
    case number(Int64)
    /// An exact decimal number: money, shares.
    case decimal(CSVDecimal)
}

/// A decimal number as written: an optional minus, digits, and optionally a point and more digits.
///
/// Shape: at most 40 characters; no plus sign, no exponent, no grouping.
package struct CSVDecimal: Hashable, Sendable, CustomStringConvertible {
    /// The number as it was given.
    package let description: String

    /// - Returns: `nil` when the text is not of that shape.
    package init?(_ text: String) {
        guard text.utf8.count <= 40 else { return nil }
        let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
        let parts = digits.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isDigits = { (part: Substring.UTF8View) in
            !part.isEmpty && part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
        guard (1...2).contains(parts.count), parts.allSatisfy(isDigits) else { return nil }
        description = text
    }
}

/// Writes CSV that a spreadsheet can open without running what is in it.
///
/// Lines end in CRLF, cells are quoted where they must be (RFC 4180, section 2). A line of a text cell that a
/// spreadsheet would take for a formula gets an apostrophe before it: one whose first character after spaces is one of
/// `= + - @`, their full-width forms, or TAB; and a cell that begins with CR or LF. Source: OWASP, "CSV Injection".
/// Numbers are not guarded, so that finance can add them up; that is why they are cases of their own.
package struct CSVWriter: Sendable {
    /// What was written so far, UTF-8 without a byte order mark.
    package private(set) var bytes: [UInt8] = []

    /// Begins with the header row; the names are guarded like text.
    package init(header: [String]) {
        append(header.map(CSVCell.text))
    }

    /// Appends a record.
    package mutating func append(_ cells: [CSVCell]) {
        bytes += Self.record(cells).utf8
    }

    /// Hands out what was written since the last call and forgets it, for files that are streamed.
    package mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    /// One record with its line end.
    ///
    /// - Parameter isGuarded: off for files that only programs read.
    package static func record(_ cells: [CSVCell], isGuarded: Bool = true) -> String {
        cells.map { written($0, isGuarded) }.joined(separator: ",") + "\r\n"
    }

    private static func written(_ cell: CSVCell, _ isGuarded: Bool) -> String {
        switch cell {
        case .text(let text): quoted(isGuarded ? guarded(text) : text)
        case .number(let number): String(number)
        case .decimal(let decimal): decimal.description
        }
    }

    /// The semicolon and the tab are quoted too: spreadsheets of some countries split cells at them, and what follows
    /// would then be the beginning of a cell.
    private static func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: needsQuotes) else { return text }
        var result = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" { result.unicodeScalars.append("\"") }
            result.unicodeScalars.append(scalar)
        }
        return result + "\""
    }

    private static func needsQuotes(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: ";"), 0x09, 0x0a, 0x0d: true
        default: false
        }
    }

    private static func guarded(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        let scalars = text.unicodeScalars
        var lineStart = scalars.startIndex
        while lineStart < scalars.endIndex {
            let rest = scalars[lineStart...]
            if isFormula(rest, isFirstLine: lineStart == scalars.startIndex) { result.append("'") }
            let end = rest.firstIndex(where: isLineEnd) ?? rest.endIndex
            // Line ends one by one: of CRLF, the empty line between the two is never a formula.
            let next = end < rest.endIndex ? rest.index(after: end) : end
            result.append(contentsOf: scalars[lineStart..<next])
            lineStart = next
        }
        return String(result)
    }

    private static func isFormula(_ line: Substring.UnicodeScalarView, isFirstLine: Bool) -> Bool {
        guard let first = line.first(where: { !isBlank($0) }) else { return false }
        if isLineEnd(first) { return isFirstLine }
        return "=+-@\t＝＋－＠".unicodeScalars.contains(first)
    }

    private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\n" || scalar == "\r"
    }

    /// Spaces of all widths, the byte order mark and the zero-width characters; not TAB, CR, LF, which are dangerous.
    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\t", "\n", "\r": false
        default: scalar.properties.isWhitespace || scalar.properties.generalCategory == .format
        }
    }
}
