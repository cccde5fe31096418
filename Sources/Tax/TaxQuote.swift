/// What one payment withholds, and how that came about.
package struct TaxQuote: Hashable, Sendable {
    /// Which rule set, in which version.
    package let ruleSet: String
    package let inForceFrom: TaxDay
    /// Minor units, 0 to the gross.
    package let withheld: Int64
    /// The steps, in order.
    package let lines: [TaxLine]
    /// The reports in which the payee stands for the year, as far as it is known with this payment.
    package let reports: [TaxReport]
    /// The reports that the payment counts toward, once a threshold of theirs is reached.
    package let countsToward: [TaxReport]
    /// What the next payment of the period counts from.
    package let sums: TaxSums
}

/// A step of the calculation.
package enum TaxStep: String, Sendable, CaseIterable {
    /// This payment.
    case income
    /// Of the period, before this payment.
    case incomeBefore = "income_before"
    /// Taken off the income; all these are negative.
    case cost, allowance, exempt, deduction
    case otherDeductions = "other_deductions"
    /// The sum of what stands before it, never below zero.
    case taxable
    /// Base times rate, less the quick deduction.
    case tax
    /// Taken off the tax; both are negative.
    case relief
    case withheldBefore = "withheld_before"
    /// What the rule says of this payee.
    case rule
    /// What the year comes to, against a threshold.
    case reporting
    /// What is withheld: the end.
    case withheld
}

/// One step with its amount, and all that it rests on.
package struct TaxLine: Hashable, Sendable {
    package let step: TaxStep
    /// What is done, for a person.
    package let note: String
    /// The source of the rule, with its mark.
    package let rule: String
    /// What a rate was taken of.
    package var base: ExactAmount?
    /// Ten-thousandths.
    package var rateBps: Int?
    /// Minor units.
    package var quickDeduction: Int64?
    package let amount: ExactAmount
    /// `nil` where nothing can have a fraction.
    package var rounding: TaxRounding?

    init(_ step: TaxStep, _ amount: ExactAmount, _ note: String, _ source: TaxSource) {
        (self.step, self.amount, self.note, rule) = (step, amount, note, source.label)
    }

    /// One as it was stored.
    package init(step: TaxStep, amount: ExactAmount, note: String, rule: String) {
        (self.step, self.amount, self.note, self.rule) = (step, amount, note, rule)
    }
}

extension TaxRuleSet {
    /// What of a payment is withheld.
    ///
    /// - Parameters:
    ///   - sums: what was paid before in the payment's ``period(on:)``; of `.payment` nothing.
    package func quote(_ payment: TaxPayment, after sums: TaxSums) throws(TaxFault) -> TaxQuote {
        try check(payment)
        let working =
            switch method {
            case .gross(let rule): try rule.working(of: payment, after: sums, by: self)
            case .cumulative(let rule): try rule.working(of: payment, after: sums, by: self)
            case .perPayment(let rule): try rule.working(of: payment, after: sums, by: self)
            case .unitedStates(let rule): try rule.working(of: payment, after: sums, by: self)
            }
        let withheld = min(max(working.owed.roundedHalfUp(), 0), payment.gross)
        var end = TaxLine(.withheld, ExactAmount(minor: withheld), working.ending(payment.gross), formula)
        if working.lines.contains(where: { $0.step == .tax }) { end.rounding = .halfUp }
        var after = working.sums
        let (total, overflow) = after.withheld.addingReportingOverflow(withheld)
        guard !overflow else { throw .sumTooLarge }
        after.withheld = total
        let isReported = working.reports == .all || withheld > 0
        return TaxQuote(
            ruleSet: name, inForceFrom: from, withheld: withheld, lines: working.lines + [end],
            reports: isReported ? working.countsToward : [], countsToward: working.countsToward, sums: after
        )
    }

    /// What a payment is counted with. Payments of a month are counted together only where they are for one item.
    package func period(on day: TaxDay, isOfItem: Bool) -> TaxPeriod {
        switch method {
        case .gross: .payment
        case .cumulative, .unitedStates: .year(day.year)
        case .perPayment: isOfItem ? .month(year: day.year, month: day.month) : .payment
        }
    }

    private func check(_ payment: TaxPayment) throws(TaxFault) {
        guard isInForce(on: payment.day) else { throw .notInForce(name: name, from: from) }
        if let currency, payment.currency != currency { throw .wrongCurrency(name: name, expected: currency) }
        let fields: [(String, Int64)] = [
            ("amount", payment.gross), ("exempt", payment.exempt), ("other_deductions", payment.otherDeductions),
            ("relief", payment.relief),
        ]
        for (field, amount) in fields where !(0...TaxBounds.amountMax).contains(amount) {
            throw .amountOutOfBounds(field)
        }
        guard payment.exempt <= payment.gross else { throw .exemptAboveGross }
        if case .cumulative = method {
        } else {
            for (field, amount) in fields.dropFirst() where amount != 0 {
                throw .notPartOfRule(name: name, field: field)
            }
        }
        if let treaty = payment.standing.treatyBps, !(0...10_000).contains(treaty) { throw .treatyOutOfBounds }
    }
}

/// What a method has worked out, before it is rounded.
struct TaxWorking {
    /// What is still owed on this payment; below zero where too much was withheld before.
    var owed: ExactAmount
    var lines: [TaxLine]
    /// The reports that the payment counts toward.
    var countsToward: [TaxReport]
    var reports: Reporting
    /// With the payment.
    var sums: TaxSums

    enum Reporting {
        case all, ifWithheld
    }

    func ending(_ gross: Int64) -> String {
        if owed < .zero { return "below zero: nothing is withheld, the balance waits for the annual settlement" }
        if owed > ExactAmount(minor: gross) { return "all of the payment; more is owed than is paid" }
        return owed == .zero ? "nothing is withheld" : "withheld of this payment"
    }
}

extension TaxBracket {
    /// Not below zero only where the amount is in the step.
    func tax(_ taxable: ExactAmount) -> ExactAmount {
        taxable.share(bps: rateBps) - ExactAmount(minor: quickDeductionMinor)
    }
}

/// A rate for people: `20 %`, `1.5 %`.
func percent(_ bps: Int) -> String {
    let (whole, rest) = bps.quotientAndRemainder(dividingBy: 100)
    if rest == 0 { return "\(whole) %" }
    return rest % 10 == 0 ? "\(whole).\(rest / 10) %" : "\(whole).\(rest < 10 ? "0" : "")\(rest) %"
}

extension [TaxBracket] {
    /// The line of the tax on an amount.
    func line(_ taxable: ExactAmount, _ source: TaxSource) -> TaxLine {
        guard let step = bracket(of: taxable) else { return TaxLine(.tax, .zero, "no table", source) }
        var line = TaxLine(.tax, step.tax(taxable), "rate of the table less its quick deduction", source)
        line.base = taxable
        line.rateBps = step.rateBps
        line.quickDeduction = step.quickDeductionMinor
        return line
    }
}
