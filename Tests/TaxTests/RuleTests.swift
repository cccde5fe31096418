import Tax
import Testing

@Suite("Tax rules and their bounds") struct RuleTests {
    @Test("what is taken off the income adds up to what is taxed")
    func linesAddUp() throws {
        var payment = Rules.payment(12_345, try Rules.day("2026-03-03"))
        (payment.gross, payment.exempt, payment.otherDeductions, payment.relief) = (1_234_567, 1_11, 2_22, 3_33)
        var before = TaxSums()
        (before.income, before.withheld, before.months) = (20_000_01, 100_00, 0b11)
        let quote = try Rules.set("china-platform", on: payment.day).quote(payment, after: before)
        let taxable = try #require(quote.lines.firstIndex { $0.step == .taxable })
        let sum = quote.lines[..<taxable].reduce(ExactAmount.zero) { $0 + $1.amount }
        #expect(sum == quote.lines[taxable].amount)
        #expect(
            quote.lines.map(\.step) == [
                .income, .incomeBefore, .cost, .exempt, .deduction, .otherDeductions, .taxable, .tax, .relief,
                .withheldBefore, .withheld,
            ])
        let tax = try #require(quote.lines.first { $0.step == .tax })
        #expect(tax.rateBps == 300 && tax.quickDeduction == 0 && tax.base == sum)
        #expect(quote.lines.last?.rounding == .halfUp)
        #expect(quote.lines.allSatisfy { $0.rule.hasSuffix("[V]") || $0.rule.hasSuffix("[K]") })
    }

    @Test("every rule set names its sources, in the order of its names")
    func catalogue() throws {
        let catalogue = try TaxCatalogue.builtIn.get()
        #expect(
            catalogue.names == [
                "china-classic", "china-non-resident", "china-platform", "eu", "none", "uk", "us",
            ])
        #expect(catalogue.ruleSets.allSatisfy { !$0.formula.text.isEmpty && !$0.title.isEmpty })
        for (alias, name, _) in TaxRuleChoice.aliases {
            #expect(TaxRuleChoice(alias.uppercased(), in: catalogue)?.name == name)
        }
        #expect(TaxRuleChoice("cn_platform", in: catalogue)?.name == "china-platform")
        #expect(TaxRuleChoice("us-w9", in: catalogue)?.standing.hasTaxpayerNumber == true)
        #expect(TaxRuleChoice("mars", in: catalogue) == nil)
        #expect(TaxRuleChoice(String(repeating: "u", count: 1_000), in: catalogue) == nil)
    }

    @Test("a rule is refused before its time, the platform's on the last day of September 2025")
    func inForce() throws {
        let catalogue = try TaxCatalogue.builtIn.get()
        #expect(catalogue.ruleSet("china-platform", on: try Rules.day("2025-09-30")) == nil)
        let first = try #require(catalogue.ruleSet("china-platform", on: try Rules.day("2025-10-01")))
        let early = Rules.payment(1, try Rules.day("2025-09-30"))
        #expect(throws: TaxFault.notInForce(name: "china-platform", from: first.from)) {
            try first.quote(early, after: TaxSums())
        }
    }

    @Test("months with, in a row, and since the first")
    func months() {
        let mask: UInt16 = 0b0000_1011_0100
        #expect(CumulativeRule.MonthCount.withIncome.count(mask, through: 8) == 4)
        #expect(CumulativeRule.MonthCount.withIncome.count(mask, through: 5) == 2)
        #expect(CumulativeRule.MonthCount.latestRun.count(mask, through: 6) == 2)
        #expect(CumulativeRule.MonthCount.latestRun.count(mask, through: 7) == 0)
        #expect(CumulativeRule.MonthCount.latestRun.count(0xfff, through: 12) == 12)
        #expect(CumulativeRule.MonthCount.sinceFirst.count(mask, through: 8) == 6)
        #expect(CumulativeRule.MonthCount.sinceFirst.count(0, through: 8) == 0)
    }

    @Test("a month in which nothing is paid takes nothing off")
    func emptyMonths() throws {
        let even = try Rules.withheld("china-platform", Rules.monthly([10_000, 0, 10_000]))
        #expect(even == [90_00, 0, 90_00])
    }

    @Test("payments of one item in one month count as one")
    func items() throws {
        let day = try Rules.day("2026-01-10")
        let rule = try Rules.set("china-classic", on: day)
        #expect(rule.period(on: day, isOfItem: true) == .month(year: 2026, month: 1))
        #expect(rule.period(on: day, isOfItem: false) == .payment)
        let withheld = try Rules.withheld("china-classic", [Rules.payment(800, day), Rules.payment(2_200, day)])
        #expect(withheld == [0, 440_00])
    }

    @Test(
        "days that are none, or of no payment",
        arguments: [
            "0000-00-00", "2026-02-29", "2026-13-01", "2026-00-10", "1999-12-31", "2101-01-01", "9999-12-31",
            "2026-1-1",
            "2026/01/01", "", "2026-01-01T00:00:00Z", "٢٠٢٦-01-01", "+026-01-01",
        ])
    func absurdDays(text: String) {
        #expect(TaxDay(iso: text) == nil)
    }

    @Test("amounts beyond all bounds are refused, never a trap")
    func overflow() throws {
        let day = try Rules.day("2026-01-10")
        for name in try TaxCatalogue.builtIn.get().names {
            let rule = try Rules.set(name, on: day)
            func fault(_ change: (inout TaxPayment, inout TaxSums) -> Void) -> TaxFault? {
                var payment = TaxPayment(day: day, gross: 1, currency: rule.currency ?? "EUR")
                var sums = TaxSums()
                change(&payment, &sums)
                do throws(TaxFault) {
                    _ = try rule.quote(payment, after: sums)
                    return nil
                } catch {
                    return error
                }
            }
            #expect(fault { payment, _ in payment.gross = .max } == .amountOutOfBounds("amount"))
            #expect(fault { payment, _ in payment.gross = -1 } == .amountOutOfBounds("amount"))
            #expect(fault { payment, _ in payment.gross = .min } == .amountOutOfBounds("amount"))
            #expect(fault { payment, _ in payment.gross = TaxBounds.amountMax } == nil)
            #expect(fault { payment, _ in payment.exempt = 2 } == .exemptAboveGross)
            #expect(fault { payment, _ in payment.standing.treatyBps = 10_001 } == .treatyOutOfBounds)
            #expect(fault { payment, _ in payment.standing.treatyBps = .min } == .treatyOutOfBounds)
            if let currency = rule.currency {
                #expect(
                    fault { payment, _ in payment.currency = "XXX" }
                        == .wrongCurrency(name: name, expected: currency))
            }
            if name != "china-platform" {
                #expect(
                    fault { payment, _ in payment.relief = 1 } == .notPartOfRule(name: name, field: "relief"))
            } else {
                #expect(fault { _, sums in sums.income = .max } == .sumTooLarge)
                #expect(fault { payment, _ in payment.relief = TaxBounds.amountMax } == nil)
            }
        }
    }

    @Test("never below zero, never more than is paid")
    func bounds() throws {
        let day = try Rules.day("2026-05-10")
        let rule = try Rules.set("china-platform", on: day)
        var sums = TaxSums()
        (sums.income, sums.months) = (1_000_000_00, 0b1111)
        let more = try rule.quote(Rules.payment(10, day), after: sums)
        #expect(more.withheld == 10_00)
        sums.withheld = 900_000_00
        let less = try rule.quote(Rules.payment(10, day), after: sums)
        #expect(less.withheld == 0)
        #expect(less.lines.last?.note.contains("annual settlement") == true)
    }

    @Test("exact amounts as people write them")
    func texts() {
        #expect(ExactAmount(minor: 12345).decimalText(digits: 2) == "123.45")
        #expect(ExactAmount(minor: -5).decimalText(digits: 2) == "-0.05")
        #expect(ExactAmount(minor: 101).share(bps: 2_000).decimalText(digits: 2) == "0.202")
        #expect(ExactAmount(minor: 7).decimalText(digits: 0) == "7")
        #expect(ExactAmount(minor: 1).share(bps: 5_000).roundedHalfUp() == 1)
        #expect((-ExactAmount(minor: 1)).share(bps: 5_000).roundedHalfUp() == -1)
        #expect(ExactAmount(minor: 1).share(bps: 4_999).roundedHalfUp() == 0)
    }
}

