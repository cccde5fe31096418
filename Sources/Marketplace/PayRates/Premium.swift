internal import Foundation
package import Store

/// What may raise a price, in the order in which it does: the values of the PostgreSQL enum `premium_kind`.
package enum PremiumKind: String, Sendable, CaseIterable, SQLEnum {
    case urgency
    case unsocialHours = "unsocial_hours"
    case languageScarcity = "language_scarcity"
    case difficulty
}

/// One rule of the rate card that multiplies a price.
package struct PremiumRule: Hashable, Sendable {
    /// Ten times the price.
    package static let factorMax = 100_000
    package let kind: PremiumKind
    /// Urgency: due within so many hours. Difficulty: at least that level. 0 for the others.
    package let threshold: Int
    /// Scarcity: the language, in lower case, with its narrower ones. `nil` for the others.
    package let language: String?
    /// What the price is multiplied by, in ten-thousandths: 12,500 is a quarter more. 10,000 to ``factorMax``.
    package let factorBasisPoints: Int
    package let inForce: InstantRange

    /// - Throws: ``BadInput``.
    package init(
        kind: PremiumKind, threshold: Int = 0, language: String? = nil, factorBasisPoints: Int, inForce: InstantRange
    ) throws(BadInput) {
        switch kind {
        case .urgency:
            guard (1...100_000).contains(threshold) else { throw BadInput("within_hours", "must be 1 to 100000") }
        case .difficulty:
            guard (2...5).contains(threshold) else { throw BadInput("least_level", "must be 2 to 5") }
        case .unsocialHours, .languageScarcity:
            guard threshold == 0 else { throw BadInput("threshold", "is for urgency and difficulty only") }
        }
        guard (language != nil) == (kind == .languageScarcity) else {
            throw BadInput("language", "must be given for language_scarcity, and for nothing else")
        }
        if let language, !LanguageTag.isWellFormed(language) {
            throw BadInput("language", "must be a language tag, such as en or zh-Hant")
        }
        guard (10_000...Self.factorMax).contains(factorBasisPoints) else {
            throw BadInput("factor_bps", "must be 10000 to \(Self.factorMax)")
        }
        self.kind = kind
        self.threshold = threshold
        self.language = language?.lowercased()
        self.factorBasisPoints = factorBasisPoints
        self.inForce = inForce
    }

    /// Whether it is for the task, whenever it holds.
    func applies(to task: RateTask) -> Bool {
        switch kind {
        case .urgency: task.hoursToDue.map { $0 <= threshold } ?? false
        case .unsocialHours: task.isUnsocial
        case .languageScarcity:
            if let language, let wanted = task.language { LanguageTag.contains(language, wanted) } else { false }
        case .difficulty: task.difficulty >= threshold
        }
    }

    /// Of several rules of a kind that apply, the narrower counts: fewer hours, the longer tag, the higher level.
    func isNarrower(than other: PremiumRule) -> Bool {
        switch kind {
        case .urgency: threshold < other.threshold
        case .unsocialHours: false
        case .languageScarcity: (language?.utf8.count ?? 0) > (other.language?.utf8.count ?? 0)
        case .difficulty: threshold > other.threshold
        }
    }
}

/// The most that premiums may multiply a price by, in ten-thousandths: each kind for itself, and all together.
package struct PremiumCaps: Hashable, Sendable {
    package let urgency: Int
    package let unsocialHours: Int
    package let languageScarcity: Int
    package let difficulty: Int
    package let whole: Int

    /// No premium counts.
    package static let none = PremiumCaps(
        unchecked: 10_000, unsocialHours: 10_000, languageScarcity: 10_000, difficulty: 10_000, whole: 10_000
    )

    /// - Throws: ``BadInput`` for one that is not 10,000 to 100,000.
    package init(
        urgency: Int, unsocialHours: Int, languageScarcity: Int, difficulty: Int, whole: Int
    ) throws(BadInput) {
        for (cap, name) in [
            (urgency, "urgency"), (unsocialHours, "unsocial_hours"), (languageScarcity, "language_scarcity"),
            (difficulty, "difficulty"), (whole, "whole"),
        ] {
            guard (10_000...PremiumRule.factorMax).contains(cap) else {
                throw BadInput("caps.\(name)", "must be 10000 to \(PremiumRule.factorMax)")
            }
        }
        self.init(
            unchecked: urgency, unsocialHours: unsocialHours, languageScarcity: languageScarcity,
            difficulty: difficulty, whole: whole
        )
    }

    private init(unchecked urgency: Int, unsocialHours: Int, languageScarcity: Int, difficulty: Int, whole: Int) {
        self.urgency = urgency
        self.unsocialHours = unsocialHours
        self.languageScarcity = languageScarcity
        self.difficulty = difficulty
        self.whole = whole
    }

    func cap(of kind: PremiumKind) -> Int {
        switch kind {
        case .urgency: urgency
        case .unsocialHours: unsocialHours
        case .languageScarcity: languageScarcity
        case .difficulty: difficulty
        }
    }
}
