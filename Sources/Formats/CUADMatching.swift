import Foundation

/// Which row of answers belongs to which text, decided over all names at once so that their order does not matter.
struct CUADMatching {
    /// For each name of a text its row (an index), or why it has none.
    let rowOfText: [String: Result<Int, Mismatch>]
    /// Rows that no text took, ascending.
    let rowsWithoutText: [Int]

    struct Mismatch: Error, Hashable {
        let reason: String
    }

    /// Exact stems first; what is left by the normal form, refusing forms that more than one text or row has.
    init(texts: [String], rows: [CUADAnswerRow]) {
        var found: [String: Result<Int, Mismatch>] = [:]
        var openTexts = texts
        var openRows = Array(rows.indices)
        for form in [CUADAnswers.stem, Self.normalForm] {
            // A row's first name is that of its text; the second, that of the PDF, counts where the first finds none.
            for place in 0..<2 {
                let textsByForm = Dictionary(grouping: openTexts, by: form)
                let named = openRows.filter { rows[$0].stems.count > place }
                let rowsByForm = Dictionary(grouping: named) { form(rows[$0].stems[place]) }
                var taken: Set<Int> = []
                for (key, group) in textsByForm {
                    guard let candidates = rowsByForm[key], let row = candidates.first else { continue }
                    let result = Self.choice(texts: group, lines: candidates.map { rows[$0].line }, row: row)
                    for text in group { found[text] = result }
                    if case .success = result { taken.insert(row) }
                }
                openTexts.removeAll { found[$0] != nil }
                openRows.removeAll { taken.contains($0) }
            }
        }
        for text in openTexts { found[text] = .failure(Mismatch(reason: "there are no answers for it")) }
        rowOfText = found
        rowsWithoutText = openRows
    }

    private static func choice(texts: [String], lines: [Int], row: Int) -> Result<Int, Mismatch> {
        if texts.count > 1 { return .failure(Mismatch(reason: "\(texts.count) texts have a name like it")) }
        if lines.count > 1 {
            let list = lines.map(String.init).joined(separator: ", ")
            return .failure(Mismatch(reason: "the answers on lines \(list) have a name like it"))
        }
        return .success(row)
    }

    /// The stem with accents folded and everything but letters and digits dropped, in lower case.
    static func normalForm(_ name: String) -> String {
        var kept = String.UnicodeScalarView()
        for scalar in CUADAnswers.stem(name).decomposedStringWithCompatibilityMapping.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .otherLetter, .decimalNumber: kept.append(scalar)
            default: break
            }
        }
        return String(kept).lowercased()
    }
}
