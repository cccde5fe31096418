internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// Payouts: one person prepares, another approves exactly that content, the file is made; what the bank says of it.
struct PayoutRoutes {
    private static let path = "/v1/payouts/{payout}"
    static let own: [Code] = [
        "nothing_to_pay", "payout_wrong_state", "second_person_needed", "person_needed", "payout_content_differs",
        "payout_accounts_changed", "payout_wrong_form", "payout_clawback_overturned", "payout_account_erased",
        "payout_day_passed", "payout_file_differs", "nothing_left_after_tax", "tax_period_passed",
        "tax_base_changed", "withholding_not_whole",
    ]
    private static let maker = Access.platform([.financeMaker])
    private static let source = Shape.object(
        "PayoutSource", ["name": .text, "format": .text, "currency": .currency, "settings": .anyObject])
    let market: Market

    var endpoints: [Endpoint] { preparing + deciding + bank }

    private var guardedSource: Guarded {
        Guarded(
            lock: { call, change in try await change.transaction.lockPayoutSource(try call.name("source")) },
            read: showSource)
    }

    private var preparing: [Endpoint] {
        [
            Endpoint(
                .post, "/v1/payouts", "preparePayout",
                "Put what is due in a currency into a payout, as a table without accounts", .payouts, for: Self.maker,
                takes: .json(["currency": .currency]), gives: .created(.payout), refuses: Self.own, by: prepare),
            Endpoint(
                .post, "/v1/payout-runs", "preparePayoutRun",
                "Put what is due into a payout by a bank file, to each payee's account of now", .payouts,
                for: Self.maker,
                takes: .json([
                    "source": .text, "day": .day,
                    "minimum_minor": Shape.integer(0...Money.minorUnitsMax).optional,
                ]),
                gives: .created(.preparedRun),
                refuses: Self.own + Code.content + ["not_found"], by: prepareRun),
            Endpoint(
                .get, Self.path + "/lines", "listPayoutLines", "What a payout pays to whom", .payouts,
                for: LedgerRoutes.finance, query: Parameter.pagingOn, gives: .ok(.page(.payoutLine)), by: lines),
        ]
    }

    private var deciding: [Endpoint] {
        [
            Endpoint(
                .post, Self.path + "/approve", "approvePayout",
                "Approve exactly the content that the hash names; not by whoever prepared it", .payouts,
                for: .platform([.financeChecker]), takes: .json(["content_hash": .sha256]),
                gives: .ok(.state("approved")), refuses: Self.own, by: approve),
            Endpoint(
                .post, Self.path + "/cancel", "cancelPayout", "Cancel one that was not issued; all is due again",
                .payouts, for: LedgerRoutes.finance, takes: .empty, gives: .ok(.state("cancelled")),
                refuses: Self.own, by: cancel),
            Endpoint(
                .post, Self.path + "/issue", "issuePayout",
                "Let the money of an approved table leave; its file is then at `file`", .payouts, for: Self.maker,
                takes: .empty, gives: .ok(.state("issued")), refuses: Self.own, by: issue),
            Endpoint(
                .get, Self.path + "/file", "readPayoutFile",
                "The table of an issued payout: the same bytes each time, until a payee is erased", .payouts,
                for: LedgerRoutes.finance, gives: .media("text/csv"), refuses: Self.own, by: file),
            Endpoint(
                .post, Self.path + "/export", "exportPayoutRun",
                "The bank file of an approved run; the first time the money leaves the workers' accounts", .payouts,
                for: Self.maker, takes: .empty, keyed: false, gives: .media("application/octet-stream"),
                refuses: Self.own + Code.content, by: export),
        ]
    }

