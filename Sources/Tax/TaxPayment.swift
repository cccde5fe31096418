/// A payment as the rules see it.
package struct TaxPayment: Hashable, Sendable {
    /// When it is paid: what counts for tax is the day of payment.
    package var day: TaxDay
    /// Before anything is withheld. Minor units, from 0.
    package var gross: Int64
    /// ISO 4217.
    package var currency: String
    /// Of the gross, what is free of tax (China). Minor units.
    package var exempt: Int64 = 0
    /// Other lawful deductions that begin to count with this payment (China). Minor units.
    package var otherDeductions: Int64 = 0
    /// Relief from the tax itself that begins to count with this payment (China). Minor units.
    package var relief: Int64 = 0
    package var standing = TaxStanding()

    package init(day: TaxDay, gross: Int64, currency: String) {
        (self.day, self.gross, self.currency) = (day, gross, currency)
    }
}

/// What is on file about a payee, and where they worked: what US rules ask for.
package struct TaxStanding: Hashable, Sendable {
    /// The form that a payee has signed.
    package enum Form: String, Sendable, CaseIterable {
        case w9, w8ben
    }

    /// `nil` when there is none.
    package var form: Form?
    /// Whether a taxpayer number is on file.
    package var hasTaxpayerNumber = false
    /// When the form was signed; `nil` is taken to be in time.
    package var formSignedOn: TaxDay?
    /// ISO 3166-1 alpha-2 of where the work was done; `nil` when that is not known.
    package var placeOfPerformance: String?
    /// What a treaty allows in place of the full rate, in ten-thousandths.
    package var treatyBps: Int?

    package init() {}
}

/// What went before in the period that a rule counts over.
package struct TaxSums: Hashable, Sendable {
    /// Minor units, all of them.
    package var income: Int64 = 0
    package var exempt: Int64 = 0
    package var otherDeductions: Int64 = 0
    package var relief: Int64 = 0
    package var withheld: Int64 = 0
    /// The months of the year with income: bit 0 is January.
    package var months: UInt16 = 0

    package init() {}

    /// With a payment, what is withheld of it left aside.
    func adding(_ payment: TaxPayment) throws(TaxFault) -> TaxSums {
        var sums = self
        sums.income = try Self.sum(income, payment.gross)
        sums.exempt = try Self.sum(exempt, payment.exempt)
        sums.otherDeductions = try Self.sum(otherDeductions, payment.otherDeductions)
        sums.relief = try Self.sum(relief, payment.relief)
        if payment.gross > 0 { sums.months |= 1 << UInt16(payment.day.month - 1) }
        return sums
    }

    private static func sum(_ left: Int64, _ right: Int64) throws(TaxFault) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        guard !overflow, sum <= TaxBounds.amountMax else { throw .sumTooLarge }
        return sum
    }
}

/// What a rule counts a payment with.
package enum TaxPeriod: Hashable, Sendable {
    /// With nothing else.
    case payment
    /// With the payments of the same item in the same month.
    case month(year: Int, month: Int)
    /// With all of the calendar year.
    case year(Int)
}

/// Why a payment gets no quote.
package enum TaxFault: Error, Hashable, Sendable, CustomStringConvertible {
    case notInForce(name: String, from: TaxDay)
    case wrongCurrency(name: String, expected: String)
    /// An amount below zero or above 10^15 minor units.
    case amountOutOfBounds(String)
    /// More is free of tax than is paid.
    case exemptAboveGross
    /// The rule knows no such deduction.
    case notPartOfRule(name: String, field: String)
    /// A treaty's rate that is none.
    case treatyOutOfBounds
    /// The period comes to more than 10^15 minor units.
    case sumTooLarge

    package var code: String {
        switch self {
        case .notInForce: "not_in_force"
        case .wrongCurrency: "wrong_currency"
        case .amountOutOfBounds: "amount_out_of_bounds"
        case .exemptAboveGross: "exempt_above_gross"
        case .notPartOfRule: "not_part_of_rule"
        case .treatyOutOfBounds: "treaty_out_of_bounds"
        case .sumTooLarge: "sum_too_large"
        }
    }

    /// A clause in lower case, without a full stop.
    package var description: String {
        switch self {
        case .notInForce(let name, let from): "\(name) is not in force on that day; it begins on \(from)"
        case .wrongCurrency(let name, let expected): "\(name) counts in \(expected)"
        case .amountOutOfBounds(let field): "\(field) must be 0 to 10^15 minor units"
        case .exemptAboveGross: "exempt is more than the amount"
        case .notPartOfRule(let name, let field): "\(name) knows no \(field)"
        case .treatyOutOfBounds: "the treaty's rate must be 0 to 10000 ten-thousandths"
        case .sumTooLarge: "the payee's period comes to more than 10^15 minor units"
        }
    }
}
