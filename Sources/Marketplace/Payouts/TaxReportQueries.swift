internal import Formats
internal import Foundation
internal import Store
internal import Tax

extension Transaction {
    /// The next payees with what was issued to them in a year and counts toward a report, by id; each one's by day.
    ///
    /// - Parameter report: Decree 810 is about all who are in China, or stand in its own or a withholding report.
    func taxedPayees(
        of year: Int, _ report: String, after last: Worker.ID?, limit: Int
    ) async throws -> [TaxedPayee] {
        let rows = try await rows(
            """
            with payee as materialized (
                select distinct worker_id
                  from withholding join payout_batch using (payout_batch_id)
                 where payout_batch.state = 'issued'
                   and (\(last)::uuid is null or worker_id > \(last)::uuid)
                   and extract(year from paid_on) = \(year)
                   and not exists (select from withholding_reversal as back
                                    where back.withholding_id = withholding.withholding_id)
                   and (\(report) = any(counts_toward)
                        or \(report) = 'decree-810' and (residence = 'CN' or 'cn-withholding' = any(counts_toward)))
                 order by worker_id
                 limit \(limit)
            )
            select withholding.worker_id, worker.external_key, coalesce(worker_person.name, '') as name, residence,
                   paid_on, withholding.currency, gross_minor, withheld_minor, fees_minor, activities, rule_set,
                   counts_toward, case when \(report) in ('cn-withholding', '1042-s') then lines else '[]' end as lines
              from payee
              join withholding using (worker_id)
              join payout_batch using (payout_batch_id)
              join worker using (worker_id)
              left join worker_person using (worker_id)
             where payout_batch.state = 'issued' and extract(year from paid_on) = \(year)
               and not exists (select from withholding_reversal as back
                                where back.withholding_id = withholding.withholding_id)
             order by withholding.worker_id, paid_on, counted_before_minor, withheld_before_minor, withholding_id
            """)
        var payees: [TaxedPayee] = []
        var open: (worker: Worker.ID, records: [TaxRecord])?
        for row in rows {
            let worker: Worker.ID = try row["worker_id"]
            let record = try TaxRecord(row: row)
            if let known = open, known.worker == worker {
                open?.records.append(record)
            } else {
                if let open { payees.append(TaxedPayee(worker: open.worker, records: open.records)) }
                open = (worker, [record])
            }
        }
        if let open { payees.append(TaxedPayee(worker: open.worker, records: open.records)) }
        return payees
    }

    /// What was withheld of a worker's payments, newest first.
    ///
    /// - Parameter last: of the page before.
    func withholdings(
        of worker: Worker.ID, before last: Withholding.ID?, limit: Int
    ) async throws -> [PlacedWithholding] {
        try await rows(
            """
            select withholding.*, payout_batch.state, withholding_reversal.reversed_at
              from withholding join payout_batch using (payout_batch_id)
              left join withholding_reversal using (withholding_id)
             where worker_id = \(worker) and (\(last)::uuid is null or withholding_id < \(last)::uuid)
             order by withholding_id desc
             limit \(limit)
            """
        ).map { row in
            PlacedWithholding(
                withholding: try Withholding(row: row), payout: try row["payout_batch_id"], state: try row["state"],
                reversedAt: try row["reversed_at"])
        }
    }
}

extension TaxRecord {
    fileprivate init(row: Row) throws {
        let currency: Currency = try row["currency"]
        let reports: [String] = try row["counts_toward"]
        let lines: JSON = try row["lines"]
        self.init(
            payee: TaxPayee(key: try row["external_key"], name: try row["name"], residence: try row["residence"]),
            day: try TaxDay(row["paid_on"]), currency: currency.code, minorDigits: currency.minorDigits,
            gross: try row["gross_minor"], withheld: try row["withheld_minor"], fees: try row["fees_minor"],
            activities: try row["activities"], ruleSet: try row["rule_set"],
            countsToward: reports.compactMap(TaxReport.init(rawValue:)),
            lines: (lines.arrayValue ?? []).compactMap { TaxLine($0) })
    }
}

extension Withholding {
    fileprivate init(row: Row) throws {
        let currency: Currency = try row["currency"]
        id = try row["withholding_id"]
        share = try row["payout_share_id"]
        worker = try row["worker_id"]
        place = try row["place"]
        residence = try row["residence"]
        ruleSet = try row["rule_set"]
        ruleSetFrom = try TaxDay(row["rule_set_from"])
        paidOn = try TaxDay(row["paid_on"])
        holdsUntil = try TaxDay(row["holds_until"])
        gross = try Money(row["gross_minor"], currency)
        withheld = try Money(row["withheld_minor"], currency)
        let period: CalendarDate? = try row["period_on"]
        self.period = try period.map(TaxDay.init)
        var before = TaxSums()
        before.income = try row["counted_before_minor"]
        before.withheld = try row["withheld_before_minor"]
        var after = before
        after.income += try row.value("counted_minor", as: Int64.self)
        after.withheld += withheld.minorUnits
        (self.before, self.after) = (before, after)
        let reports: [String] = try row["counts_toward"]
        countsToward = reports.compactMap(TaxReport.init(rawValue:))
        activities = try row["activities"]
        feesMinor = try row["fees_minor"]
        exemptMinor = try row["exempt_minor"]
        deductionsMinor = try row["deductions_minor"]
        reliefMinor = try row["relief_minor"]
        lines = try row["lines"]
    }
}

extension TaxDay {
    init(_ date: CalendarDate) throws {
        guard let day = TaxDay(year: date.year, month: date.month, day: date.day) else {
            throw BadInput("day", "is none of a payment")
        }
        self = day
    }
}
