internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Payments

struct PayoutSourceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "source", abstract: "Accounts that payouts are made from, and in which form.",
        subcommands: [Set.self, List.self])

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write an account that is paid from; its settings are read from a JSON file.",
            discussion: """
                {"name": "Guildhall GmbH", "country": "DE", "street": "Hauptstraße", "building_number": "1", \
                "post_code": "10115", "town": "Berlin", "iban": "DE89…", "bic": "COBADEFFXXX", "remittance": "Payout"}

                In place of an iban: "account" with a "bic". For NACHA also "ach": {"destination", \
                "destination_name", "origin", "origin_name", "company_id", "entry_description", "originating_bank"}. \
                With "asks_tax_rules": true nobody is paid for whom no tax rules are in force.
                """)
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "Its name: lower-case letters, digits and hyphens.") var name: String
        @Option(help: "pain.001.001.03, pain.001.001.09, nacha-ppd, nacha-ccd, cn-csv or csv.") var format: String
        @Option(help: "ISO 4217 code.") var currency = "EUR"
        @Option(help: "The settings, a JSON file.") var settings: String
        @Option(help: .actor("a finance checker")) var by = "finance-checker"

        func run() async throws {
            try await withSession(options) { session in
                guard let currency = Currency(currency) else { throw BadInput("currency", "must be an ISO 4217 code") }
                let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: settings)))
                guard let json = try? JSON.parse(bytes) else { throw BadInput("settings", "is no JSON") }
                try await SetPayoutSource(market: session.market)(
                    name, format: try choice(format, of: PaymentFileFormat.self, field: "format"), currency: currency,
                    settings: json, by: try await session.market.person(named: by))
                Console.result("Set \(name).")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show them with their settings.")
        @OptionGroup var options: DatabaseOptions
        @Option(help: .actor("somebody in finance")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let sources = try await SetPayoutSource(market: session.market).all(
                    by: try await session.market.person(named: by))
                Console.list(
                    sources.map { ($0.json, "\($0.name): \($0.format.rawValue), \($0.currency.code)") }, asJSON: json)
            }
        }
    }
}

struct PayoutRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Put what is due into a batch that is paid by a bank file; prints its id and content hash.",
        discussion: """
            Each payee's account is copied into the batch as it is now. Left out, and listed with the reason: who has \
            no account, one in another currency, one that the source's files cannot pay to, or whose holder's \
            name they cannot write, one that was set or changed less than 72 hours ago, one that the bank has \
            refused, who has earned less than the minimum, who cannot be taxed or would be left with nothing. An \
            agency that is paid in its people's place has one payment for all of them. Then `payout approve`, by \
            another person, and `payout export`.
            """)
    @OptionGroup var options: DatabaseOptions
    @Option(help: "Which account pays; `payout source list` shows them.") var source: String
    @Option(help: "When the bank shall pay, yyyy-mm-dd, in 60 days at most; no holiday of T2 (EUR) or the Fed (NACHA).")
    var day: String
    @Option(help: "Who has earned less waits; minor units.") var minimumMinor: Int64 = 0
    @Option(help: .actor("a finance maker")) var by = "finance-maker"
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await withSession(options) { session in
            guard let day = CalendarDate(iso: day) else { throw BadInput("day", "must be yyyy-mm-dd") }
            let result = try await PreparePayoutRun(market: session.market, keys: try session.market.ring)(
                from: source, on: day, minimumMinor: minimumMinor, by: try await session.market.person(named: by),
                report: { count in if count >= 5_000 { Console.note("\(count) payments so far") } })
            result.show(asJSON: json)
        }
    }
}