    private var bank: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/payout-sources", "listPayoutSources", "Accounts that payouts are made from", .payouts,
                for: LedgerRoutes.finance, gives: .ok(["items": .list(Self.source)]), by: sources),
            Endpoint(
                .get, "/v1/payout-sources/{source}", "showPayoutSource", "One account that is paid from", .payouts,
                for: LedgerRoutes.finance, query: [.path("source", .text(1...50))], guards: guardedSource,
                gives: .ok(Self.source), by: showSource),
            Endpoint(
                .put, "/v1/payout-sources/{source}", "setPayoutSource",
                "Write an account that is paid from, in place of what was there; what is prepared keeps what it was",
                .payouts, for: Access.platform([.financeChecker]), query: [.path("source", .text(1...50))],
                takes: .json([
                    "format": Shape(["type": "string", "enum": .array(PayoutSource.formats.map(JSON.string))]),
                    "currency": .currency,
                    "settings": Shape.anyObject.described("Of the payer: name, address, account, as it is listed."),
                ]), guards: guardedSource, gives: .ok(.state("kept")), by: setSource),
            Endpoint(
                .post, "/v1/bank-imports", "importBankFile",
                "Take in what the bank says (pain.002, camt.053/054, NACHA returns); the same again changes nothing",
                .payouts, for: LedgerRoutes.finance,
                takes: .json(
                    ["file": Shape.text(1...4_000_000).described("The file as text.")], bytesMax: 8 << 20),
                keyed: false, gives: .ok(.bankImport),
                refuses: ["bank_file_kind", "bank_file_faulty", "bank_file_too_large"], by: importFile),
            Endpoint(
                .get, "/v1/reconciliation", "reconcile", "The books held against the bank, by currency", .payouts,
                for: LedgerRoutes.finance, gives: .ok(["items": .list(.anyObject)]), by: reconcile),
        ]
    }

    @Sendable private func prepare(_ call: Call) async throws -> Outcome {
        let (actor, currency) = (try call.actor, try call.currency())
        return try await call.once(201, \.wire) { try await PreparePayoutBatch(market: $0)(currency, by: actor) }
    }

    @Sendable private func prepareRun(_ call: Call) async throws -> Outcome {
        guard let keys = market.keys else { throw ContentRefusal.keysMissing }
        guard let day = try call.day("day") else { throw BadInput("day", "is missing") }
        let (source, actor) = (try call.string("source"), try call.actor)
        let minimum = call["minimum_minor"]?.integerValue ?? 0
        return try await call.once(201, \.wire) {
            try await PreparePayoutRun(market: $0, keys: keys)(
                from: source, on: day, minimumMinor: minimum, by: actor)
        }
    }

    @Sendable private func lines(_ call: Call) async throws -> Outcome {
        let found = try await ListPayoutLines(market: market)(
            of: try call.id("payout"), after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.line.id)" }, \.wire)
    }

    @Sendable private func approve(_ call: Call) async throws -> Outcome {
        let (id, actor): (PayoutBatch.ID, Principal.ID) = (try call.id("payout"), try call.actor)
        guard let hash = Digest(hexadecimal: try call.string("content_hash")) else {
            throw BadInput("content_hash", "must be 64 hexadecimal digits")
        }
        return try await call.once(200, { ["state": "approved"] }) {
            try await ApprovePayoutBatch(market: $0)(id, contentHash: hash, by: actor)
        }
    }

    @Sendable private func cancel(_ call: Call) async throws -> Outcome {
        let (id, actor): (PayoutBatch.ID, Principal.ID) = (try call.id("payout"), try call.actor)
        return try await call.once(200, { ["state": "cancelled"] }) {
            try await CancelPayoutBatch(market: $0)(id, by: actor)
        }
    }

    @Sendable private func issue(_ call: Call) async throws -> Outcome {
        let (id, actor): (PayoutBatch.ID, Principal.ID) = (try call.id("payout"), try call.actor)
        return try await call.once(200, { ["state": "issued"] }) {
            try await IssuePayoutBatch(market: $0)(id, by: actor)
        }
    }

    @Sendable private func file(_ call: Call) async throws -> Outcome {
        let (id, actor): (PayoutBatch.ID, Principal.ID) = (try call.id("payout"), try call.actor)
        return try await Download.make("text/csv; charset=utf-8") { write in
            _ = try await PayoutFile(market: market)(id, by: actor, write: write)
        }
    }

    /// Said again it gives the same bytes.
    @Sendable private func export(_ call: Call) async throws -> Outcome {
        guard let keys = market.keys else { throw ContentRefusal.keysMissing }
        let (id, actor): (PayoutBatch.ID, Principal.ID) = (try call.id("payout"), try call.actor)
        let headers = { (exported: ExportPayoutRun.Result) in exported.headers }
        return try await Download.make("application/octet-stream", headers: headers) { write in
            try await ExportPayoutRun(market: market, keys: keys)(id, by: actor, write: write)
        }
    }

    @Sendable private func sources(_ call: Call) async throws -> Outcome {
        let found = try await SetPayoutSource(market: market).all(by: try call.actor)
        return .json(["items": .array(found.map(\.json))])
    }

    @Sendable private func showSource(_ call: Call) async throws -> Outcome {
        .json(try await SetPayoutSource(market: market).one(try call.name("source"), by: try call.actor).json)
    }

    @Sendable private func setSource(_ call: Call) async throws -> Outcome {
        let (actor, name, format) = (try call.actor, try call.name("source"), try call.string("format"))
        let (currency, settings) = (try call.currency(), call.body["settings"] ?? [:])
        return try await call.once(200, { (_: Void) in ["state": "kept"] }) {
            try await SetPayoutSource(market: $0)(
                name, formatNamed: format, currency: currency, settings: settings, by: actor)
        }
    }

    @Sendable private func importFile(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        // Who may not is refused before the file is read.
        let bank = ImportBankFile(market: market)
        try await bank.check(actor)
        return .json(try await bank(Array(try call.string("file").utf8), by: actor).json)
    }

    @Sendable private func reconcile(_ call: Call) async throws -> Outcome {
        .json(["items": .array(try await ReconcileBank(market: market)(by: try call.actor).map(\.json))])
    }
}

extension ExportPayoutRun.Result {
    /// What the file is, and how many payees have another account by now.
    fileprivate var headers: HTTPFields {
        [
            .fileHash: fileHash.hexadecimal, .payments: "\(payments)", .accountsChanged: "\(accountsChanged)",
            .firstTime: "\(isFirst)",
        ]
    }
}

extension HTTPField.Name {
    fileprivate static let fileHash = HTTPField.Name("X-File-Hash") ?? .date
    fileprivate static let payments = HTTPField.Name("X-Payments") ?? .date
    fileprivate static let accountsChanged = HTTPField.Name("X-Accounts-Changed") ?? .date
    fileprivate static let firstTime = HTTPField.Name("X-First-Time") ?? .date
}
