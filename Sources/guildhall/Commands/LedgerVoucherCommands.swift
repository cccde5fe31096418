internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct LedgerPrepareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prepare", abstract: "Ask for an entry that another person posts.",
        discussion: """
            withdrawal and write_off take a requester and an amount, conversion a rate besides, reversal an entry, \
            remittance an amount, and so do bank_charge (the bank kept or took more than the books have) and \
            bank_credit (it gave more), which the platform's write-offs bear, and rounding_charge and \
            rounding_credit, of at most 10 minor units, where it has only rounded otherwise. The same reference \
            again is the same voucher.

            guildhall ledger prepare conversion --requester acme --amount-minor 100000 --currency EUR \
            --to-currency USD --rate 1.0837 --rate-source "ECB 2026-11-26" --reference C-4 --reason "Batch in USD"
            guildhall ledger prepare reversal --entry ENTRY --reference R-2 --reason "Booked for another requester"
            """
    )
    @OptionGroup var options: LedgerOptions
    @Argument(
        help: """
            withdrawal, conversion, write_off, reversal, remittance, bank_charge, bank_credit, rounding_charge or \
            rounding_credit.
            """)
    var kind: String
    @Option(help: "The requester's key.") var requester: String?
    @Option(name: .customLong("amount-minor"), help: "In minor units: cents, yen.") var amountMinor: Int64?
    @Option(help: "ISO 4217 code of the amount.") var currency = "USD"
    @Option(name: .customLong("to-currency"), help: "What a conversion brings.") var toCurrency: String?
    @Option(help: "Units of that currency for one unit of the amount's, a decimal.") var rate: String?
    @Option(name: .customLong("rate-source"), help: "Where and when the rate was published.") var rateSource: String?
    @Option(help: "The entry that a reversal takes back.") var entry: String?
    @Option(help: "How finance calls it, 1 to 200 characters.") var reference: String
    @Option(help: "For whoever posts it, and for the books.") var reason: String

    func run() async throws {
        try await options.run(remotely: self) { session, actor in
            let id = try await PrepareVoucher(market: session.market)(
                try await order(session), reference: reference, reason: reason, by: actor)
            return (["voucher": .string("\(id)")], "\(id): prepared. Another person posts it.")
        }
    }

    private func order(_ session: Session) async throws -> VoucherOrder {
        switch try choice(kind, of: VoucherKind.self, field: "kind") {
        case .withdrawal: return .withdrawal(try await who(session), try amount())
        case .writeOff: return .writeOff(try await who(session), try amount())
        case .remittance: return .remittance(try amount())
        case .bankCharge: return .bankCharge(try amount())
        case .bankCredit: return .bankCredit(try amount())
        case .roundingCharge: return .roundingCharge(try amount())
        case .roundingCredit: return .roundingCredit(try amount())
        case .reversal:
            guard let entry else { throw BadInput("entry", "must be given for a reversal") }
            return .reversal(try readID(entry, "entry"))
        case .conversion:
            guard let toCurrency, let rate, let rateSource else {
                throw BadInput("rate", "a conversion needs --to-currency, --rate and --rate-source")
            }
            let target = try readCurrency(toCurrency, "to_currency")
            return .conversion(
                try await who(session), try amount(), try ConversionRate(rate, to: target, source: rateSource))
        }
    }

    private func who(_ session: Session) async throws -> Requester.ID {
        guard let requester else { throw BadInput("requester", "must be given for this kind of voucher") }
        return try await session.requester(requester)
    }

    private func amount() throws -> Money {
        guard let amountMinor else { throw BadInput("amount_minor", "must be given for this kind of voucher") }
        guard let amount = try? Money(amountMinor, try readCurrency(currency)) else {
            throw BadInput("amount_minor", "is out of range")
        }
        return amount
    }
}

struct LedgerPostCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "post", abstract: "Post a voucher that somebody else prepared.")
    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The voucher's id.") var id: String
    @Option(help: .actor("a finance checker, not who prepared it")) var by = "finance-checker"
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await withSession(database) { session in
            let entry = try await DecideVoucher(market: session.market)(
                try readID(id), post: true, by: try await session.market.person(named: by))
            let text = entry.map { "\($0)" } ?? ""
            Console.result(["entry": .string(text)], "Posted as entry \(text).", asJSON: json)
        }
    }
}

struct LedgerRefuseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "refuse", abstract: "Refuse a voucher; nothing moves.")
    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The voucher's id.") var id: String
    @Option(help: .actor("a finance checker, not who prepared it")) var by = "finance-checker"

    func run() async throws {
        try await withSession(database) { session in
            try await DecideVoucher(market: session.market)(
                try readID(id), post: false, by: try await session.market.person(named: by))
            Console.result("Refused \(id).")
        }
    }
}

struct LedgerVouchersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "vouchers", abstract: "Vouchers, newest first.")
    @OptionGroup var options: LedgerOptions
    @Option(help: "Only those: prepared, posted or refused.") var state: String?
    @Option(help: "The last one of the page before.") var before: String?
    @Option(help: "Most vouchers, 1 to 200.") var limit = 50

    func run() async throws {
        try await options.run(remotely: self) { session, actor in
            let vouchers = try await ListVouchers(market: session.market)(
                try state.map { try choice($0, of: VoucherState.self, field: "state") },
                before: try pageID(before, of: Voucher.self), limit: limit, by: actor)
            return (["items": .array(vouchers.map(\.json))], vouchers.map(\.text).joined(separator: "\n"))
        }
    }
}

extension Voucher {
    fileprivate var json: JSON {
        [
            "voucher": .string("\(id)"), "state": .string(state.rawValue), "order": order.facts,
            "reason": .string(reason), "prepared_by": .string("\(preparedBy)"),
            "prepared_at": .string(utcText(preparedAt)), "decided_by": decidedBy.map { .string("\($0)") } ?? .null,
        ]
    }

    fileprivate var text: String { "\(id): \(state.rawValue), \(order.facts.canonicalText), \(reason)" }
}