@Suite("Faulty rule data") struct RuleDataTests {
    private static func fault(_ json: String) -> String? {
        do throws(TaxDataFault) {
            _ = try TaxCatalogue(json: Array(json.utf8))
            return nil
        } catch {
            return error.reason
        }
    }

    private static func cumulative(_ table: String, from: String = "2020-01-01", more: String = "") -> String {
        """
        {"name": "a", "title": "A.", "from": "\(from)"\(more), "formula": {"text": "b", "mark": "K"},
         "cumulative": {"cost_bps": 2000, "monthly_deduction_minor": 5, "months": "with-income", "table": \(table)}}
        """
    }

    private static let flat = #"[{"rate_bps": 300, "quick_deduction_minor": 0}]"#

    @Test("tables go up, without a jump, and end open")
    func tables() {
        #expect(Self.fault("[\(Self.cumulative(Self.flat))]") == nil)
        let jump =
            #"[{"up_to_minor": 10, "rate_bps": 300, "quick_deduction_minor": 0}, "#
            + #"{"rate_bps": 400, "quick_deduction_minor": 0}]"#
        #expect(Self.fault("[\(Self.cumulative(jump))]")?.contains("jumps at 10") == true)
        let closed = #"[{"up_to_minor": 10, "rate_bps": 300, "quick_deduction_minor": 0}]"#
        #expect(Self.fault("[\(Self.cumulative(closed))]")?.contains("has an end") == true)
        #expect(Self.fault("[\(Self.cumulative("[]"))]")?.contains("has an end") == true)
    }

    @Test("one version at a time")
    func versions() {
        let first = Self.cumulative(Self.flat, more: #", "until": "2025-12-31""#)
        #expect(Self.fault("[\(first), \(Self.cumulative(Self.flat, from: "2026-01-01"))]") == nil)
        #expect(Self.fault("[\(first), \(Self.cumulative(Self.flat, from: "2025-12-31"))]") != nil)
        #expect(Self.fault("[\(Self.cumulative(Self.flat)), \(Self.cumulative(Self.flat))]") != nil)
    }

    @Test("what is no rule set at all")
    func malformed() {
        #expect(Self.fault("{}") != nil)
        #expect(Self.fault("[{}]") != nil)
        let none = #"[{"name": "a", "title": "A.", "from": "2020-01-01", "formula": {"text": "b", "mark": "K"}}]"#
        #expect(Self.fault(none)?.contains("exactly one") == true)
        #expect(Self.fault(none.replacing("2020-01-01", with: "2020-02-30")) != nil)
    }
}
