/// Makes the rows of a report out of records that come payee by payee, each payee's by day. Memory: one payee's sums.
package struct TaxReportTable: Sendable {
    package let form: TaxReportForm
    package let year: Int
    /// 1 to 4; `nil` for the whole year.
    package let quarter: Int?
    /// The least that is reported on 1099-NEC. Minor units.
    private let threshold: Int64
    private var open: [TaxRecord] = []
    private var sums: [SumKey: Sum] = [:]
    private var payee: TaxPayee?

    /// - Returns: `nil` for a year without rules, or a quarter that is none or that the form does not have.
    package init?(_ form: TaxReportForm, year: Int, quarter: Int?, catalogue: TaxCatalogue) {
        guard (2000...2100).contains(year), quarter.map({ (1...4).contains($0) && form.hasQuarters }) ?? true else {
            return nil
        }
        (self.form, self.year, self.quarter) = (form, year, quarter)
        var threshold: Int64?
        for ruleSet in catalogue.versions(of: "us") {
            guard case .unitedStates(let rule) = ruleSet.method else { continue }
            if let found = rule.threshold(of: year), ruleSet.from.year <= year { threshold = found.minor }
        }
        guard form != .form1099NEC || threshold != nil else { return nil }
        self.threshold = threshold ?? 0
    }

    /// The names of the columns.
    package var header: [String] {
        let person = ["payee", "name", "taxpayer_number", "residence"]
        switch form {
        case .form1099NEC:
            return ["year"] + person + [
                "nonemployee_compensation", "federal_income_tax_withheld", "currency", "payments", "reason",
            ]
        case .form1042S:
            return ["year"] + person + [
                "income_code", "gross_income", "rate_bps", "exemption_code", "federal_tax_withheld", "currency",
                "payments",
            ]
        case .chinaWithholding:
            return ["year", "month"] + person + [
                "rules", "currency", "income", "income_cumulative", "cost", "exempt", "deduction", "other_deductions",
                "taxable", "rate_bps", "quick_deduction", "tax", "relief", "withheld_before", "withheld",
            ]
        case .decree810:
            return ["year", "quarter"] + person + [
                "currency", "income", "payments", "activities", "fees", "withheld", "in_withholding_return",
            ]
        case .dac7:
            let quarters = quarter.map { [$0] } ?? [1, 2, 3, 4]
            return ["year"] + person + ["currency"]
                + quarters.flatMap {
                    ["consideration_q\($0)", "activities_q\($0)", "fees_q\($0)", "tax_withheld_q\($0)"]
                }
        }
    }

    /// Takes the next record in; those of other years, quarters and forms are passed over.
    ///
    /// - Returns: the rows of the payee before, once there is another.
    package mutating func add(_ record: TaxRecord) throws(TaxFault) -> [[TaxCell]] {
        guard record.day.year == year, quarter.map({ $0 == record.day.quarter }) ?? true else { return [] }
        guard form == .decree810 || record.countsToward.contains(form.report) else { return [] }
        guard form != .decree810 || record.isChinese else { return [] }
        let rows = payee.map { $0.key == record.payee.key } ?? true ? [] : finish()
        payee = record.payee
        if form == .chinaWithholding {
            open.append(record)
            return rows
        }
        let key = SumKey(
            quarter: form.hasQuarters ? record.day.quarter : 0, currency: record.currency,
            rateBps: form == .form1042S ? record.rateBps : 0)
        try sums[key, default: Sum(digits: record.minorDigits)].add(record)
        return rows
    }

    /// The rows of the last payee.
    package mutating func finish() -> [[TaxCell]] {
        defer {
            open = []
            sums = [:]
            payee = nil
        }
        guard let payee else { return [] }
        let person: [TaxCell] = [
            .text(payee.key), .text(payee.name), .text(payee.taxpayerNumber), .text(payee.residence),
        ]
        switch form {
        case .form1099NEC: return form1099NEC(person)
        case .form1042S: return form1042S(person)
        case .chinaWithholding: return chinaWithholding(person)
        case .decree810: return decree810(person)
        case .dac7: return dac7(person)
        }
    }

    private func form1099NEC(_ person: [TaxCell]) -> [[TaxCell]] {
        sums.sorted { $0.key < $1.key }.compactMap { key, sum in
            guard sum.gross >= threshold || sum.withheld > 0 else { return nil }
            return [.number(Int64(year))] + person + [
                sum.amount(sum.gross), sum.amount(sum.withheld), .text(key.currency), .number(sum.payments),
                .text(sum.gross >= threshold ? "threshold" : "backup_withholding"),
            ]
        }
    }

    /// A row for each rate: income code 17, independent personal services; exemption code 04 where a treaty leaves no
    /// tax, else 00 (IRS, Instructions for Form 1042-S).
    private func form1042S(_ person: [TaxCell]) -> [[TaxCell]] {
        sums.sorted { $0.key < $1.key }.map { key, sum in
            [.number(Int64(year))] + person + [
                .text("17"), sum.amount(sum.gross), .number(Int64(key.rateBps)),
                .text(key.rateBps == 0 ? "04" : "00"), sum.amount(sum.withheld), .text(key.currency),
                .number(sum.payments),
            ]
        }
    }

    private func decree810(_ person: [TaxCell]) -> [[TaxCell]] {
        sums.sorted { $0.key < $1.key }.map { key, sum in
            [.number(Int64(year)), .number(Int64(key.quarter))] + person + [
                .text(key.currency), sum.amount(sum.gross), .number(sum.payments), .number(sum.activities),
                sum.amount(sum.fees), sum.amount(sum.withheld),
                .text(sum.paymentsInReturn == sum.payments ? "yes" : sum.paymentsInReturn == 0 ? "no" : "in part"),
            ]
        }
    }

    private func dac7(_ person: [TaxCell]) -> [[TaxCell]] {
        let quarters = quarter.map { [$0] } ?? [1, 2, 3, 4]
        return Set(sums.keys.map(\.currency)).sorted().map { currency in
            let digits = sums.first { $0.key.currency == currency }?.value.digits ?? 2
            return [.number(Int64(year))] + person + [.text(currency)]
                + quarters.flatMap { quarter -> [TaxCell] in
                    let sum = sums[SumKey(quarter: quarter, currency: currency)] ?? Sum(digits: digits)
                    return [
                        sum.amount(sum.gross - sum.withheld), .number(sum.activities), sum.amount(sum.fees),
                        sum.amount(sum.withheld),
                    ]
                }
        }
    }

    /// A row for each month where the rule is cumulative, for each payment where it is not.
    private func chinaWithholding(_ person: [TaxCell]) -> [[TaxCell]] {
        var rows: [[TaxCell]] = []
        var start = open.startIndex
        while start < open.endIndex {
            let first = open[start]
            var end = start + 1
            while end < open.endIndex, first.isCumulative, open[end].isCumulative,
                open[end].day.month == first.day.month, open[end].currency == first.currency
            { end += 1 }
            rows.append(chinaRow(open[start..<end], person))
            start = end
        }
        return rows
    }

    private func chinaRow(_ records: ArraySlice<TaxRecord>, _ person: [TaxCell]) -> [TaxCell] {
        guard let first = records.first, let last = records.last else { return [] }
        func total(_ records: ArraySlice<TaxRecord>, _ value: (TaxRecord) -> Int64) -> ExactAmount {
            records.reduce(.zero) { $0 + ExactAmount(minor: value($1)) }
        }
        func amount(_ value: ExactAmount) -> TaxCell { .amount(value, digits: first.minorDigits) }
        let tax = last.lines.first { $0.step == .tax }
        return [.number(Int64(year)), .number(Int64(first.day.month))] + person + [
            .text(last.ruleSet), .text(last.currency), amount(total(records, \.gross)),
            amount(last.sum(.income) + last.sum(.incomeBefore)), amount(-last.sum(.cost) - last.sum(.allowance)),
            amount(-last.sum(.exempt)), amount(-last.sum(.deduction)), amount(-last.sum(.otherDeductions)),
            amount(last.sum(.taxable)), .number(Int64(tax?.rateBps ?? 0)),
            amount(ExactAmount(minor: tax?.quickDeduction ?? 0)), amount(last.sum(.tax)), amount(-last.sum(.relief)),
            amount(-first.sum(.withheldBefore)), amount(total(records, \.withheld)),
        ]
    }
}

