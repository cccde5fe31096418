/// One property of a calendar, unfolded.
struct ICalendarLine: Sendable {
    /// 1-based; where it begins.
    let number: Int
    /// Upper case.
    let name: String
    /// Names upper case.
    let parameters: [String: String]
    let value: String

    /// The lines of a file, those that begin with a space or a tab joined to the one before (RFC 5545, section 3.1).
    static func lines(of bytes: [UInt8]) throws(ICalendarFault) -> [ICalendarLine] {
        var found: [ICalendarLine] = []
        var current: [UInt8] = []
        var start = 0
        var number = 0
        for raw in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            guard number <= ICalendar.linesMax else {
                throw ICalendarFault(line: number, reason: "there are too many lines")
            }
            let line = raw.last == UInt8(ascii: "\r") ? raw.dropLast() : raw
            if let first = line.first, first == 0x20 || first == 0x09 {
                guard start > 0 else {
                    throw ICalendarFault(line: number, reason: "nothing comes before this continuation")
                }
                current += line.dropFirst()
                continue
            }
            if !current.isEmpty { found.append(try ICalendarLine(current, number: start)) }
            (current, start) = (Array(line), number)
        }
        if !current.isEmpty { found.append(try ICalendarLine(current, number: start)) }
        return found
    }

    private init(_ bytes: [UInt8], number: Int) throws(ICalendarFault) {
        self.number = number
        guard bytes.count <= 4_096 else { throw ICalendarFault(line: number, reason: "the line is over 4,096 bytes") }
        guard let text = String(validating: bytes, as: UTF8.self),
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f || $0 == "\t" })
        else { throw ICalendarFault(line: number, reason: "the line is not plain UTF-8") }
        guard let colon = Self.firstUnquoted(":", in: text) else {
            throw ICalendarFault(line: number, reason: "a property and its value are expected")
        }
        let parts = Self.unquotedParts(of: text[..<colon])
        name = parts[0].uppercased()
        value = String(text[text.index(after: colon)...])
        var parameters: [String: String] = [:]
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { throw ICalendarFault(line: number, reason: "a parameter has no value") }
            parameters[pair[0].uppercased()] = pair[1].filter { $0 != "\"" }
        }
        self.parameters = parameters
        guard !name.isEmpty, name.utf8.allSatisfy({ Self.isName($0) }) else {
            throw ICalendarFault(line: number, reason: "a property's name is expected")
        }
    }

    private static func isName(_ byte: UInt8) -> Bool {
        (0x41...0x5a).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
    }

    /// The parts between semicolons that stand in no quotes.
    private static func unquotedParts(of head: Substring) -> [String] {
        var parts = [""]
        var isQuoted = false
        for character in head {
            if character == "\"" { isQuoted.toggle() }
            if character == ";", !isQuoted { parts.append("") } else { parts[parts.count - 1].append(character) }
        }
        return parts
    }

    private static func firstUnquoted(_ wanted: Character, in text: String) -> String.Index? {
        var isQuoted = false
        return text.firstIndex { character in
            if character == "\"" { isQuoted.toggle() }
            return character == wanted && !isQuoted
        }
    }

    func fault(_ reason: String) -> ICalendarFault { ICalendarFault(line: number, reason: reason) }
}
