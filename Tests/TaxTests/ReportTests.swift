import Tax
import Testing

@Suite("Tax reports") struct ReportTests {
    /// Quoted one after the other under one rule set.
    private static func records(
        _ rules: String, _ payee: TaxPayee, _ payments: [(day: String, amount: Int64)], currency: String,
        fees: Int64 = 0, standing: TaxStanding = TaxStanding()
    ) throws -> [TaxRecord] {
        var sums = TaxSums()
        return try payments.map { day, amount in
            var payment = Rules.payment(amount, try Rules.day(day), currency)
            payment.standing = standing
            let quote = try Rules.set(rules, on: payment.day).quote(payment, after: sums)
            sums = quote.sums
            return TaxRecord(
                payee: payee, day: payment.day, currency: currency, minorDigits: 2, gross: payment.gross, fees: fees,
                quote: quote)
        }
    }

    /// The rows as texts by column.
    private static func rows(
        _ form: TaxReportForm, year: Int, quarter: Int? = nil, _ records: [TaxRecord]
    ) throws -> [[String: String]] {
        let made = TaxReportTable(form, year: year, quarter: quarter, catalogue: try TaxCatalogue.builtIn.get())
        var table = try #require(made)
        var rows: [[TaxCell]] = []
        for record in records { rows += try table.add(record) }
        rows += table.finish()
        return rows.map { row in
            #expect(row.count == table.header.count)
            return Dictionary(
                uniqueKeysWithValues: zip(table.header, row).map { name, cell in
                    switch cell {
                    case .text(let text): (name, text)
                    case .number(let number): (name, "\(number)")
                    case .amount(let amount, let digits): (name, amount.decimalText(digits: digits))
                    }
                })
        }
    }

    @Test("1099-NEC: who reached the threshold, and whoever was withheld from")
    func form1099NEC() throws {
        var onFile = TaxStanding()
        (onFile.form, onFile.hasTaxpayerNumber) = (.w9, true)
        var foreign = TaxStanding()
        (foreign.form, foreign.placeOfPerformance) = (.w8ben, "DE")
        let records =
            try Self.records(
                "us", TaxPayee(key: "a", name: "Ann", taxpayerNumber: "12-3", residence: "US"),
                [("2025-12-31", 9_000), ("2026-01-01", 1_500), ("2026-12-31", 500)], currency: "USD", standing: onFile)
            + Self.records(
                "us", TaxPayee(key: "b"), [("2026-01-01", 1_999)], currency: "USD", standing: onFile)
            + Self.records("us", TaxPayee(key: "c"), [("2026-01-01", 100)], currency: "USD")
            + Self.records("us", TaxPayee(key: "d"), [("2026-01-01", 9_000)], currency: "USD", standing: foreign)
        let rows = try Self.rows(.form1099NEC, year: 2026, records)
        #expect(rows.map { $0["payee"] } == ["a", "c"])
        #expect(rows[0]["nonemployee_compensation"] == "2000.00" && rows[0]["reason"] == "threshold")
        #expect(rows[0]["taxpayer_number"] == "12-3" && rows[0]["payments"] == "2")
        #expect(rows[1]["federal_income_tax_withheld"] == "24.00" && rows[1]["reason"] == "backup_withholding")
    }

    @Test("1042-S: foreign persons' work in the US, a row for each rate; never on 1099-NEC")
    func form1042S() throws {
        func foreign(_ place: String?, treaty: Int? = nil) -> TaxStanding {
            var standing = TaxStanding()
            (standing.form, standing.placeOfPerformance, standing.treatyBps) = (.w8ben, place, treaty)
            return standing
        }
        let payee = TaxPayee(key: "a", name: "Ann", residence: "DE")
        let records =
            try Self.records(
                "us", payee, [("2026-01-05", 1_000), ("2026-02-05", 500)], currency: "USD", standing: foreign("US"))
            + Self.records(
                "us", payee, [("2026-03-05", 200)], currency: "USD", standing: foreign(nil, treaty: 0))
            + Self.records("us", payee, [("2026-04-05", 700)], currency: "USD", standing: foreign("DE"))
        let rows = try Self.rows(.form1042S, year: 2026, records)
        #expect(rows.map { $0["rate_bps"] } == ["0", "3000"])
        #expect(rows.map { $0["exemption_code"] } == ["04", "00"])
        #expect(rows.map { $0["gross_income"] } == ["200.00", "1500.00"])
        #expect(rows.map { $0["federal_tax_withheld"] } == ["0.00", "450.00"])
        #expect(rows.allSatisfy { $0["income_code"] == "17" && $0["residence"] == "DE" })
        #expect(try Self.rows(.form1099NEC, year: 2026, records).isEmpty)
        #expect(try Self.rows(.form1042S, year: 2025, records).isEmpty)
    }

