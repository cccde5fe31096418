internal import Foundation
package import Store

/// What a rate is paid for: the values of the PostgreSQL enum `pay_unit`, in its order.
package enum PayUnit: String, Sendable, CaseIterable, SQLEnum {
    case task, item, hour
}

/// A rate of the rate card: what one kind of work by one tier of a profession is paid.
package struct PayRate: Hashable, Sendable {
    package typealias ID = Identifier<PayRate>
    package let id: ID
    package let profession: Profession
    package let tier: Tier
    package let taskKind: TaskKind
    /// A country or a part of one (`US`, `US-NY`); `nil` for any.
    package let region: String?
    /// A BCP 47 tag in lower case, which holds for narrower ones too; `nil` for any.
    package let language: String?
    package let unit: PayUnit
    /// For one unit.
    package let amount: Money
    /// The least and the most that may be asked for one unit, in minor units.
    package let band: ClosedRange<Int64>
    package let inForce: InstantRange

    package init(
        id: ID, profession: Profession, tier: Tier, taskKind: TaskKind, region: String? = nil, language: String? = nil,
        unit: PayUnit, amount: Money, band: ClosedRange<Int64>? = nil, inForce: InstantRange
    ) {
        self.id = id
        self.profession = profession
        self.tier = tier
        self.taskKind = taskKind
        self.region = region
        self.language = language
        self.unit = unit
        self.amount = amount
        self.band = band ?? amount.minorUnits...amount.minorUnits
        self.inForce = inForce
    }

    package init(id: ID, _ rate: ProposedRate) {
        self.init(
            id: id, profession: rate.profession, tier: rate.tier, taskKind: rate.taskKind, region: rate.region,
            language: rate.language, unit: rate.unit, amount: rate.amount, band: rate.band, inForce: rate.inForce
        )
    }

    /// What it is for, as people read it: `lawyer/expert/extraction/US/any/USD`.
    package var key: String {
        [
            profession.code, tier.rawValue, taskKind.rawValue, region ?? "any", language ?? "any", amount.currency.code,
        ].joined(separator: "/")
    }
}

extension PayRate {
    /// What one assignment is paid.
    ///
    /// Rounding: an hourly rate times minutes is rounded half up to a whole minor unit, in the worker's favour; the
    /// other units need none.
    /// - Parameters:
    ///   - expectedMinutes: counts for an hourly rate only.
    ///   - items: counts for a rate by item only.
    /// - Throws: ``MoneyError/outOfRange`` for a count below 1, or a price that is nothing or beyond 10^15.
    package func price(expectedMinutes: Int, items: Int = 1) throws(MoneyError) -> Money {
        let price =
            switch unit {
            case .task: amount
            case .item: try amount.multiplied(by: try Self.positive(items))
            case .hour: try hourly(try Self.positive(expectedMinutes))
            }
        guard price.minorUnits > 0 else { throw .outOfRange }
        return price
    }

    private func hourly(_ minutes: Int) throws(MoneyError) -> Money {
        let product = try amount.multiplied(by: minutes)
        return try Money((product.minorUnits + 30) / 60, amount.currency)
    }

    private static func positive(_ count: Int) throws(MoneyError) -> Int {
        guard count > 0 else { throw .outOfRange }
        return count
    }
}
