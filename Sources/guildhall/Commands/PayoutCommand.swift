internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct PayoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payout",
        abstract: "Pay what was earned: one person prepares, another approves, then the file is issued.",
        discussion: """
            A payout has a line for each payee: a worker, or an agency for all its people together. `lines` shows \
            them, `shares` who earned how much of one. `check` reads any bank file and needs no database.
            """,
        subcommands: [
            Prepare.self, Lines.self, Shares.self, Approve.self, Issue.self, File.self, Cancel.self,
            PayoutSourceCommand.self, PayoutRunCommand.self, PayoutExportCommand.self, PayoutImportCommand.self,
            PayoutReconcileCommand.self, PayoutCheckCommand.self, PayoutScheduleCommand.self, PayoutDueCommand.self,
            ClawbackCommand.self, PayoutAgencyCommand.self, PayoutListCommand.self,
        ]
    )

    struct Prepare: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put every unpaid earning of a currency into a payout batch; prints its id and content hash."
        )
        @OptionGroup var options: DatabaseOptions
        @Option(help: "ISO 4217 code.") var currency = "USD"
        @Option(help: .actor("a finance maker")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let currency = try readCurrency(currency)
                let batch = try await PreparePayoutBatch(market: session.market)(
                    currency, by: try await session.market.person(named: by)
                )
                let hash = batch.contentHash.hexadecimal
                if json {
                    let own: [String: JSON] = [
                        "payout_batch": .string("\(batch.id)"), "content_hash": .string(hash),
                        "total": .string(batch.total.decimalText), "currency": .string(currency.code),
                        "lines": .integer(Int64(batch.lineCount)),
                    ]
                    Console.result(.object(own.merging(batch.unconfirmed.members) { $1 }))
                } else {
                    let text = "\(batch.id): \(batch.total) in \(batch.lineCount) lines, content hash \(hash)"
                    Console.result(text + batch.warning)
                }
            }
        }
    }

    struct Lines: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What a payout batch pays to whom.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var page: PageOptions
        @Argument(help: "The payout batch's id.") var id: String
        @Option(help: .actor("somebody in finance")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let lines = try await ListPayoutLines(market: session.market)(
                    of: try payoutBatch(id), after: try page.id(), limit: page.limit,
                    by: try await session.market.person(named: by)
                )
                Console.list(
                    lines.map { named in
                        let people = named.line.shares.count == 1 ? "1 worker" : "\(named.line.shares.count) workers"
                        let reason = named.reason.map { " \($0)" } ?? ""
                        let changed = named.isAccountChanged ? "; the payee has another account now" : ""
                        let text = "\(named.line.id): \(named.line.amount) to \(named.payeeKey) for \(people), "
                        return (named.json, "\(text)\(named.state)\(reason)\(changed)")
                    }, asJSON: json)
            }
        }
    }

    struct Shares: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What each worker of a line earned, less taxes and clawbacks; --after takes a worker's id.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var page: PageOptions
        @Argument(help: "The line's id, as `lines` printed it.") var line: String
        @Option(help: .actor("somebody in finance")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let shares = try await ListPayoutLines(market: session.market).shares(
                    of: try readID(line, "line"), after: try page.id(), limit: page.limit,
                    by: try await session.market.person(named: by)
                )
                Console.list(try shares.map { ($0.json, try $0.text) }, asJSON: json)
            }
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Approve exactly the content that the hash names. Not by whoever prepared it."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The payout batch's id.") var id: String
        @Option(name: .customLong("content-hash"), help: "As `prepare` printed it.") var contentHash: String
        @Option(help: .actor("a finance checker, not who prepared it")) var by = "finance-checker"

        func run() async throws {
            try await withSession(options) { session in
                guard let hash = Digest(hexadecimal: contentHash) else {
                    throw BadInput("content_hash", "must be 64 hexadecimal digits")
                }
                try await ApprovePayoutBatch(market: session.market)(
                    try payoutBatch(id), contentHash: hash, by: try await session.market.person(named: by)
                )
                Console.result("Approved \(id).")
            }
        }
    }

    struct Issue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let the money of an approved batch leave and write its bank file (CSV)."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The payout batch's id.") var id: String
        @Option(help: "Where to write the file; standard output if left out.") var output: String?
        @Option(help: .actor("a finance maker")) var by = "finance-maker"

        func run() async throws {
            try await withSession(options) { session in
                let (batch, actor) = (try payoutBatch(id), try await session.market.person(named: by))
                try await writeFile(of: batch, to: output, session.market, by: actor) {
                    try await IssuePayoutBatch(market: session.market)(batch, by: actor)
                }
            }
        }
    }

    struct File: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write the bank file of an issued batch once more.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The payout batch's id.") var id: String
        @Option(help: "Where to write the file; standard output if left out.") var output: String?
        @Option(help: .actor("somebody in finance")) var by = "finance-maker"

        func run() async throws {
            try await withSession(options) { session in
                let (batch, actor) = (try payoutBatch(id), try await session.market.person(named: by))
                try await writeFile(of: batch, to: output, session.market, by: actor) {}
            }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancel a batch that was not issued; its earnings are due again.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The payout batch's id.") var id: String
        @Option(help: .actor("somebody in finance")) var by = "finance-maker"

        func run() async throws {
            try await withSession(options) { session in
                try await CancelPayoutBatch(market: session.market)(
                    try payoutBatch(id), by: try await session.market.person(named: by)
                )
                Console.result("Cancelled \(id).")
            }
        }
    }
}

private func payoutBatch(_ text: String) throws -> PayoutBatch.ID {
    guard let id = PayoutBatch.ID(text) else { throw BadInput("id", "must be a UUID") }
    return id
}

/// The file is opened before anything is done that it is of.
private func writeFile(
    of id: PayoutBatch.ID, to path: String?, _ market: Market, by actor: Principal.ID,
    after body: () async throws -> Void
) async throws {
    let file = try ResultFile(path)
    do {
        try await body()
        try await PayoutFile(market: market)(id, by: actor, write: file.write)
        try file.finish()
    } catch {
        file.discard()
        throw error
    }
    if let path { Console.note("Wrote \(path).") }
}
