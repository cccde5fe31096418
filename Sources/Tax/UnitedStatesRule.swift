/// Payments for services by a payer in the United States.
package struct UnitedStatesRule: Hashable, Sendable, Decodable {
    /// From which sum a payee's year is reported.
    package struct Threshold: Hashable, Sendable, Decodable {
        package let fromYear: Int
        /// Minor units of a calendar year; that much is reported.
        package let minor: Int64
        /// The year's own sum is indexed and was not published when this was written.
        package let isProvisional: Bool
    }

    /// Ten-thousandths, of US persons without a taxpayer number on file.
    package let backupBps: Int
    /// Ten-thousandths, of foreign persons for work in the US, where no treaty says less.
    package let foreignBps: Int
    /// A W-8BEN is valid to the end of this many years after the one in which it was signed.
    package let w8benYears: Int
    package let thresholds: [Threshold]

    /// The threshold of a year.
    package func threshold(of year: Int) -> Threshold? { thresholds.last { $0.fromYear <= year } }

    /// What the form on file makes of a payee.
    private enum Case {
        case person, noNumber, noForm
        case foreign
        /// The form came before or after its time.
        case lapsed
    }

    func working(
        of payment: TaxPayment, after before: TaxSums, by ruleSet: TaxRuleSet
    ) throws(TaxFault) -> TaxWorking {
        let standing = payment.standing
        switch filed(standing, on: payment.day) {
        case .person:
            return try domestic(payment, before, ruleSet, bps: 0, "W-9 and taxpayer number on file: nothing withheld")
        case .noNumber:
            return try backup(payment, before, ruleSet, "W-9 without a taxpayer number")
        case .noForm:
            return try backup(payment, before, ruleSet, "no form on file")
        case .lapsed where isInside(standing):
            return foreign(payment, before, ruleSet, bps: foreignBps, "the W-8BEN is not valid on that day")
        case .lapsed:
            return try backup(payment, before, ruleSet, "the W-8BEN is not valid on that day")
        case .foreign where isInside(standing):
            let place =
                standing.placeOfPerformance == nil ? "place of work unknown, taken to be the US" : "work in the US"
            let treaty = standing.treatyBps.map { min($0, foreignBps) }
            return foreign(
                payment, before, ruleSet, bps: treaty ?? foreignBps,
                "W-8BEN, \(place)\(treaty == nil ? "" : ", by treaty")")
        case .foreign:
            let note = "W-8BEN, work outside the US: nothing withheld, no 1099"
            let line = TaxLine(.rule, ExactAmount(minor: payment.gross), note, ruleSet.formula)
            return TaxWorking(owed: .zero, lines: [line], countsToward: [], reports: .all, sums: before)
        }
    }

    /// An unknown source is a source in the US (Treas. Reg. § 1.1441-3 (d) (1)).
    private func isInside(_ standing: TaxStanding) -> Bool {
        standing.placeOfPerformance.map { $0 == "US" } ?? true
    }

    private func filed(_ standing: TaxStanding, on day: TaxDay) -> Case {
        switch standing.form {
        case nil: return .noForm
        case .w9: return standing.hasTaxpayerNumber ? .person : .noNumber
        case .w8ben:
            guard let signed = standing.formSignedOn else { return .foreign }
            return signed <= day && day.year <= signed.year + w8benYears ? .foreign : .lapsed
        }
    }

    private func backup(
        _ payment: TaxPayment, _ before: TaxSums, _ ruleSet: TaxRuleSet, _ why: String
    ) throws(TaxFault) -> TaxWorking {
        try domestic(payment, before, ruleSet, bps: backupBps, "\(why): backup withholding of \(percent(backupBps))")
    }

    private func domestic(
        _ payment: TaxPayment, _ before: TaxSums, _ ruleSet: TaxRuleSet, bps: Int, _ note: String
    ) throws(TaxFault) -> TaxWorking {
        let sums = try before.adding(payment)
        var working = TaxWorking(
            owed: .zero, lines: [], countsToward: [.form1099NEC], reports: .ifWithheld, sums: sums)
        working.charge(payment.gross, bps, note, ruleSet.formula)
        if let threshold = threshold(of: payment.day.year) {
            let isReached = sums.income >= threshold.minor
            let provisional = threshold.isProvisional ? " (indexed for \(payment.day.year), provisional)" : ""
            var line = TaxLine(
                .reporting, ExactAmount(minor: sums.income),
                "the year so far \(isReached ? "reaches" : "is below") the threshold of 1099-NEC\(provisional)",
                ruleSet.table ?? ruleSet.formula)
            line.base = ExactAmount(minor: threshold.minor)
            working.lines.append(line)
            if isReached { working.reports = .all }
        }
        return working
    }

    private func foreign(
        _ payment: TaxPayment, _ before: TaxSums, _ ruleSet: TaxRuleSet, bps: Int, _ note: String
    ) -> TaxWorking {
        // Of another form, and so no part of the year that 1099-NEC counts.
        var working = TaxWorking(
            owed: .zero, lines: [], countsToward: [.form1042S], reports: .all, sums: before)
        working.charge(payment.gross, bps, "\(note): \(percent(bps))", ruleSet.formula)
        return working
    }
}

extension TaxWorking {
    /// A share of the payment is owed.
    fileprivate mutating func charge(_ gross: Int64, _ bps: Int, _ note: String, _ source: TaxSource) {
        let base = ExactAmount(minor: gross)
        guard bps > 0 else { return lines.append(TaxLine(.rule, base, note, source)) }
        owed = base.share(bps: bps)
        var line = TaxLine(.tax, owed, note, source)
        line.base = base
        line.rateBps = bps
        line.quickDeduction = 0
        lines.append(line)
    }
}