extension PreparePayoutRun.Result {
    func show(asJSON json: Bool) {
        let hash = batch.contentHash.hexadecimal
        if json {
            let own: [String: JSON] = [
                "payout_batch": .string("\(batch.id)"), "content_hash": .string(hash),
                "total": .string(batch.total.decimalText), "currency": .string(batch.total.currency.code),
                "lines": .integer(Int64(batch.lineCount)), "message_id": .string(batch.messageID),
                "excluded_count": .integer(Int64(excluded.count)),
                "excluded": .array(excluded.prefix(200).map(\.json)),
            ]
            return Console.result(.object(own.merging(batch.terms) { $1 }))
        }
        Console.result("\(batch.id): \(batch.total) in \(batch.lineCount) lines, content hash \(hash)\(batch.warning)")
        if let run = batch.run { Console.result("  \(run.text)") }
        for excluded in excluded.prefix(200) {
            let agency = excluded.json["team"]?.stringValue.map { "agency \($0)" }
            let payee = excluded.json["worker"]?.stringValue ?? agency ?? ""
            let why = excluded.json["why"]?.stringValue.map { ", \($0)" } ?? ""
            Console.result("  not paid: \(payee), \(excluded.amount): \(excluded.hindrance.code)\(why)")
        }
        if excluded.count > 200 { Console.result("  and \(excluded.count - 200) more who are not paid") }
    }
}

struct PayoutExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the bank file of an approved batch; the first time the money leaves the workers' accounts.",
        discussion: """
            Again it gives the same bytes. It pays to the accounts that were copied when the batch was prepared; how \
            many payees have another one by now is said.
            """)
    @OptionGroup var options: DatabaseOptions
    @Argument(help: "The payout batch's id.") var id: String
    @Option(help: "Where to write the file.") var output: String
    @Option(help: .actor("a finance maker")) var by = "finance-maker"
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await withSession(options) { session in
            guard let id = PayoutBatch.ID(id) else { throw BadInput("id", "must be a UUID") }
            let part = output + ".part"
            guard FileManager.default.createFile(atPath: part, contents: nil, attributes: [.posixPermissions: 0o600]),
                let handle = FileHandle(forWritingAtPath: part)
            else { throw BadInput("output", "cannot be written") }
            defer { try? FileManager.default.removeItem(atPath: part) }
            let result = try await ExportPayoutRun(market: session.market, keys: try session.market.ring)(
                id, by: try await session.market.person(named: by),
                report: { count in if count >= 5_000 { Console.note("\(count) payments written") } },
                write: { try handle.write(contentsOf: Data($0)) })
            try handle.synchronize()
            try handle.close()
            _ = try? FileManager.default.removeItem(atPath: output)
            try FileManager.default.moveItem(atPath: part, toPath: output)
            let hash = result.fileHash.hexadecimal
            Console.result(
                result.json,
                "Wrote \(output): \(result.payments) payments, SHA-256 \(hash)"
                    + (result.accountsChanged > 0
                        ? "; \(result.accountsChanged) payees have another account by now, which is not used" : ""),
                asJSON: json)
        }
    }
}

struct PayoutImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take in what the bank says: pain.002, camt.053, camt.054, NACHA returns, a table of returns.",
        discussion: """
            Payments are matched by their end-to-end id. What was paid is settled; what was refused or came back is \
            owed again, its payee is told, and it is due for the next payout. The same file again changes nothing. \
            What fits no payment is listed by `payout reconcile`.
            """)
    @OptionGroup var options: DatabaseOptions
    @Argument(help: "The file, gzipped or not; at most a million lines.") var file: String
    @Option(help: .actor("somebody in finance")) var by = "finance-maker"
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await withSession(options) { session in
            let bank = try await ImportBankFile(market: session.market)(
                path: file, by: try await session.market.person(named: by),
                report: { count in if count >= 5_000 { Console.note("\(count) lines taken in") } })
            let outcomes = bank.outcomes.sorted { $0.key.rawValue < $1.key.rawValue }
                .map { "\($0.value) \($0.key.rawValue.replacing("_", with: " "))" }.joined(separator: ", ")
            Console.result(
                bank.json,
                "\(bank.kind.rawValue) \(bank.messageID): \(outcomes.isEmpty ? "nothing about payments" : outcomes)"
                    + (bank.isNew ? "" : " (taken in before)"),
                asJSON: json)
        }
    }
}

