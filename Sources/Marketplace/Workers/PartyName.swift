internal import Foundation

/// An organisation or person in a matter, by name: as it was written, and in the form that is compared.
package struct PartyName: Hashable, Sendable {
    /// How many parties one project, task or worker may name.
    package static let most = 50

    /// 1 to 200 characters.
    package let name: String
    /// 1 to 200 characters; see ``normalised(_:)``.
    package let normalised: String

    /// - Throws: ``BadInput`` for a name that is no line of text, has no letter or digit, or grows too long.
    package init(_ text: String, field: String = "party") throws(BadInput) {
        name = try PlainText.line(text, field: field)
        normalised = Self.normalised(name)
        guard !normalised.isEmpty else { throw BadInput(field, "must have a letter or a digit") }
        guard normalised.unicodeScalars.count <= 200 else { throw BadInput(field, "is longer than 200 characters") }
    }

    /// Each party once, in the order given.
    ///
    /// - Throws: ``BadInput`` for the first that is no name, or for more than ``most``.
    package static func list(_ names: [String], field: String = "parties") throws(BadInput) -> [PartyName] {
        guard names.count <= most else { throw BadInput(field, "are more than \(most)") }
        var found: [PartyName] = []
        for name in names {
            let party = try PartyName(name, field: field)
            if !found.contains(where: { $0.normalised == party.normalised }) { found.append(party) }
        }
        return found
    }

    /// The form in which two names of one party are equal.
    ///
    /// In this order: Unicode NFKC (full-width letters, ligatures, ㈱); case folded; `&` and `+` read as "and"; full
    /// stops and apostrophes dropped, so that "S.A." is "sa"; all other punctuation is a space; "the" in front and the
    /// forms of companies at the end ("Inc", "GmbH & Co. KG", 有限公司) dropped while another word is left. Accents
    /// are kept. Normalising again changes nothing. Source: the company forms are those of GLEIF's Entity Legal Forms
    /// list (ISO 20275) that are written in everyday use.
    package static func normalised(_ name: String) -> String {
        var words = words(in: folded(name))
        var count: Int
        repeat {
            count = words.reduce(0) { $0 + $1.unicodeScalars.count }
            while words.count > 1, let first = words.first, leadingForms.contains(first) { words.removeFirst() }
            while words.count > 1, let last = words.last, companyForms.contains(last) { words.removeLast() }
            words = withoutAttachedForms(words)
        } while words.reduce(0) { $0 + $1.unicodeScalars.count } < count
        return words.joined(separator: " ")
    }

    private static func folded(_ name: String) -> String {
        name.precomposedStringWithCompatibilityMapping.uppercased().lowercased()
            .replacing("ς", with: "σ").precomposedStringWithCompatibilityMapping
    }

    private static func words(in text: String) -> [String] {
        var words = [""]
        for scalar in text.unicodeScalars {
            if scalar == "&" || scalar == "+" {
                words += ["and", ""]
            } else if isPartOfWord(scalar) {
                words[words.count - 1].unicodeScalars.append(scalar)
            } else if !dropped.contains(scalar) {
                words.append("")
            }
        }
        return words.filter { !$0.isEmpty }
    }

    private static func isPartOfWord(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        return properties.isAlphabetic || properties.numericType != nil
            || [.nonspacingMark, .spacingMark, .enclosingMark].contains(properties.generalCategory)
    }

    /// Drops the forms that Chinese, Japanese and Korean write without a space.
    private static func withoutAttachedForms(_ words: [String]) -> [String] {
        var words = words
        for form in attachedForms {
            if let last = words.last, last.hasSuffix(form), words.count > 1 || last != form {
                words[words.count - 1] = String(last.dropLast(form.count))
            }
            if let first = words.first, first.hasPrefix(form), words.count > 1 || first != form {
                words[0] = String(first.dropFirst(form.count))
            }
            words.removeAll(where: \.isEmpty)
        }
        return words
    }

    /// Full stops, apostrophes and joiners: what stands inside of words.
    private static let dropped: Set<Unicode.Scalar> = [".", "'", "’", "‘", "`", "´", "\u{200c}", "\u{200d}"]

    private static let leadingForms: Set<String> = ["the", "株", "有"]

    private static let companyForms: Set<String> = [
        "inc", "incorporated", "corp", "corporation", "co", "company", "ltd", "limited", "llc", "llp", "lp", "plc",
        "pllc", "pc", "gmbh", "mbh", "ag", "kg", "kgaa", "ohg", "ug", "se", "sa", "sas", "sasu", "sarl", "sàrl", "srl",
        "spa", "nv", "bv", "cv", "ab", "as", "asa", "aps", "oy", "oyj", "kk", "gk", "pte", "pty", "pvt", "private",
        "sdn", "bhd", "sro", "doo", "zoo", "ltda", "株", "有", "and",
    ]

    /// Longer ones first.
    private static let attachedForms = [
        "有限责任公司", "有限責任公司", "股份有限公司", "有限公司", "集团公司", "公司", "株式会社", "合同会社", "有限会社", "주식회사",
    ]
}
