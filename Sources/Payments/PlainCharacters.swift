internal import Foundation

/// Texts in the few characters that every bank of SEPA takes, and American banks too.
///
/// Source: EPC217-08, "SEPA Requirements for an Extended Character Set": letters without marks, digits, space and
/// `/ - ? : ( ) . , ' +`. Letters lose their marks (é becomes e), Greek and Cyrillic are put into Latin letters, `&`
/// becomes `+`, and what has no counterpart becomes a full stop. The same text always becomes the same.
package enum PlainCharacters {
    /// - Parameter lengthMax: characters; what is longer is cut off.
    /// - Returns: `nil` when no letter or digit is left, as of a name in Chinese characters, or when more had to be
    ///   given up than could be kept.
    package static func text(_ text: String, lengthMax: Int) -> String? {
        var result: [UInt8] = []
        var lost = 0
        var kept = 0
        for scalar in text.precomposedStringWithCompatibilityMapping.unicodeScalars.prefix(4 * lengthMax) {
            let plain = latin(scalar)
            switch plain {
            case .some(let letters):
                if letters.contains(where: isLetterOrDigit) { kept += 1 }
                result += letters
            case .none:
                lost += 1
                result.append(UInt8(ascii: "."))
            }
        }
        guard kept > 0, kept >= lost else { return nil }
        let words = result.split(separator: 0x20)
        let joined = Array(words.joined(separator: [0x20])).prefix(lengthMax)
        var line = String(decoding: joined, as: UTF8.self)
        // No text of SEPA begins or ends with a slash, or has two in a row.
        while line.contains("//") { line = line.replacing("//", with: "/") }
        while line.hasPrefix("/") || line.hasPrefix(" ") { line.removeFirst() }
        while line.hasSuffix("/") || line.hasSuffix(" ") { line.removeLast() }
        return line.isEmpty ? nil : line
    }

    /// Whether a reference of ours stands in these characters as it is.
    static func isPlain(_ text: String) -> Bool {
        !text.hasPrefix("/") && !text.hasSuffix("/") && !text.contains("//")
            && text.utf8.allSatisfy { isLetterOrDigit($0) || punctuation.contains($0) }
    }

    private static let punctuation = Set(" /-?:().,'+".utf8)

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }

    /// - Returns: nothing for a combining mark, `nil` for what cannot be said.
    private static func latin(_ scalar: Unicode.Scalar) -> [UInt8]? {
        if scalar.isASCII {
            let byte = UInt8(scalar.value)
            if isLetterOrDigit(byte) || punctuation.contains(byte) { return [byte] }
        }
        if let found = table[scalar] { return Array(found.utf8) }
        if scalar.properties.isWhitespace { return [0x20] }
        let decomposed = String(scalar).decomposedStringWithCompatibilityMapping.unicodeScalars
        guard decomposed.count > 1 || decomposed.first != scalar else {
            return scalar.properties.canonicalCombiningClass == .notReordered ? nil : []
        }
        var letters: [UInt8] = []
        for part in decomposed {
            guard let plain = latin(part) else { return nil }
            letters += plain
        }
        return letters
    }

    private static let table: [Unicode.Scalar: String] = {
        var table: [Unicode.Scalar: String] = [
            "&": "+", "_": "-", "–": "-", "—": "-", "‐": "-", "’": "'", "‘": "'", "`": "'", "\"": "'", "“": "'",
            "”": "'", "„": "'", "«": "'", "»": "'", "·": ".", "…": "...", "€": "E", "@": "(at)", ";": ",", "[": "(",
            "]": ")", "{": "(", "}": ")", "\\": "/", "|": "/", "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE",
            "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH",
            "ł": "l", "Ł": "L", "ħ": "h", "Ħ": "H", "ı": "i", "ŋ": "n", "Ŋ": "N", "ŧ": "t", "Ŧ": "T", "ə": "a",
            "Ə": "A", "ĸ": "k",
        ]
        let alphabets = [
            ("αβγδεζηθικλμνξοπρσςτυφχψω", "a v g d e z i th i k l m n x o p r s s t y f ch ps o"),
            (
                "абвгдежзийклмнопрстуфхцчшщъыьэюяєіїґђјљњћџѓќѕ",
                """
                a b v g d e zh z i y k l m n o p r s t u f h ts ch sh sht a y y e yu ya ye i yi g dj j lj nj c dz g k \
                dz
                """
            ),
        ]
        for (letters, names) in alphabets {
            for (letter, name) in zip(letters.unicodeScalars, names.split(separator: " ")) {
                table[letter] = String(name)
                if let capital = letter.properties.uppercaseMapping.unicodeScalars.first, capital != letter {
                    table[capital] = name.prefix(1).uppercased() + name.dropFirst()
                }
            }
        }
        return table
    }()
}
