/// Each payment is taxed by itself; payments of one item in one month count as one.
///
/// Source: SAT Announcement 2018 No. 61: what is paid once is one income; what is paid for the same item again and
/// again is one income each month.
package struct PaymentRule: Hashable, Sendable, Decodable {
    /// What is taken off before tax, up to some income.
    package struct Allowance: Hashable, Sendable, Decodable {
        /// The most income that it is for, included; `nil` in the last. Minor units.
        package let upToMinor: Int64?
        /// Minor units; never more than the income. Either this or the share.
        package let minusMinor: Int64?
        /// Ten-thousandths of the income.
        package let minusBps: Int?
    }

    package let allowances: [Allowance]
    package let table: [TaxBracket]
    package let reports: [TaxReport]

    func working(
        of payment: TaxPayment, after before: TaxSums, by ruleSet: TaxRuleSet
    ) throws(TaxFault) -> TaxWorking {
        let sums = try before.adding(payment)
        let income = ExactAmount(minor: sums.income)
        var lines = [TaxLine(.income, ExactAmount(minor: payment.gross), "this payment", ruleSet.formula)]
        if before.income != 0 {
            let earlier = ExactAmount(minor: before.income)
            lines.append(TaxLine(.incomeBefore, earlier, "paid before for the item in this month", ruleSet.formula))
        }
        lines.append(allowance(of: income, ruleSet.formula))
        let taxable = lines.reduce(.zero) { $0 + $1.amount }
        lines.append(TaxLine(.taxable, taxable, "income less the allowance", ruleSet.formula))
        let tax = table.line(taxable, ruleSet.table ?? ruleSet.formula)
        lines.append(tax)
        if before.withheld != 0 {
            let withheld = ExactAmount(minor: -before.withheld)
            lines.append(TaxLine(.withheldBefore, withheld, "withheld before for the item", ruleSet.formula))
        }
        return TaxWorking(
            owed: tax.amount - ExactAmount(minor: before.withheld), lines: lines, countsToward: reports,
            reports: .all, sums: sums)
    }

    private func allowance(of income: ExactAmount, _ source: TaxSource) -> TaxLine {
        let found = allowances.first { $0.upToMinor.map { income <= ExactAmount(minor: $0) } ?? true }
        if let minus = found?.minusMinor {
            return TaxLine(.allowance, -min(ExactAmount(minor: minus), income), "a fixed sum", source)
        }
        let bps = found?.minusBps ?? 0
        var line = TaxLine(.allowance, -income.share(bps: bps), "\(percent(bps)) of the income", source)
        line.base = income
        line.rateBps = bps
        return line
    }
}

extension GrossRule {
    func working(
        of payment: TaxPayment, after before: TaxSums, by ruleSet: TaxRuleSet
    ) throws(TaxFault) -> TaxWorking {
        let reported = reports.map(\.rawValue).joined(separator: ", ")
        let note = reports.isEmpty ? "paid gross, not reported" : "paid gross, reported: \(reported)"
        return TaxWorking(
            owed: .zero, lines: [TaxLine(.rule, ExactAmount(minor: payment.gross), note, ruleSet.formula)],
            countsToward: reports, reports: .all, sums: try before.adding(payment))
    }
}