    @Test("the Chinese return has a row a month, cumulative to its end")
    func chinaWithholding() throws {
        let records = try Self.records(
            "china-platform", TaxPayee(key: "a"),
            [("2026-01-05", 4_000), ("2026-01-25", 6_000), ("2026-02-10", 10_000), ("2026-04-01", 10_000)],
            currency: "CNY")
        let rows = try Self.rows(.chinaWithholding, year: 2026, records)
        #expect(rows.map { $0["month"] } == ["1", "2", "4"])
        #expect(rows.map { $0["income"] } == ["10000.00", "10000.00", "10000.00"])
        #expect(rows.map { $0["income_cumulative"] } == ["10000.00", "20000.00", "30000.00"])
        #expect(rows.map { $0["cost"] } == ["2000.00", "4000.00", "6000.00"])
        #expect(rows.map { $0["deduction"] } == ["5000.00", "10000.00", "15000.00"])
        #expect(rows.map { $0["withheld"] } == ["90.00", "90.00", "90.00"])
        #expect(rows.map { $0["withheld_before"] } == ["0.00", "90.00", "180.00"])
        #expect(rows.map { $0["rate_bps"] } == ["300", "300", "300"])
        let second = try Self.rows(.chinaWithholding, year: 2026, quarter: 2, records)
        #expect(second.map { $0["month"] } == ["4"])
        #expect(second[0]["income_cumulative"] == "30000.00")
    }

    @Test("the Chinese return has a row for each payment of the classic rule")
    func chinaClassic() throws {
        let day = try Rules.day("2026-01-05")
        let records = try [3_000, 25_000].flatMap { amount in
            try Self.records("china-classic", TaxPayee(key: "a"), [("\(day)", amount)], currency: "CNY")
        }
        let rows = try Self.rows(.chinaWithholding, year: 2026, records)
        #expect(rows.map { $0["withheld"] } == ["440.00", "4000.00"])
        #expect(rows.map { $0["cost"] } == ["800.00", "5000.00"])
        #expect(rows.map { $0["taxable"] } == ["2200.00", "20000.00"])
    }

    @Test("Decree 810 has a row a quarter, and says what a withholding return has already")
    func decree810() throws {
        let records =
            try Self.records(
                "china-platform", TaxPayee(key: "a", residence: "CN"), [("2026-01-05", 10_000), ("2026-06-30", 5_000)],
                currency: "CNY", fees: 1_00)
            + Self.records("none", TaxPayee(key: "b", residence: "CN"), [("2026-05-01", 7)], currency: "USD")
            + Self.records("eu", TaxPayee(key: "c", residence: "DE"), [("2026-05-01", 7)], currency: "EUR")
        let rows = try Self.rows(.decree810, year: 2026, records)
        #expect(rows.map { $0["payee"] } == ["a", "a", "b"])
        #expect(rows.map { $0["quarter"] } == ["1", "2", "2"])
        #expect(rows.map { $0["in_withholding_return"] } == ["yes", "yes", "no"])
        #expect(rows[0]["fees"] == "1.00" && rows[0]["income"] == "10000.00" && rows[0]["withheld"] == "90.00")
    }

    @Test("DAC7 has a row a seller, by quarters")
    func dac7() throws {
        let records =
            try Self.records(
                "eu", TaxPayee(key: "a", residence: "DE"),
                [("2026-01-01", 10), ("2026-03-31", 20), ("2026-10-01", 5)], currency: "EUR", fees: 50)
            + Self.records("uk", TaxPayee(key: "b", residence: "GB"), [("2026-05-01", 7)], currency: "GBP")
        let rows = try Self.rows(.dac7, year: 2026, records)
        #expect(rows.map { $0["payee"] } == ["a", "b"])
        #expect(rows[0]["consideration_q1"] == "30.00" && rows[0]["activities_q1"] == "2")
        #expect(rows[0]["fees_q1"] == "1.00" && rows[0]["consideration_q2"] == "0.00")
        #expect(rows[0]["consideration_q4"] == "5.00" && rows[1]["consideration_q2"] == "7.00")
        let quarter = try Self.rows(.dac7, year: 2026, quarter: 4, records)
        #expect(quarter.count == 1 && quarter[0]["consideration_q4"] == "5.00")
    }

    @Test("forms, years and quarters that are none")
    func bounds() throws {
        let catalogue = try TaxCatalogue.builtIn.get()
        #expect(TaxReportTable(.dac7, year: 1999, quarter: nil, catalogue: catalogue) == nil)
        #expect(TaxReportTable(.dac7, year: .max, quarter: nil, catalogue: catalogue) == nil)
        #expect(TaxReportTable(.dac7, year: 2026, quarter: 5, catalogue: catalogue) == nil)
        #expect(TaxReportTable(.form1099NEC, year: 2026, quarter: 1, catalogue: catalogue) == nil)
        #expect(TaxReportTable(.form1099NEC, year: 2001, quarter: nil, catalogue: catalogue) == nil)
    }
}