struct PayoutReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Hold the books against the bank: what differs, and why, to the cent.",
        discussion: """
            Without an option a line for each currency, and one for what bank files say in none. --entries lists what \
            fits no payment, --payments those of which the bank has said nothing final (also what it has debited and a \
            table of returns alone says of it that it came back), --statements those that do not begin where the one \
            before ended, or whose entries do not come to their balance; all by pages. --resolve enters what was \
            found out about an entry, --resolve-statement about a statement. --settle settles the payments of an \
            entry that has another amount, once a voucher of the difference was posted whose reference is the \
            entry's id (`ledger prepare bank_charge`).
            """)
    @OptionGroup var options: DatabaseOptions
    @OptionGroup var page: PageOptions
    @Flag(help: "List lines of bank files that fit no payment.") var entries = false
    @Flag(help: "List payments that are open, or back by a table alone.") var payments = false
    @Flag(help: "List statements that do not fit.") var statements = false
    @Option(help: "The id of an entry that somebody has looked at; with --reason.") var resolve: String?
    @Option(help: "The id of a statement that somebody has looked at; with --reason.") var resolveStatement: String?
    @Option(help: "The id of an entry whose payments are settled as they were sent; with --reason.") var settle: String?
    @Option(help: "What was found out.") var reason: String?
    @Option(help: .actor("somebody in finance")) var by = "finance-maker"
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await withSession(options) { session in
            let reconcile = ReconcileBank(market: session.market)
            let actor = try await session.market.person(named: by)
            if let resolve {
                guard let id = BankEntry.ID(resolve) else { throw BadInput("resolve", "must be a UUID") }
                try await reconcile.resolve(id, as: reason ?? "", by: actor)
                return Console.result("Resolved \(resolve).")
            }
            if let settle {
                guard let id = BankEntry.ID(settle) else { throw BadInput("settle", "must be a UUID") }
                let count = try await SettleBankEntry(market: session.market)(id, as: reason ?? "", by: actor)
                return Console.result("Settled \(count) payments by \(settle).")
            }
            if let resolveStatement {
                guard let id = BankStatementGap.ID(resolveStatement) else {
                    throw BadInput("resolve_statement", "must be a UUID")
                }
                try await reconcile.resolve(statement: id, as: reason ?? "", by: actor)
                return Console.result("Resolved \(resolveStatement).")
            }
            if statements {
                let found = try await reconcile.statements(after: try page.id(), limit: page.limit, by: actor)
                return Console.list(found.map { ($0.json, $0.json.canonicalText) }, asJSON: json)
            }
            if entries {
                let found = try await reconcile.entries(after: try page.id(), limit: page.limit, by: actor)
                return Console.list(found.map { ($0.json, $0.json.canonicalText) }, asJSON: json)
            }
            if payments {
                let found = try await reconcile.payments(after: try page.id(), limit: page.limit, by: actor)
                return Console.list(found.map { ($0, $0.canonicalText) }, asJSON: json)
            }
            Console.list(
                try await reconcile(by: actor).map { line in
                    let alone = line.unconfirmed
                    let credit =
                        "without a credit \(line.withoutCreditMinor) (of it \(alone.minor) in \(alone.payments) "
                        + "payments after a debit, by a table of returns alone)"
                    let words =
                        "\(line.currency ?? "no currency"): \(line.openPayments) payments open "
                        + "(\(line.openMinor)), paid \(line.paidMinor), by the bank \(line.bankMinor), "
                        + "without a debit \(line.withoutDebitMinor), \(credit), charges \(line.chargesMinor), "
                        + "\(line.openEntries) entries to look at, "
                        + "\(line.gaps) gaps, unexplained \(line.unexplainedMinor)"
                    return (line.json, words)
                }, asJSON: json)
        }
    }
}
