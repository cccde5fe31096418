package import Formats
internal import Foundation
internal import Store
package import Tax

/// What was withheld of a share of a payout, frozen when the payout was prepared.
package struct Withholding: Sendable {
    package typealias ID = Identifier<Withholding>
    package let id: ID
    let share: PayoutShare.ID
    package let worker: Worker.ID
    /// ISO 3166-1 alpha-2 of where the work was done; `nil` where the rule does not ask.
    package let place: String?
    package let residence: String
    package let ruleSet: String
    package let ruleSetFrom: TaxDay
    /// The day that was counted as that of payment.
    package let paidOn: TaxDay
    /// The last day on which the payout may be issued by this quote.
    let holdsUntil: TaxDay
    package let gross: Money
    package let withheld: Money
    /// The first day of what it counts over; `nil` where it counts by itself.
    let period: TaxDay?
    /// What the quote counts from, and what comes after.
    let before: TaxSums
    let after: TaxSums
    let countsToward: [TaxReport]
    /// Pieces of work, and what the platform took for them. Minor units.
    let activities: Int
    let feesMinor: Int64
    /// Of the worker's claims what is counted with it. Minor units.
    package let exemptMinor: Int64
    package let deductionsMinor: Int64
    package let reliefMinor: Int64
    package let lines: JSON
}

/// Whose tax sums, of which rule and period. One row of `tax_sum`.
struct TaxSumKey: Hashable, Comparable, Sendable {
    let worker: Worker.ID
    let ruleSet: String
    let currency: Currency
    let period: TaxDay

    static func < (left: TaxSumKey, right: TaxSumKey) -> Bool {
        (left.worker, left.ruleSet, left.currency.code, left.period)
            < (right.worker, right.ruleSet, right.currency.code, right.period)
    }
}

/// Why taxes stand in the way of a payout.
package enum WithholdingRefusal: Refusal {
    /// Nobody's payment is left, for the reason given of the first.
    case nothingLeft(String)
    /// The month, quarter or year of the quotes is over.
    case periodPassed
    /// Other payouts of the same people count first and were not issued, or were cancelled since.
    case baseChanged
    /// Shares and withholdings are not what was earned.
    case notWhole

    package var code: String {
        switch self {
        case .nothingLeft: "nothing_left_after_tax"
        case .periodPassed: "tax_period_passed"
        case .baseChanged: "tax_base_changed"
        case .notWhole: "withholding_not_whole"
        }
    }

    package var message: String {
        switch self {
        case .nothingLeft(let reason): "Taxes leave nothing to pay: \(reason)."
        case .periodPassed: "What is withheld was worked out for a period that is over: cancel it and prepare another."
        case .baseChanged:
            "Earlier payouts of the same people count first: issue those; or cancel this one and prepare another."
        case .notWhole: "What is paid and withheld is not what was earned."
        }
    }
}

extension Withholding {
    package var json: JSON {
        [
            "withholding": .string("\(id)"), "rule_set": .string(ruleSet),
            "in_force_from": .string("\(ruleSetFrom)"), "paid_on": .string("\(paidOn)"),
            "place_of_performance": place.map { .string($0) } ?? .null, "amount_minor": .integer(gross.minorUnits),
            "withheld_minor": .integer(withheld.minorUnits),
            "net_minor": .integer(gross.minorUnits - withheld.minorUnits), "currency": .string(gross.currency.code),
            "exempt_minor": .integer(exemptMinor), "deductions_minor": .integer(deductionsMinor),
            "relief_minor": .integer(reliefMinor), "lines": lines,
        ]
    }
}
