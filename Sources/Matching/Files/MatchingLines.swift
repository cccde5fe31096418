/// The lines of a file, cut into words as the bytes come; nothing is kept but the line that is not yet whole.
struct MatchingLines {
    static let lineBytesMax = 4_096
    private static let wordsMax = 8

    private(set) var number = 1
    private var line: [UInt8] = []

    /// Hands each whole line that the bytes end to `take`, without its end.
    mutating func feed(_ bytes: [UInt8], take: (Int, [Word]) throws(MatchingFault) -> Void) throws(MatchingFault) {
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                // A remark may be as long as it likes.
                guard line.count > Self.lineBytesMax else { continue }
                guard line[0] == UInt8(ascii: "c") else {
                    throw MatchingFault(number, "the line has more than \(Self.lineBytesMax) bytes")
                }
                line.removeLast()
                continue
            }
            try end(take)
        }
    }

    /// The last line, when no end of line follows it.
    mutating func finish(take: (Int, [Word]) throws(MatchingFault) -> Void) throws(MatchingFault) {
        if !line.isEmpty { try end(take) }
    }

    private mutating func end(_ take: (Int, [Word]) throws(MatchingFault) -> Void) throws(MatchingFault) {
        defer {
            line.removeAll(keepingCapacity: true)
            number += 1
        }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        // Remarks, and lines with nothing on them.
        guard let first = line.first(where: { $0 != 0x20 && $0 != 0x09 }) else { return }
        if first == UInt8(ascii: "c"), line.count == 1 || line[0] != first || line[1] == 0x20 || line[1] == 0x09 {
            return
        }
        let words = line.split { $0 == 0x20 || $0 == 0x09 }
        guard words.count <= Self.wordsMax else { throw MatchingFault(number, "there are too many words") }
        try take(number, words.map(Word.init))
    }

    /// One word: a keyword or a whole number.
    struct Word {
        let bytes: ArraySlice<UInt8>

        /// Plain decimal digits, with or without a minus; nil for anything else or more than 64 bits.
        var number: Int64? {
            var digits = bytes[...]
            let isNegative = digits.first == UInt8(ascii: "-")
            if isNegative { digits = digits.dropFirst() }
            guard !digits.isEmpty else { return nil }
            var value = Int64(0)
            for digit in digits {
                guard (0x30...0x39).contains(digit) else { return nil }
                let (tens, over) = value.multipliedReportingOverflow(by: 10)
                let (sum, carry) = tens.subtractingReportingOverflow(Int64(digit - 0x30))
                guard !over, !carry else { return nil }
                value = sum
            }
            // Counted below zero, where there is one number more.
            guard !isNegative else { return value }
            return value == Int64.min ? nil : -value
        }

        var text: String { String(decoding: bytes.prefix(40), as: UTF8.self) }
        func isWord(_ word: String) -> Bool { bytes.elementsEqual(word.utf8) }
    }
}
