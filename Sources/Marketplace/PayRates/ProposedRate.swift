internal import Foundation
package import Store

/// A rate as finance proposes it, in bounds.
package struct ProposedRate: Hashable, Sendable {
    /// The most one unit may be paid, in minor units.
    package static let amountMinorMax: Int64 = 1_000_000_000_000
    package let profession: Profession
    package let tier: Tier
    package let taskKind: TaskKind
    /// A country or a part of one; `nil` for any.
    package let region: String?
    /// A BCP 47 tag in lower case; `nil` for any.
    package let language: String?
    package let unit: PayUnit
    package let amount: Money
    /// The least and the most that may be asked for one unit, in minor units.
    package let band: ClosedRange<Int64>
    package let inForce: InstantRange

    /// - Parameters:
    ///   - band: around the amount; the amount alone if left out.
    ///   - inForce: bounded below.
    /// - Throws: ``BadInput``; the first fault in the order of the parameters.
    package init(
        profession: Profession, tier: Tier, taskKind: TaskKind, region: String? = nil, language: String? = nil,
        unit: PayUnit, amount: Money, band: ClosedRange<Int64>? = nil, inForce: InstantRange
    ) throws(BadInput) {
        if let region, !Jurisdiction.isWellFormed(region) {
            throw BadInput("region", "must be of the form US-NY or DE")
        }
        if let language, !LanguageTag.isWellFormed(language) {
            throw BadInput("language", "must be a language tag, such as en or zh-Hant")
        }
        guard (1...Self.amountMinorMax).contains(amount.minorUnits) else {
            throw BadInput("amount", "must be 1 to \(Self.amountMinorMax) minor units")
        }
        let band = band ?? amount.minorUnits...amount.minorUnits
        guard band.lowerBound >= 1, band.upperBound <= Self.amountMinorMax, band.contains(amount.minorUnits) else {
            throw BadInput("band", "must be above zero and hold the amount")
        }
        guard let from = inForce.lower else { throw BadInput("in_force", "must have a beginning") }
        if let until = inForce.upper, until <= from { throw BadInput("in_force", "must end after it begins") }
        self.profession = profession
        self.tier = tier
        self.taskKind = taskKind
        self.region = region
        self.language = language?.lowercased()
        self.unit = unit
        self.amount = amount
        self.band = band
        self.inForce = inForce
    }
}
