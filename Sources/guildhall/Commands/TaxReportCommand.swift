internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Simulation
internal import Store
internal import Tax

extension TaxCommand {
    struct Report: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the rows of a report to a tax authority, as CSV, from what was paid.",
            discussion: """
                1099-nec        a row for each US payee who reached the year's threshold, or from whom was withheld
                1042-s          a row for each foreign payee and rate: work in the US, a US payer
                cn-withholding  the Chinese withholding return: a row for each payee and month (--quarter or the year)
                decree-810      what Chinese platforms report of persons and income: a row for each payee and quarter
                dac7            a row for each seller: consideration, activities, fees, taxes by quarters

                Taxpayer numbers are sealed. With --numbers they are opened for whom the report names, and each \
                reading is in the audit log; without, the column is empty. docs/FILES.md has the columns.

                Example: guildhall tax report --form dac7 --year 2026 --numbers --output dac7-2026.csv
                """
        )
        @OptionGroup var options: DatabaseOptions
        @Option(help: "1099-nec, 1042-s, cn-withholding, decree-810 or dac7.") var form: String
        @Option(help: "The calendar year.") var year: Int
        @Option(help: "1 to 4; all of the year if left out. Not of 1099-nec and 1042-s.") var quarter: Int?
        @Flag(help: "Open taxpayer numbers; on record.") var numbers = false
        @Option(help: .actor("somebody in finance; with --numbers a maker")) var by = "finance-maker"
        @Option(help: "The file to write; it appears when it is complete. Standard output if left out.")
        var output: String?
        @Flag(help: "Print what was written as JSON, on standard error if the report is on standard output.")
        var json = false

        func run() async throws {
            try await withSession(options) { session in
                let form = try choice(form, of: TaxReportForm.self, field: "form")
                let file = try ResultFile(output)
                let bar = ProgressBar()
                defer { bar.end() }
                let rows: Int
                do {
                    rows = try await ReportTaxes(market: session.market)(
                        form, year: year, quarter: quarter, numbers: numbers ? try session.market.ring : nil,
                        by: try await session.market.person(named: by), to: file.write
                    ) { bar.update(done: $0, total: nil, label: "payees") }
                    try file.finish()
                } catch {
                    file.discard()
                    throw error
                }
                let summary: JSON = ["form": .string(form.rawValue), "rows": .integer(Int64(rows))]
                if output == nil {
                    Console.note(json ? summary.canonicalText : "\(rows) rows")
                } else {
                    Console.result(summary, "\(rows) rows", asJSON: json)
                }
            }
        }
    }

    struct Choose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what a worker's payments are taxed by from now on.",
            discussion: """
                A tax profile (`guildhall worker tax set`) asks for rules by itself: w9 and w8ben for us; a \
                declaration for china-platform, eu or uk by its residence, for none elsewhere. This puts others \
                in their place. Who has neither is paid gross.

                Example: guildhall tax choose L01 --rules us --residence DE --form w8ben --treaty-bps 0
                """
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Option(help: "A rule set; `guildhall tax rules` lists them.") var rules: String
        @Option(help: "Tax residence, ISO 3166-1.") var residence: String
        @Option(help: "w9 or w8ben; none if left out.") var form: String?
        @Flag(help: "A taxpayer number is on file.") var number = false
        @Option(help: "When the form was signed, as 2026-01-31.") var signedOn: String?
        @Option(help: "What a treaty allows for work in the US, in ten-thousandths.") var treatyBps: Int?
        @Option(help: .actor("a finance maker")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                guard let named = TaxRuleChoice(rules, in: try TaxCatalogue.builtIn.get()) else {
                    throw BadInput("rules", "is no rule set; `guildhall tax rules` lists them")
                }
                var standing = named.standing
                if let form { standing.form = try choice(form, of: TaxStanding.Form.self, field: "form") }
                standing.hasTaxpayerNumber = standing.hasTaxpayerNumber || number
                standing.formSignedOn = try signedOn.map { text in
                    guard let day = TaxDay(iso: text) else {
                        throw BadInput("signed_on", "must be a day, as 2026-01-31")
                    }
                    return day
                }
                standing.treatyBps = treatyBps
                let chosen = try TaxChoice(ruleSet: named.name, residence: residence, standing: standing)
                try await ChooseTaxRules(market: session.market)(
                    chosen, of: try await session.market.worker(worker),
                    by: try await session.market.person(named: by))
                Console.result(chosen.json, "\(worker): \(chosen.ruleSet)", asJSON: json)
            }
        }
    }

    struct Choices: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what a worker's payments were and are taxed by, newest first.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Option(help: "The last id of the page before.") var before: String?
        @Option(help: "1 to 200.") var limit = 50
        @Option(help: .actor("the worker, or a finance maker")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let page = try await ListTaxChoices(market: session.market)(
                    of: try await session.market.worker(worker), before: try pageID(before, of: TaxChoice.self),
                    limit: limit, by: try await session.market.person(named: by))
                Console.list(page.map { ($0.json, $0.text) }, asJSON: json)
            }
        }
    }

    struct Withheld: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what was withheld of a worker's payments, line by line, newest first.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Option(help: "The last id of the page before.") var before: String?
        @Option(help: "1 to 200.") var limit = 20
        @Option(help: .actor("the worker, or somebody in finance")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let page = try await ListWithholdings(market: session.market)(
                    of: try await session.market.worker(worker), before: try pageID(before, of: Withholding.self),
                    limit: limit, by: try await session.market.person(named: by))
                Console.list(page.map { ($0.json, $0.text) }, asJSON: json)
            }
        }
    }
}

extension DatedTaxChoice {
    fileprivate var json: JSON {
        var members = choice.json.objectValue ?? [:]
        members["id"] = .string("\(id)")
        members["from"] = .string(utcText(from))
        members["until"] = until.map { .string(utcText($0)) } ?? .null
        return .object(members)
    }

    fileprivate var text: String {
        let end = until.map { " until \(utcText($0))" } ?? ""
        let form = choice.standing.form.map { ", \($0.rawValue)" } ?? ""
        return "\(id) \(choice.ruleSet), \(choice.residence)\(form), from \(utcText(from))\(end)"
    }
}

extension PlacedWithholding {
    fileprivate var text: String {
        let head =
            "\(withholding.id) \(withholding.paidOn) \(withholding.ruleSet): \(withholding.gross), withheld "
            + "\(withholding.withheld), payout \(payout) \(state.rawValue)"
        let digits = withholding.gross.currency.minorDigits
        let lines = (withholding.lines.arrayValue ?? []).compactMap { TaxLine($0) }.map { $0.text(digits: digits) }
        return ([head] + lines).joined(separator: "\n")
    }
}
