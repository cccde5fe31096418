internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Tax

struct TaxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tax",
        abstract: "What is withheld of payments: rules, what-if on files, what was withheld, reports.",
        discussion: """
            guildhall tax rules                                          which rule sets there are, and their sources
            guildhall tax quote PAYMENTS.csv --rules china-platform      what each payment withholds, line by line
            guildhall tax choose L01 --rules us --residence US ...       what a worker's payments are taxed by
            guildhall tax withheld L01                                   what was withheld, line by line
            guildhall tax report --form dac7 --year 2026                 rows for an authority

            Rule sets are data with dates and sources. [V] was read in the source named; [K] is common knowledge: a \
            tax adviser must confirm it before anybody is paid by it.
            """,
        subcommands: [
            Quote.self, Rules.self, Choose.self, Choices.self, Withheld.self, Report.self,
            TaxDefaultCommand.self, TaxClaimCommand.self,
        ]
    )

    struct Rules: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the rule sets: names, from when, sources. Needs no database.",
            discussion: """
                --json: {"rules": [{"name", "title", "in_force_from", "in_force_until", "currency", "formula", \
                "table", "aliases"}]}; sources are {"text", "mark"}.
                """
        )
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            do {
                let catalogue = try TaxCatalogue.builtIn.get()
                if json { return Console.result(["rules": .array(catalogue.ruleSets.map(\.json))]) }
                for ruleSet in catalogue.ruleSets {
                    Console.result("\(ruleSet.name)  from \(ruleSet.from)  \(ruleSet.currency ?? "any currency")")
                    Console.result("  \(ruleSet.title)")
                    Console.result("  rule: \(ruleSet.formula.label)")
                    if let table = ruleSet.table { Console.result("  table: \(table.label)") }
                    if !ruleSet.aliases.isEmpty {
                        Console.result("  also: \(ruleSet.aliases.joined(separator: ", "))")
                    }
                }
            } catch {
                throw Console.failure(error)
            }
        }
    }

    struct Quote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print what each payment of a file withholds, with its lines. Needs no database.",
            discussion: """
                Reads a CSV file, gzipped or not, with a header row. Columns, in any order: payee, date (2026-01-31), \
                amount (1234.50; or amount_minor, whole minor units), currency (the rules' own if left out).

                China: exempt, other_deductions and relief (amounts; platform rules), item (payments of a month for \
                one item count as one; classic and non-resident rules, where each payment counts by itself otherwise).
                US: form (w9, w8ben, none), tin (yes, no), form_signed_on, place_of_performance (ISO 3166-1), \
                treaty_bps. Other columns are passed over.

                Several payees and years may stand in one file. What a cumulative rule counts from are the payments of \
                the same payee and year with an earlier day, or on the same day in an earlier row.

                A row that is wrong is refused with its line and the reason, and so is what would count from it; all \
                other rows are quoted. --json: {"rules", "payments": [{"line", "payee", "date", "item", \
                "amount_minor", "withheld_minor", "net_minor", "currency", "rule_set", "in_force_from", "reports", \
                "lines": [{"step", "note", "rule", "base_minor", "rate_bps", "quick_deduction_minor", "amount_minor", \
                "rounding"}]}], "totals": [{"payee", "year", "currency", "payments", "amount_minor", \
                "withheld_minor", "net_minor"}], "refused": [{"line", "reason"}], "refused_count"}.

                Exit code 1: a row was refused, or the file or the name of the rules is wrong.

                Example: guildhall tax quote samples/what-if/payments.csv --rules china-platform
                """
        )
        @Argument(help: "The payments (CSV); - reads standard input.") var payments: String
        @Option(help: "A rule set; `guildhall tax rules` lists them.") var rules: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            do {
                let catalogue = try TaxCatalogue.builtIn.get()
                guard let choice = TaxRuleChoice(rules, in: catalogue) else {
                    throw BadInput("rules", "must be one of \(catalogue.names.joined(separator: ", "))")
                }
                let quotes = PaymentQuotes(
                    try read(choice, currency: catalogue.versions(of: choice.name).last?.currency), choice: choice,
                    catalogue: catalogue)
                if json { printJSON(quotes) } else { print(quotes) }
                for fault in quotes.faults.kept { Console.note("guildhall: \(payments): \(fault) [malformed]") }
                guard quotes.faults.count == 0 else {
                    Console.note("guildhall: \(quotes.faults.count) rows were refused, \(quotes.payments.count) quoted")
                    throw ExitCode.failure
                }
            } catch {
                throw Console.failure(error)
            }
        }

        private func read(_ choice: TaxRuleChoice, currency: String?) throws -> PaymentFile {
            let reader = try ByteReader(
                path: payments == "-" ? "/dev/stdin" : payments, bytesMax: PaymentFile.Bounds.bytesMax)
            do {
                return try PaymentFile(reader, choice: choice, currency: currency)
            } catch let fault as TableFault {
                throw AnswerFileRefusal(file: payments, fault: fault)
            }
        }

        private func print(_ quotes: PaymentQuotes) {
            for (index, payment) in quotes.payments.enumerated() {
                guard let quote = quotes.quote(at: index) else { continue }
                Console.result(payment.lines(quote).joined(separator: "\n"))
            }
            let totals = quotes.totals.map { total in
                "\(plainName(total.payee))  \(total.year)  \(total.payments) payments  "
                    + "\(text(total.gross, total.currency))  withheld \(text(total.withheld, total.currency))  "
                    + "net \(text(total.gross - total.withheld, total.currency)) \(total.currency.code)"
            }
            if !totals.isEmpty { Console.result((["", "Totals"] + totals).joined(separator: "\n")) }
        }

        /// Payment by payment, as there may be many.
        private func printJSON(_ quotes: PaymentQuotes) {
            Console.result("{\"rules\": \(JSON.string(quotes.choice.name).canonicalText),\n\"payments\": [")
            var pending = ""
            for (index, payment) in quotes.payments.enumerated() {
                guard let quote = quotes.quote(at: index) else { continue }
                let isLast = index == quotes.payments.count - 1
                pending += payment.json(quote).canonicalText + (isLast ? "\n" : ",\n")
                if pending.utf8.count > 1 << 16 {
                    Console.result(pending)
                    pending = ""
                }
            }
            let totals = quotes.totals.map(\.json.canonicalText).joined(separator: ",\n")
            let refused = quotes.faults.kept.map { fault -> String in
                let members: JSON = ["line": .integer(Int64(fault.line)), "reason": .string(fault.reason)]
                return members.canonicalText
            }
            Console.result(
                "\(pending)],\n\"totals\": [\n\(totals)],\n\"refused\": [\(refused.joined(separator: ",\n"))],\n"
                    + "\"refused_count\": \(quotes.faults.count)}")
        }
    }
}

