internal import Foundation

/// Texts from outside that people will read: bounded, in one form, without characters that hide or reorder others.
package enum PlainText {
    /// A name, a title, a number on a paper: one line.
    ///
    /// Shape: Unicode NFC without spaces around it; 1 to `lengthMax` scalars, as PostgreSQL's `char_length` counts.
    /// - Throws: ``BadInput`` when it is empty or too long, or has control or format characters: line breaks,
    ///   bidirectional overrides (U+202A to U+202E, U+2066 to U+2069) and their like; the joiners that some scripts
    ///   need (U+200C, U+200D) are allowed.
    package static func line(_ text: String, field: String, lengthMax: Int = 200) throws(BadInput) -> String {
        try checked(text, field: field, lengthMax: lengthMax) { _ in false }
    }

    /// Several lines: reasons, descriptions. As ``line(_:field:lengthMax:)``, but line feeds and tabs are allowed.
    package static func lines(_ text: String, field: String, lengthMax: Int = 4_000) throws(BadInput) -> String {
        try checked(text, field: field, lengthMax: lengthMax) { $0 == "\n" || $0 == "\t" }
    }

    private static func checked(
        _ text: String, field: String, lengthMax: Int, allows: (Unicode.Scalar) -> Bool
    ) throws(BadInput) -> String {
        // Before anything that costs more than counting; NFC of a text has at most thrice its bytes.
        guard text.utf8.count <= 16 * lengthMax else { throw BadInput(field, "is longer than \(lengthMax) characters") }
        let plain = text.precomposedStringWithCanonicalMapping.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !plain.isEmpty else { throw BadInput(field, "must not be empty") }
        guard plain.unicodeScalars.count <= lengthMax else {
            throw BadInput(field, "is longer than \(lengthMax) characters")
        }
        for scalar in plain.unicodeScalars where !allows(scalar) {
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
                guard scalar == "\u{200c}" || scalar == "\u{200d}" else {
                    let code = String(scalar.value, radix: 16, uppercase: true)
                    throw BadInput(field, "must not contain the invisible character U+\(code)")
                }
            default: continue  // Letters, marks, numbers, punctuation, symbols, spaces: not an enum of ours.
            }
        }
        return plain
    }
}

extension String {
    /// At most so many characters as PostgreSQL counts them, code points, none of them U+0000.
    func bounded(_ most: Int) -> String {
        String(String.UnicodeScalarView(unicodeScalars.filter { $0 != "\0" }.prefix(most)))
    }
}
