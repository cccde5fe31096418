internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "The books: balances now and then, statements, entries, vouchers.",
        discussion: """
            guildhall ledger balance requester_wallet --owner acme --currency USD --at 2026-03-31T23:59:59Z
            guildhall ledger statement worker_payable --owner ada --currency USD
            guildhall ledger trial-balance

            Money moves by itself as work is published, accepted and paid. What does not follow from work (a \
            withdrawal, a conversion, a write-off, a reversal, a remittance of tax, what the bank kept, gave or \
            rounded beside the books) is prepared by one person as a voucher and posted by another:

            guildhall ledger prepare withdrawal --requester acme --amount-minor 100000 --reference W-17 --reason "Asked"
            guildhall ledger post VOUCHER --by finance-checker
            """,
        subcommands: [
            Balance.self, Statement.self, Trial.self, Entry.self, LedgerReportCommand.self, LedgerPrepareCommand.self,
            LedgerPostCommand.self,
            LedgerRefuseCommand.self, LedgerVouchersCommand.self,
        ]
    )

    struct Balance: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What an account holds, or held. Credit is plus.")
        @OptionGroup var options: LedgerOptions
        @OptionGroup var account: AccountOptions
        @Option(help: "At that instant, ISO 8601 in UTC; now if left out.") var at: String?

        func run() async throws {
            try await options.run(remotely: self) { session, actor in
                let instant = try at.map { try utcInstant($0, field: "at") }
                let balance = try await AccountBalance(market: session.market)(
                    of: try await account.key(session), at: instant, by: actor)
                return (balance.json, "\(balance)")
            }
        }
    }

    struct Statement: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What moved through an account and what it held after, newest first.",
            discussion: "--before takes the last transfer of the page before.")
        @OptionGroup var options: LedgerOptions
        @OptionGroup var account: AccountOptions
        @Option(help: "Until that instant, ISO 8601 in UTC; until now if left out.") var at: String?
        @Option(help: "A transfer's id.") var before: String?
        @Option(help: "Most lines, 1 to 200.") var limit = 50

        func run() async throws {
            try await options.run(remotely: self) { session, actor in
                let instant = try at.map { try utcInstant($0, field: "at") }
                let lines = try await AccountStatement(market: session.market)(
                    of: try await account.key(session), at: instant, before: try pageID(before, of: Transfer.self),
                    limit: limit, by: actor)
                return (["items": .array(lines.map(\.json))], lines.map(\.text).joined(separator: "\n"))
            }
        }
    }

    struct Trial: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "trial-balance",
            abstract: "All accounts by kind and currency; debits and credits are equal in each currency.")
        @OptionGroup var options: LedgerOptions

        func run() async throws {
            try await options.run(remotely: self) { session, actor in
                let lines = try await TrialBalance(market: session.market)(by: actor)
                let text = try lines.map { line in
                    "\(line.kind.rawValue): \(try Money(line.balanceMinor, line.currency)) in \(line.accounts) accounts"
                }
                return (["items": .array(lines.map(\.json))], text.joined(separator: "\n"))
            }
        }
    }

    struct Entry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "An entry of the journal with its transfers.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The entry's id.") var id: String

        func run() async throws {
            try await options.run(remotely: self) { session, actor in
                let entry = try await ShowEntry(market: session.market)(try readID(id), by: actor)
                let lines = entry.transfers.map { "\($0.kind.rawValue): \($0.amount) from \($0.debit) to \($0.credit)" }
                let head = "\(entry.kind.rawValue)" + (entry.reason.map { ": \($0)" } ?? "")
                return (entry.json, ([head] + lines).joined(separator: "\n"))
            }
        }
    }
}

/// What the commands on the books read and print alike.
struct LedgerOptions: ParsableArguments {
    @OptionGroup var database: DatabaseOptions
    @Option(help: .actor("somebody in finance")) var by = "finance-maker"
    @Flag(help: "Print JSON.") var json = false