extension TaxRecord {
    /// Each payment settles the period so far.
    fileprivate var isCumulative: Bool { lines.contains { $0.step == .deduction } }

    /// A payee whom Chinese platforms report, also where nothing is withheld.
    fileprivate var isChinese: Bool {
        countsToward.contains(.decree810) || countsToward.contains(.chinaWithholding) || payee.residence == "CN"
    }

    /// At which it was taxed; 0 where it was not.
    fileprivate var rateBps: Int { lines.first { $0.step == .tax }?.rateBps ?? 0 }

    fileprivate func sum(_ step: TaxStep) -> ExactAmount {
        lines.reduce(.zero) { $1.step == step ? $0 + $1.amount : $0 }
    }
}

/// What is summed apart.
private struct SumKey: Hashable, Comparable, Sendable {
    let quarter: Int
    let currency: String
    /// Of forms that have a row for each rate.
    var rateBps = 0

    static func < (left: SumKey, right: SumKey) -> Bool {
        (left.quarter, left.currency, left.rateBps) < (right.quarter, right.currency, right.rateBps)
    }
}

private struct Sum: Sendable {
    let digits: Int
    var gross: Int64 = 0
    var withheld: Int64 = 0
    var fees: Int64 = 0
    var activities: Int64 = 0
    var payments: Int64 = 0
    /// Those whose data stand in a withholding return.
    var paymentsInReturn: Int64 = 0

    init(digits: Int) { self.digits = digits }

    mutating func add(_ record: TaxRecord) throws(TaxFault) {
        gross = try Self.sum(gross, record.gross)
        withheld = try Self.sum(withheld, record.withheld)
        fees = try Self.sum(fees, record.fees)
        activities = try Self.sum(activities, record.activities)
        payments += 1
        if record.countsToward.contains(.chinaWithholding) { paymentsInReturn += 1 }
    }

    func amount(_ minor: Int64) -> TaxCell { .amount(ExactAmount(minor: minor), digits: digits) }

    private static func sum(_ left: Int64, _ right: Int64) throws(TaxFault) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        guard !overflow else { throw .sumTooLarge }
        return sum
    }
}
