import Formats
import Marketplace
import Tax
import Testing

@Suite("Payments of a file") struct PaymentQuotesTests {
    private static func quotes(_ rules: String, _ csv: String) throws -> PaymentQuotes {
        let catalogue = try TaxCatalogue.builtIn.get()
        let choice = try #require(TaxRuleChoice(rules, in: catalogue))
        let file = try PaymentFile(
            ByteReader(bytes: Array(csv.utf8), name: "payments.csv"), choice: choice,
            currency: catalogue.versions(of: choice.name).last?.currency)
        return PaymentQuotes(file, choice: choice, catalogue: catalogue)
    }

    private static func withheld(_ quotes: PaymentQuotes) -> [Int64] {
        quotes.payments.indices.compactMap { quotes.quote(at: $0)?.withheld }
    }

    @Test("payees and years stand apart, and days count, not rows")
    func apart() throws {
        let quotes = try Self.quotes(
            "china-platform",
            """
            payee,date,amount,currency
            a,2026-02-10,50000,CNY
            b,2026-01-10,10000,CNY
            a,2026-01-10,50000.00,CNY
            a,2025-12-10,10000,CNY
            b,2026-02-10,10000,CNY

            """)
        #expect(quotes.faults.count == 0)
        #expect(Self.withheld(quotes) == [3_430_00, 90_00, 1_050_00, 90_00, 90_00])
        #expect(quotes.payments.map(\.line) == [2, 3, 4, 5, 6])
        #expect(
            quotes.totals.map { "\($0.payee) \($0.year) \($0.withheld)" } == [
                "a 2025 9000", "a 2026 448000", "b 2026 18000",
            ])
    }

    @Test("names of columns in any order and case, with others between, amounts in minor units")
    func header() throws {
        let quotes = try Self.quotes(
            "cn-platform", "\u{feff} Amount_Minor ,Note,Paid On,\"WORKER-ID\"\r\n20000000,x,2026-03-01, a \r\n")
        #expect(Self.withheld(quotes) == [14_080_00])
        #expect(quotes.payments.first?.payee == "a")
    }

    @Test(
        "headers that will not do",
        arguments: [
            ("date,amount", "no column 'payee'"), ("payee,amount", "no column 'date'"),
            ("payee,date", "no column 'amount'"),
            ("payee,date,amount,amount_minor", "both"), ("payee,worker,date,amount", "twice"),
        ])
    func headers(header: String, reason: String) {
        #expect {
            try Self.quotes("us", header + "\n")
        } throws: {
            ($0 as? TableFault)?.line == 1 && ($0 as? TableFault)?.reason.contains(reason) == true
        }
    }

    @Test("without a rule's own currency the file must name one")
    func currency() throws {
        #expect(throws: TableFault.self) { try Self.quotes("none", "payee,date,amount\na,2026-01-01,1\n") }
        #expect(try Self.quotes("none", "payee,date,amount,currency\na,2026-01-01,1,jpy\n").payments.count == 1)
    }

    @Test(
        "rows that are none say which line and why",
        arguments: [
            (",2026-01-01,1,CNY", "payee"), ("a,2026-02-30,1,CNY", "date"), ("a,01/02/2026,1,CNY", "date"),
            ("a,9999-12-31,1,CNY", "date"), ("a,2026-01-01,,CNY", "empty"), ("a,2026-01-01,-1,CNY", "amount"),
            ("a,2026-01-01,1e3,CNY", "amount"), ("a,2026-01-01,1.001,CNY", "decimals"),
            ("a,2026-01-01,1.,CNY", "amount"),
            ("a,2026-01-01,.5,CNY", "amount"), ("a,2026-01-01,\"1,000\",CNY", "amount"),
            ("a,2026-01-01,NaN,CNY", "amount"),
            ("a,2026-01-01,99999999999999999999999,CNY", "amount"), ("a,2026-01-01,1,XXX", "ISO 4217"),
            ("a,2026-01-01,1,USD", "counts in CNY"), ("a,2025-09-30,1,CNY", "not in force"),
            ("a,2026-01-01,1", "fields"),
            ("a,2026-01-01,٣,CNY", "amount"),
        ])
    func faults(row: String, reason: String) throws {
        let quotes = try Self.quotes("china-platform", "payee,date,amount,currency\nb,2026-01-01,1,CNY\n\(row)\n")
        #expect(quotes.faults.kept.map(\.line) == [3])
        #expect(quotes.faults.kept.first?.reason.contains(reason) == true, "\(quotes.faults.kept)")
        #expect(quotes.payments.map(\.payee) == ["b"])
    }

    @Test("what counts from a refused row is refused, too, and nothing else")
    func gaps() throws {
        let quotes = try Self.quotes(
            "china-platform",
            """
            payee,date,amount
            a,2026-01-10,10000
            a,2026-02-10,x
            a,2026-03-10,10000
            a,2027-01-10,10000
            b,2026-03-10,10000
            c,never,10000
            c,2026-03-10,10000

            """)
        #expect(quotes.payments.map(\.line) == [2, 5, 6])
        #expect(quotes.faults.kept.map(\.line) == [3, 4, 7, 8])
        #expect(quotes.faults.kept[1].reason.contains("line 3"))
        let single = try Self.quotes("china-classic", "payee,date,amount\na,2026-02-10,x\na,2026-03-10,3000\n")
        #expect(Self.withheld(single) == [440_00])
    }

    @Test("what counts from a refused row is refused, however many rows were refused before")
    func manyGaps() throws {
        let many = (0..<PaymentFile.Bounds.faultsMax).map { "x\($0),2026-01-10,x\n" }.joined()
        let quotes = try Self.quotes(
            "china-platform",
            "payee,date,amount\n\(many)a,2026-02-10,x\na,2026-03-10,10000\nb,2026-03-10,10000\n")
        #expect(quotes.payments.map(\.payee) == ["b"])
        #expect(quotes.faults.count == PaymentFile.Bounds.faultsMax + 2)
    }

    @Test("classic: each payment alone, those of one item and month together")
    func items() throws {
        let quotes = try Self.quotes(
            "china-classic",
            """
            payee,date,amount,item
            a,2026-01-10,800,
            a,2026-01-11,2200,
            a,2026-01-12,800,x
            a,2026-01-13,2200,x
            a,2026-02-13,800,x
            b,2026-01-13,800,x

            """)
        #expect(Self.withheld(quotes) == [0, 280_00, 0, 440_00, 0, 0])
    }

    @Test("US: form, number and place, row by row")
    func unitedStates() throws {
        let quotes = try Self.quotes(
            "us",
            """
            payee,date,amount,currency,form,tin,place_of_performance,treaty_bps,form_signed_on
            a,2026-01-10,1000,USD,W-9,12-3456789,US,,
            b,2026-01-10,1000,USD,w9,no,US,,
            c,2026-01-10,1000,USD,,,,,
            d,2026-01-10,1000,USD,w-8ben,,de,,2024-05-05
            e,2026-01-10,1000,USD,w8ben,,usa,,
            f,2026-01-10,1000,USD,w8ben,,US,1500,
            g,2026-01-10,1000,USD,w8ben,,DE,,2019-05-05
            h,2026-01-10,1000,USD,,yes,US,,

            """)
        #expect(quotes.faults.count == 0, "\(quotes.faults.kept)")
        #expect(Self.withheld(quotes) == [0, 240_00, 240_00, 0, 300_00, 150_00, 240_00, 0])
        let plain = "payee,date,amount\na,2026-01-10,1000\n"
        #expect(Self.withheld(try Self.quotes("us-w9", plain)) == [0])
        #expect(Self.withheld(try Self.quotes("us", plain)) == [240_00])
        #expect(Self.withheld(try Self.quotes("us-w8ben", plain)) == [300_00])
    }

    @Test("the 1099-NEC threshold is the year's, over several payments")
    func threshold() throws {
        let quotes = try Self.quotes(
            "us-w9", "payee,date,amount\na,2026-01-10,1500\na,2026-02-10,500\na,2027-02-10,500\n")
        let reports = quotes.payments.indices.map { quotes.quote(at: $0)?.reports ?? [] }
        #expect(reports == [[], [.form1099NEC], []])
    }
}