    func run(
        remotely command: some ParsableCommand,
        _ body: @Sendable (_ session: Session, _ actor: Principal.ID) async throws -> (json: JSON, text: String)
    ) async throws {
        try await withSession(database, remotely: command as? any RemoteCommand) { session in
            let (result, text) = try await body(session, try await session.market.person(named: by))
            Console.result(result, text.isEmpty ? "Nothing." : text, asJSON: json)
        }
    }
}

/// Which account.
struct AccountOptions: ParsableArguments {
    @Argument(help: "Its kind: \(AccountKind.allCases.map(\.rawValue).joined(separator: ", ")).") var kind: String
    @Option(help: "A requester's or worker's key, or a batch's id; none for the platform's own.") var owner: String?
    @Option(help: "ISO 4217 code.") var currency = "USD"

    func key(_ session: Session) async throws -> AccountKey {
        let kind = try choice(kind, of: AccountKind.self, field: "kind")
        let currency = try readCurrency(currency)
        switch (kind, owner) {
        case (.requesterWallet, let owner?): return .wallet(of: try await session.requester(owner), currency)
        case (.workerPayable, let owner?): return .payable(to: try await session.worker(owner), currency)
        case (.batchHold, let owner?): return .hold(ofBatch: try readID(owner, "owner") as Batch.ID, currency)
        case (.requesterWallet, nil), (.workerPayable, nil), (.batchHold, nil):
            throw BadInput("owner", "must be given for this kind of account")
        case (_, .some): throw BadInput("owner", "must not be given for an account of the platform")
        case (_, nil): return AccountKey(kind: kind, owner: nil, currency: currency)
        }
    }
}

func readCurrency(_ code: String, _ field: String = "currency") throws -> Currency {
    guard let currency = Currency(code) else { throw BadInput(field, "must be an ISO 4217 code") }
    return currency
}

extension AccountKey {
    fileprivate static func hold(ofBatch batch: Batch.ID, _ currency: Currency) -> AccountKey {
        .hold(ofBatch: batch.uuid, currency)
    }
}

extension Money {
    var json: JSON { ["amount_minor": .integer(minorUnits), "currency": .string(currency.code)] }
}

extension StatementLine {
    fileprivate var json: JSON {
        [
            "transfer": .string("\(transfer)"), "kind": .string(kind.rawValue),
            "amount_minor": .integer(amount.minorUnits), "currency": .string(amount.currency.code),
            "balance_minor": .integer(balance.minorUnits), "other_kind": .string(otherKind.rawValue),
            "other_owner": otherOwner.map { .string($0.uuidString.lowercased()) } ?? .null,
            "source": .string(source.uuidString.lowercased()), "posted_at": .string(utcText(postedAt)),
        ]
    }

    fileprivate var text: String {
        "\(utcText(postedAt)) \(transfer): \(amount), \(kind.rawValue), \(otherKind.rawValue); then \(balance)"
    }
}

extension TrialBalanceLine {
    fileprivate var json: JSON {
        [
            "kind": .string(kind.rawValue), "currency": .string(currency.code), "accounts": .integer(Int64(accounts)),
            "debits_minor": .integer(debits), "credits_minor": .integer(credits),
            "balance_minor": .integer(balanceMinor),
        ]
    }
}

extension JournalEntry {
    fileprivate var json: JSON {
        [
            "entry": .string("\(id)"), "kind": .string(kind.rawValue),
            "source": .string(source.uuidString.lowercased()),
            "reverses": reverses.map { .string("\($0)") } ?? .null, "reason": reason.map { .string($0) } ?? .null,
            "transfers": .array(
                transfers.map {
                    [
                        "transfer": .string("\($0.id)"), "kind": .string($0.kind.rawValue),
                        "debit": .string("\($0.debit)"), "credit": .string("\($0.credit)"),
                        "amount_minor": .integer($0.amount.minorUnits),
                        "currency": .string($0.amount.currency.code),
                    ]
                }),
        ]
    }
}
