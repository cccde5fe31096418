/// A language that a worker reads and writes.
package struct LanguageSkill: Hashable, Sendable, CustomStringConvertible {
    /// BCP 47, lower case.
    package let tag: String
    package let level: LanguageLevel

    /// `de:c1`, or `de` for C1: who names a language without more says that they can work in it.
    ///
    /// - Returns: `nil` when it is of another form.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let tag = parts.first.map(String.init), LanguageTag.isWellFormed(tag) else { return nil }
        guard let level = parts.count == 2 ? LanguageLevel(rawValue: parts[1].lowercased()) : .c1 else { return nil }
        self.tag = tag.lowercased()
        self.level = level
    }

    init(tag: String, level: LanguageLevel) {
        self.tag = tag
        self.level = level
    }

    package var description: String { "\(tag):\(level.rawValue)" }
}

extension LanguageSkill {
    /// Each language once, with the first level that is given; at most 20.
    ///
    /// - Throws: ``BadInput``.
    static func list(_ texts: [String]) throws(BadInput) -> [LanguageSkill] {
        guard texts.count <= 20 else { throw BadInput("languages", "are more than 20") }
        var found: [LanguageSkill] = []
        for text in texts {
            guard let skill = LanguageSkill(text) else {
                throw BadInput("languages", "must be language tags with a level, such as en:c1 or zh-Hant:native")
            }
            if !found.contains(where: { $0.tag == skill.tag }) { found.append(skill) }
        }
        return found
    }
}
