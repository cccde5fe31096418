internal import Foundation

/// What a task is, as far as its price depends on it.
package struct RateTask: Hashable, Sendable {
    package let profession: Profession
    package let tier: Tier
    package let taskKind: TaskKind
    /// Where the work counts (`US`, `US-NY`); `nil` where it does not matter.
    package let region: String?
    /// What the work is in; `nil` where it does not matter.
    package let language: String?
    package let currency: Currency
    /// Counts for hourly rates, 1 to 10,080.
    package let expectedMinutes: Int
    /// Counts for rates by the item, 1 to 10,000.
    package let items: Int
    /// How soon the answer must be there; `nil` for no hurry.
    package let hoursToDue: Int?
    /// Whether it has to be done at night, on a weekend or on a holiday.
    package let isUnsocial: Bool
    /// 1 (plain) to 5.
    package let difficulty: Int

    /// - Throws: ``BadInput``; the first fault in the order of the parameters.
    package init(
        profession: Profession, tier: Tier, taskKind: TaskKind, region: String? = nil, language: String? = nil,
        currency: Currency, expectedMinutes: Int, items: Int = 1, hoursToDue: Int? = nil, isUnsocial: Bool = false,
        difficulty: Int = 1
    ) throws(BadInput) {
        if let region, !Jurisdiction.isWellFormed(region) {
            throw BadInput("region", "must be of the form US-NY or DE")
        }
        if let language, !LanguageTag.isWellFormed(language) {
            throw BadInput("language", "must be a language tag, such as en or zh-Hant")
        }
        guard (1...10_080).contains(expectedMinutes) else { throw BadInput("expected_minutes", "must be 1 to 10080") }
        guard (1...10_000).contains(items) else { throw BadInput("items", "must be 1 to 10000") }
        if let hoursToDue, !(0...100_000).contains(hoursToDue) {
            throw BadInput("hours_to_due", "must be 0 to 100000")
        }
        guard (1...5).contains(difficulty) else { throw BadInput("difficulty", "must be 1 to 5") }
        self.profession = profession
        self.tier = tier
        self.taskKind = taskKind
        self.region = region
        self.language = language?.lowercased()
        self.currency = currency
        self.expectedMinutes = expectedMinutes
        self.items = items
        self.hoursToDue = hoursToDue
        self.isUnsocial = isUnsocial
        self.difficulty = difficulty
    }
}
