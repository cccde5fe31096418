import Tax
import Testing

/// The rule sets that come with the program, and quotes of a year.
enum Rules {
    static func set(_ name: String, on day: TaxDay) throws -> TaxRuleSet {
        try #require(try TaxCatalogue.builtIn.get().ruleSet(name, on: day))
    }

    static func day(_ text: String) throws -> TaxDay { try #require(TaxDay(iso: text)) }

    /// A payment of whole units of currency.
    static func payment(_ amount: Int64, _ day: TaxDay, _ currency: String = "CNY") -> TaxPayment {
        TaxPayment(day: day, gross: amount * 100, currency: currency)
    }

    /// What each payment of one period withholds, in minor units.
    static func withheld(_ name: String, _ payments: [TaxPayment]) throws -> [Int64] {
        var sums = TaxSums()
        return try payments.map { payment in
            let quote = try set(name, on: payment.day).quote(payment, after: sums)
            sums = quote.sums
            return quote.withheld
        }
    }

    /// So much in each month of 2026, from January on.
    static func monthly(_ amounts: [Int64]) throws -> [TaxPayment] {
        try amounts.enumerated().map { month, amount in
            payment(amount, try #require(TaxDay(year: 2026, month: month + 1, day: 10)))
        }
    }
}

@Suite("Vectors of the tax rules") struct VectorTests {
    @Test("China, platform: 10,000 in each month withholds 90 in each")
    func platformEven() throws {
        let withheld = try Rules.withheld("china-platform", Rules.monthly(Array(repeating: 10_000, count: 12)))
        #expect(withheld == Array(repeating: 90_00, count: 12))
        #expect(withheld.reduce(0, +) == 1_080_00)
    }

    @Test("China, platform: 50,000 in each month climbs the table")
    func platformClimbs() throws {
        let withheld = try Rules.withheld("china-platform", Rules.monthly(Array(repeating: 50_000, count: 12)))
        #expect(
            withheld == [
                1_050_00, 3_430_00, 3_500_00, 3_500_00, 6_600_00, 7_000_00, 7_000_00, 7_000_00, 7_750_00, 8_750_00,
                8_750_00, 8_750_00,
            ])
        #expect(withheld.reduce(0, +) == 73_080_00)
    }

    @Test("China, platform: below the deduction nothing is withheld; 200,000 at once is 14,080")
    func platformEnds() throws {
        #expect(try Rules.withheld("china-platform", Rules.monthly([6_000, 6_000, 6_000])) == [0, 0, 0])
        #expect(try Rules.withheld("china-platform", Rules.monthly([200_000])) == [14_080_00])
    }

    @Test(
        "China, classic",
        arguments: [
            (800, 0), (3_000, 440_00), (4_000, 640_00), (4_001, 640_16), (25_000, 4_000_00), (30_000, 5_200_00),
            (62_500, 13_000_00), (80_000, 18_600_00), (200_000, 57_000_00),
        ] as [(Int64, Int64)])
    func classic(amount: Int64, expected: Int64) throws {
        #expect(try Rules.withheld("china-classic", Rules.monthly([amount])) == [expected])
    }

    @Test("China, non-resident", arguments: [(10_000, 590_00), (50_000, 7_590_00)] as [(Int64, Int64)])
    func nonResident(amount: Int64, expected: Int64) throws {
        #expect(try Rules.withheld("china-non-resident", Rules.monthly([amount])) == [expected])
    }

    @Test("US: a W-9 withholds nothing, and 2,000 paid in 2026 is reported, 600 before")
    func unitedStates() throws {
        func quote(_ amount: Int64, _ day: String, after paid: Int64 = 0) throws -> TaxQuote {
            var payment = Rules.payment(amount, try Rules.day(day), "USD")
            payment.standing.form = .w9
            payment.standing.hasTaxpayerNumber = true
            var sums = TaxSums()
            sums.income = paid * 100
            return try Rules.set("us", on: payment.day).quote(payment, after: sums)
        }
        #expect(try quote(1_999, "2026-03-01").reports.isEmpty)
        #expect(try quote(2_000, "2026-03-01").reports == [.form1099NEC])
        #expect(try quote(1, "2026-03-01", after: 1_999).reports == [.form1099NEC])
        #expect(try quote(600, "2025-12-31").reports == [.form1099NEC])
        #expect(try quote(599, "2025-12-31").reports.isEmpty)
        #expect(try quote(2_000, "2026-03-01").withheld == 0)
        let later = try quote(2_000, "2027-01-31")
        #expect(later.lines.contains { $0.note.contains("provisional") })
    }

    @Test("US: 24 % without a taxpayer number, 30 % or a treaty's rate for foreign persons at work in the US")
    func unitedStatesWithheld() throws {
        func quote(_ change: (inout TaxStanding) throws -> Void) throws -> TaxQuote {
            var payment = Rules.payment(1_000, try Rules.day("2026-05-05"), "USD")
            try change(&payment.standing)
            return try Rules.set("us", on: payment.day).quote(payment, after: TaxSums())
        }
        let noForm = try quote { _ in }
        #expect(noForm.withheld == 240_00 && noForm.reports == [.form1099NEC])
        #expect(try quote { $0.form = .w9 }.withheld == 240_00)
        let abroad = try quote { ($0.form, $0.placeOfPerformance) = (.w8ben, "DE") }
        #expect(abroad.withheld == 0 && abroad.reports.isEmpty && abroad.countsToward.isEmpty)
        let inside = try quote { ($0.form, $0.placeOfPerformance) = (.w8ben, "US") }
        #expect(inside.withheld == 300_00 && inside.reports == [.form1042S])
        #expect(try quote { $0.form = .w8ben }.withheld == 300_00)
        let treaty = try quote { ($0.form, $0.placeOfPerformance, $0.treatyBps) = (.w8ben, "US", 1_000) }
        #expect(treaty.withheld == 100_00)
    }

    @Test("US: a W-8BEN is valid from its day to the end of the third year after it")
    func formsLapse() throws {
        func withheld(signed: String, paid: String, at place: String) throws -> Int64 {
            var payment = Rules.payment(1_000, try Rules.day(paid), "USD")
            payment.standing.form = .w8ben
            payment.standing.formSignedOn = try Rules.day(signed)
            payment.standing.placeOfPerformance = place
            return try Rules.set("us", on: payment.day).quote(payment, after: TaxSums()).withheld
        }
        #expect(try withheld(signed: "2022-01-01", paid: "2025-12-31", at: "FR") == 0)
        #expect(try withheld(signed: "2022-12-31", paid: "2026-01-01", at: "FR") == 240_00)
        #expect(try withheld(signed: "2022-12-31", paid: "2026-01-01", at: "US") == 300_00)
        #expect(try withheld(signed: "2026-01-02", paid: "2026-01-01", at: "FR") == 240_00)
    }

    @Test("EU and UK are paid gross and reported; none is paid gross and not reported")
    func gross() throws {
        for (name, reports) in [("eu", [TaxReport.dac7]), ("uk", [.dac7]), ("none", [])] {
            let payment = Rules.payment(5_000, try Rules.day("2026-02-02"), "EUR")
            let quote = try Rules.set(name, on: payment.day).quote(payment, after: TaxSums())
            #expect(quote.withheld == 0 && quote.reports == reports)
        }
    }
}
