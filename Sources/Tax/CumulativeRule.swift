/// Each payment settles the tax of the year so far.
///
/// Source: SAT Announcement 2025 No. 16: what is withheld now = (cumulative income − cumulative cost − cumulative
/// exempt − cumulative deduction − other lawful deductions) × rate − quick deduction − cumulative relief − already
/// withheld.
package struct CumulativeRule: Hashable, Sendable, Decodable {
    /// What counts as a month of continuous income. The same for whoever is paid in each month; what a month without
    /// income does is for a tax adviser to say.
    package enum MonthCount: String, Sendable, CaseIterable, Decodable {
        /// The months of the year in which there was income.
        case withIncome = "with-income"
        /// The months in a row up to this one; begins anew after a month without income.
        case latestRun = "latest-run"
        /// From the first month with income to this one.
        case sinceFirst = "since-first"
    }

    /// Of the cumulative income, in ten-thousandths.
    package let costBps: Int
    /// Minor units for each month.
    package let monthlyDeductionMinor: Int64
    package let months: MonthCount
    package let table: [TaxBracket]

    func working(
        of payment: TaxPayment, after before: TaxSums, by ruleSet: TaxRuleSet
    ) throws(TaxFault) -> TaxWorking {
        let sums = try before.adding(payment)
        let months = self.months.count(sums.months, through: payment.day.month)
        let income = ExactAmount(minor: sums.income)
        let deduction = ExactAmount(minor: monthlyDeductionMinor * Int64(months))
        func line(_ step: TaxStep, _ amount: ExactAmount, _ note: String) -> TaxLine {
            TaxLine(step, amount, note, ruleSet.formula)
        }
        var lines = [line(.income, ExactAmount(minor: payment.gross), "this payment")]
        if before.income != 0 {
            lines.append(line(.incomeBefore, ExactAmount(minor: before.income), "paid before in this year"))
        }
        var cost = line(.cost, -income.share(bps: costBps), "\(percent(costBps)) of the year's income")
        cost.base = income
        cost.rateBps = costBps
        lines.append(cost)
        if sums.exempt != 0 {
            lines.append(line(.exempt, ExactAmount(minor: -sums.exempt), "free of tax, in this year"))
        }
        let counted = "\(months) month\(months == 1 ? "" : "s")"
        lines.append(line(.deduction, -deduction, "\(counted) of income, \(self.months.rawValue)"))
        if sums.otherDeductions != 0 {
            lines.append(
                line(.otherDeductions, ExactAmount(minor: -sums.otherDeductions), "other lawful, in this year"))
        }
        let taxable = max(lines.reduce(.zero) { $0 + $1.amount }, .zero)
        lines.append(line(.taxable, taxable, "of the year so far, not below zero"))
        let tax = table.line(taxable, ruleSet.table ?? ruleSet.formula)
        lines.append(tax)
        if sums.relief != 0 { lines.append(line(.relief, ExactAmount(minor: -sums.relief), "relief of this year")) }
        if before.withheld != 0 {
            lines.append(
                line(.withheldBefore, ExactAmount(minor: -before.withheld), "withheld before in this year"))
        }
        let owed = tax.amount - ExactAmount(minor: sums.relief) - ExactAmount(minor: before.withheld)
        return TaxWorking(
            owed: owed, lines: lines, countsToward: [.chinaWithholding, .decree810], reports: .all, sums: sums)
    }
}

extension CumulativeRule.MonthCount {
    /// - Parameters:
    ///   - mask: the months with income, bit 0 is January.
    ///   - month: 1 to 12; later ones are not looked at.
    package func count(_ mask: UInt16, through month: Int) -> Int {
        let seen = mask & ((1 << UInt16(month)) - 1)
        switch self {
        case .withIncome: return seen.nonzeroBitCount
        case .sinceFirst: return seen == 0 ? 0 : month - seen.trailingZeroBitCount
        case .latestRun:
            var length = 0
            while length < month, seen & (1 << UInt16(month - 1 - length)) != 0 { length += 1 }
            return length
        }
    }
}
