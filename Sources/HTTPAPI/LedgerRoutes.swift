internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// The books: accounts, entries, vouchers that one person prepares and another posts, and the report.
struct LedgerRoutes {
    static let finance = Access.platform([.financeMaker, .financeChecker])
    private static let account = "/v1/ledger/accounts/{kind}"
    private static let ofAccount: [Parameter] = [
        .path("kind", .choice(AccountKind.self)), .query("currency", .currency, required: true),
        .query("owner", Shape.id.described("The requester, worker or batch; none for the platform's own.")),
    ]
    let market: Market

    var endpoints: [Endpoint] { books + vouchers }

    private var books: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/ledger/trial-balance", "showTrialBalance",
                "Debits and credits by kind of account; they come to nothing in each currency", .ledger,
                for: Self.finance,
                gives: .ok([
                    "items": .list(
                        .object(
                            "TrialBalanceLine",
                            [
                                "kind": .choice(AccountKind.self), "currency": .currency, "accounts": .count,
                                "debits_minor": .minor, "credits_minor": .minor, "balance_minor": .minor,
                            ]))
                ]), by: trialBalance),
            Endpoint(
                .get, Self.account, "showBalance", "What an account holds, now or at an instant", .ledger,
                for: Self.finance, query: Self.ofAccount + [.query("at", .time)],
                gives: .ok(.object("Amount", ["amount_minor": .minor, "currency": .currency])), by: balance),
            Endpoint(
                .get, Self.account + "/transfers", "listTransfers",
                "What moved on an account and what it held after, newest first, until now or an instant", .ledger,
                for: Self.finance, query: Self.ofAccount + [.query("at", .time)] + Parameter.paging,
                gives: .ok(
                    .page(
                        .object(
                            "StatementLine",
                            [
                                "transfer": .id, "kind": .text, "amount_minor": .minor, "balance_minor": .minor,
                                "currency": .currency, "other_kind": .choice(AccountKind.self),
                                "other_owner": .id.orNull, "source": .id, "posted_at": .time,
                            ]))), by: transfers),
            Endpoint(
                .get, "/v1/ledger/entries/{entry}", "showEntry", "An entry with its transfers", .ledger,
                for: Self.finance,
                gives: .ok(
                    .object(
                        "JournalEntry",
                        [
                            "entry": .id, "kind": .text, "source": .id, "reverses": .id.orNull, "reason": .text.orNull,
                            "transfers": .list(
                                .object([
                                    "transfer": .id, "kind": .text, "debit": .text, "credit": .text,
                                    "amount_minor": .minor, "currency": .currency,
                                ])),
                        ])), by: entry),
            Endpoint(
                .get, "/v1/ledger/report", "reportFinance",
                "Aging of what is owed, take rate, cost of an accepted answer, and whether the books agree", .ledger,
                for: Self.finance,
                query: [.query("from", .time, required: true), .query("to", .time, required: true)],
                gives: .ok([
                    "aging": .list(.anyObject), "receivables": .list(.anyObject), "take": .list(.anyObject),
                    "accounts": .list(.anyObject), "books_agree": .flag,
                ]), by: report),
        ]
    }

    private var vouchers: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/vouchers", "listVouchers", "Entries that wait for a second person, or were decided",
                .ledger, for: Self.finance,
                query: [.query("state", .choice(VoucherState.self))] + Parameter.paging,
                gives: .ok(.page(.voucher)), by: list),
            Endpoint(
                .post, "/v1/vouchers", "prepareVoucher",
                "Ask for an entry that another person posts; the same reference again is the same voucher", .ledger,
                for: .platform([.financeMaker]),
                takes: .json([
                    "kind": .choice(VoucherKind.self), "requester": Shape.id.orNull.optional,
                    "amount_minor": Shape.integer(1...Money.minorUnitsMax).orNull.optional,
                    "currency": Shape.currency.optional, "to_currency": Shape.currency.optional,
                    "rate": Shape.text.described("A decimal.").optional, "rate_source": Shape.text.optional,
                    "entry": Shape.id.orNull.optional, "reference": .text(1...200), "reason": .text,
                ]),
                gives: .created(["voucher": .id]),
                refuses: [
                    "person_needed", "voucher_reference_taken", "entry_not_reversible", "reversal_prepared",
                    "nothing_withheld", "not_found",
                ] + Code.ledger, by: prepare),
            decide("post", "postVoucher", "Post a voucher that somebody else prepared", posts: true),
            decide("refuse", "refuseVoucher", "Refuse a voucher; nothing moves", posts: false),
        ]
    }

    private func decide(_ verb: String, _ id: String, _ summary: String, posts: Bool) -> Endpoint {
        Endpoint(
            .post, "/v1/vouchers/{voucher}/\(verb)", id, summary, .ledger, for: .platform([.financeChecker]),
            takes: .empty, gives: .ok(["entry": Shape.id.orNull]),
            refuses: [
                "person_needed", "voucher_same_person", "voucher_decided", "entry_not_reversible", "nothing_withheld",
            ] + Code.ledger
        ) { call in
            let (voucher, actor): (Voucher.ID, Principal.ID) = (try call.id("voucher"), try call.actor)
            return try await call.once(200, { ["entry": $0.map { .string("\($0)") } ?? .null] }) {
                try await DecideVoucher(market: $0)(voucher, post: posts, by: actor)
            }
        }
    }

    @Sendable private func trialBalance(_ call: Call) async throws -> Outcome {
        let lines = try await TrialBalance(market: market)(by: try call.actor)
        let items = lines.map { line -> JSON in
            [
                "kind": .string(line.kind.rawValue), "currency": .string(line.currency.code),
                "accounts": .integer(Int64(line.accounts)), "debits_minor": .integer(line.debits),
                "credits_minor": .integer(line.credits), "balance_minor": .integer(line.balanceMinor),
            ]
        }
        return .json(["items": .array(items)])
    }

    @Sendable private func balance(_ call: Call) async throws -> Outcome {
        let instant = try call.query["at"].map { try Call.instant($0, "at") }
        return .json(
            try await AccountBalance(market: market)(of: try call.account(), at: instant, by: try call.actor).wire)
    }

    @Sendable private func transfers(_ call: Call) async throws -> Outcome {
        let instant = try call.query["at"].map { try Call.instant($0, "at") }
        let found = try await AccountStatement(market: market)(
            of: try call.account(), at: instant, before: try call.identifier("before"), limit: call.limit,
            by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.transfer)" }) { line in
            [
                "transfer": .string("\(line.transfer)"), "kind": .string(line.kind.rawValue),
                "amount_minor": .integer(line.amount.minorUnits), "currency": .string(line.amount.currency.code),
                "balance_minor": .integer(line.balance.minorUnits), "other_kind": .string(line.otherKind.rawValue),
                "other_owner": line.otherOwner.map { .string($0.uuidString.lowercased()) } ?? .null,
                "source": .string(line.source.uuidString.lowercased()),
                "posted_at": .millisecond(line.postedAt),
            ]
        }
    }

    @Sendable private func entry(_ call: Call) async throws -> Outcome {
        let entry = try await ShowEntry(market: market)(try call.id("entry"), by: try call.actor)
        let transfers = entry.transfers.map { transfer -> JSON in
            [
                "transfer": .string("\(transfer.id)"), "kind": .string(transfer.kind.rawValue),
                "debit": .string("\(transfer.debit)"), "credit": .string("\(transfer.credit)"),
                "amount_minor": .integer(transfer.amount.minorUnits),
                "currency": .string(transfer.amount.currency.code),
            ]
        }
        return .json([
            "entry": .string("\(entry.id)"), "kind": .string(entry.kind.rawValue),
            "source": .string(entry.source.uuidString.lowercased()),
            "reverses": entry.reverses.map { .string("\($0)") } ?? .null,
            "reason": entry.reason.map { .string($0) } ?? .null, "transfers": .array(transfers),
        ])
    }

    @Sendable private func report(_ call: Call) async throws -> Outcome {
        let start = try Call.instant(call.query["from"] ?? "", "from")
        let end = try Call.instant(call.query["to"] ?? "", "to")
        return .json(try await ReportFinance(market: market)(from: start, to: end, by: try call.actor).json)
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await ListVouchers(market: market)(
            call.choice("state"), before: try call.identifier("before"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func prepare(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        let (order, reference) = (try call.voucherOrder(), try call.string("reference"))
        let reason = try call.string("reason")
        return try await call.once(201, { ["voucher": .string("\($0)")] }) {
            try await PrepareVoucher(market: $0)(order, reference: reference, reason: reason, by: actor)
        }
    }
}

extension Call {
    fileprivate func account() throws -> AccountKey {
        guard let kind = AccountKind(rawValue: try name("kind")) else { throw NotFound("account") }
        guard let currency = Currency(query["currency"] ?? "") else {
            throw BadInput("currency", "must be an ISO 4217 code")
        }
        return AccountKey(kind: kind, owner: query["owner"].flatMap(UUID.init(uuidString:)), currency: currency)
    }

    fileprivate func voucherOrder() throws -> VoucherOrder {
        switch VoucherKind(rawValue: try string("kind")) {
        case .withdrawal: return .withdrawal(try required("requester"), try money())
        case .writeOff: return .writeOff(try required("requester"), try money())
        case .remittance: return .remittance(try money())
        case .bankCharge: return .bankCharge(try money())
        case .bankCredit: return .bankCredit(try money())
        case .roundingCharge: return .roundingCharge(try money())
        case .roundingCredit: return .roundingCredit(try money())
        case .reversal: return .reversal(try required("entry"))
        case .conversion:
            let rate = try ConversionRate(
                try string("rate"), to: try currency("to_currency"), source: try string("rate_source"))
            return .conversion(try required("requester"), try money(), rate)
        case nil: throw BadInput("kind", "is not known")
        }
    }
}
