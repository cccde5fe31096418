/// A payment that was made, as reports count it.
package struct TaxRecord: Hashable, Sendable {
    package var payee: TaxPayee
    package var day: TaxDay
    /// ISO 4217.
    package var currency: String
    /// Digits of the currency's minor unit.
    package var minorDigits: Int
    /// Minor units.
    package var gross: Int64
    /// Minor units.
    package var withheld: Int64
    /// What the platform took for the same work. Minor units.
    package var fees: Int64
    /// Pieces of work that are paid.
    package var activities: Int64
    package var ruleSet: String
    package var countsToward: [TaxReport]
    package var lines: [TaxLine]

    package init(
        payee: TaxPayee, day: TaxDay, currency: String, minorDigits: Int, gross: Int64, fees: Int64 = 0,
        activities: Int64 = 1, quote: TaxQuote
    ) {
        (self.payee, self.day, self.currency, self.minorDigits) = (payee, day, currency, minorDigits)
        (self.gross, self.fees, self.activities) = (gross, fees, activities)
        (withheld, ruleSet, countsToward, lines) = (quote.withheld, quote.ruleSet, quote.countsToward, quote.lines)
    }

    /// One as it was stored.
    package init(
        payee: TaxPayee, day: TaxDay, currency: String, minorDigits: Int, gross: Int64, withheld: Int64, fees: Int64,
        activities: Int64, ruleSet: String, countsToward: [TaxReport], lines: [TaxLine]
    ) {
        (self.payee, self.day, self.currency, self.minorDigits) = (payee, day, currency, minorDigits)
        (self.gross, self.withheld, self.fees, self.activities) = (gross, withheld, fees, activities)
        (self.ruleSet, self.countsToward, self.lines) = (ruleSet, countsToward, lines)
    }
}

/// Whom a report names.
package struct TaxPayee: Hashable, Sendable {
    /// What tells payees apart; not empty.
    package var key: String
    package var name: String
    /// Empty where none is on file.
    package var taxpayerNumber: String
    /// ISO 3166-1 alpha-2; empty where it is not known.
    package var residence: String

    package init(key: String, name: String = "", taxpayerNumber: String = "", residence: String = "") {
        (self.key, self.name, self.taxpayerNumber, self.residence) = (key, name, taxpayerNumber, residence)
    }
}

/// A cell of a report.
package enum TaxCell: Hashable, Sendable {
    case text(String)
    case number(Int64)
    /// With the digits of its currency's minor unit.
    case amount(ExactAmount, digits: Int)
}

/// A report, row by row.
package enum TaxReportForm: String, Sendable, CaseIterable {
    case form1099NEC = "1099-nec"
    case form1042S = "1042-s"
    case chinaWithholding = "cn-withholding"
    case decree810 = "decree-810"
    case dac7

    /// The report of which records stand in it.
    var report: TaxReport {
        switch self {
        case .form1099NEC: .form1099NEC
        case .form1042S: .form1042S
        case .chinaWithholding: .chinaWithholding
        case .decree810: .decree810
        case .dac7: .dac7
        }
    }

    /// Whether it can be asked for a single quarter.
    package var hasQuarters: Bool { self != .form1099NEC && self != .form1042S }
}