private func text(_ minor: Int64, _ currency: Currency) -> String {
    ExactAmount(minor: minor).decimalText(digits: currency.minorDigits)
}

extension PaymentFile.Payment {
    fileprivate func json(_ quote: TaxQuote) -> JSON {
        [
            "line": .integer(Int64(line)), "payee": .string(payee), "date": .string("\(payment.day)"),
            "item": item.map { .string($0) } ?? .null, "amount_minor": .integer(payment.gross),
            "withheld_minor": .integer(quote.withheld), "net_minor": .integer(payment.gross - quote.withheld),
            "currency": .string(currency.code), "rule_set": .string(quote.ruleSet),
            "in_force_from": .string("\(quote.inForceFrom)"),
            "reports": .array(quote.reports.map { .string($0.rawValue) }), "lines": .array(quote.lines.map(\.json)),
        ]
    }

    fileprivate func lines(_ quote: TaxQuote) -> [String] {
        let head =
            "line \(line)  \(plainName(payee))  \(payment.day)  \(text(payment.gross, currency)) \(currency.code)"
            + "  withheld \(text(quote.withheld, currency))  net \(text(payment.gross - quote.withheld, currency))"
        let digits = currency.minorDigits
        let lines = quote.lines.map { $0.text(digits: digits) }
        let reports = quote.reports.map(\.rawValue).joined(separator: ", ")
        return [head] + lines + (reports.isEmpty ? [] : ["  reports: \(reports)"])
    }
}

extension TaxLine {
    /// The step, its amount in units of currency, and how it came about.
    func text(digits: Int) -> String {
        let text = amount.decimalText(digits: digits)
        let gap = String(repeating: " ", count: max(0, 16 - text.count))
        return "  \(step.rawValue.padding(toLength: 17, withPad: " ", startingAt: 0))\(gap)\(text)  "
            + explanation(digits: digits)
    }

    /// What is done, with its figures and its source.
    fileprivate func explanation(digits: Int) -> String {
        var text = note
        if step == .tax, let base, let rateBps {
            text += ": \(base.decimalText(digits: digits)) × \(Self.percent(rateBps))"
            if let quickDeduction, quickDeduction != 0 {
                text += " − \(ExactAmount(minor: quickDeduction).decimalText(digits: digits))"
            }
        }
        if step == .reporting, let base { text += ", \(base.decimalText(digits: digits))" }
        if let rounding { text += ", rounded \(rounding.rawValue)" }
        return "\(text); \(rule)"
    }

    private static func percent(_ bps: Int) -> String {
        "\(ExactAmount(minor: Int64(bps)).decimalText(digits: 2)) %"
    }
}

extension PaymentQuotes.Total {
    fileprivate var json: JSON {
        [
            "payee": .string(payee), "year": .integer(Int64(year)), "currency": .string(currency.code),
            "payments": .integer(Int64(payments)), "amount_minor": .integer(gross),
            "withheld_minor": .integer(withheld), "net_minor": .integer(gross - withheld),
        ]
    }
}

extension TaxRuleSet {
    fileprivate var aliases: [String] { TaxRuleChoice.aliases.filter { $0.name == name }.map(\.alias) }

    fileprivate var json: JSON {
        func source(_ source: TaxSource) -> JSON {
            ["text": .string(source.text), "mark": .string(source.mark.rawValue)]
        }
        return [
            "name": .string(name), "title": .string(title), "in_force_from": .string("\(from)"),
            "in_force_until": until.map { .string("\($0)") } ?? .null,
            "currency": currency.map { .string($0) } ?? .null,
            "formula": source(formula), "table": table.map(source) ?? .null,
            "aliases": .array(aliases.map { .string($0) }),
        ]
    }
}
