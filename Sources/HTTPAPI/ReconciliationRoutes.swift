internal import Formats
internal import HTTPTypes
internal import Marketplace

/// What is open between the books and the bank, and what people found out about it.
struct ReconciliationRoutes {
    private static let entry = Shape.object(
        "OpenBankEntry",
        [
            "entry": .id, "outcome": .text.orNull, "end_to_end_id": .text.orNull, "account": .text.orNull,
            "reference": .text.orNull, "amount_minor": .minor.orNull, "currency": .text.orNull, "is_credit": .flag,
            "booked_on": .text.orNull, "reason": .text.orNull, "information": .text.orNull, "line": .id.orNull,
        ])
    private static let payment = Shape.object(
        "OpenPayment",
        [
            "line": .id, "payout_batch": .id, "end_to_end_id": .text, "amount_minor": .minor, "currency": .currency,
            "issued_at": .time, "accepted": .flag,
            "state": Shape.choice(PayoutLineState.self).described(
                "`failed` where a table of returns alone says that it came back after the bank had debited it."),
        ])
    private static let statement = Shape.object(
        "BankStatementGap",
        [
            "statement": .id, "statement_id": .text, "account": .text, "currency": .text, "stated_on": .day,
            "opening_minor": .minor, "closing_minor": .minor, "booked_minor": .minor,
            "why": .words("entries_differ", "statement_missing"),
        ])
    private static let reason = Endpoint.Body.json(
        ["reason": Shape.text(1...4_000).described("What was found out.")], bytesMax: 32 << 10)
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/open-payments", "listOpenPayments",
                "Payments of which the bank has said nothing final, oldest first", .payouts,
                for: LedgerRoutes.finance, query: Parameter.pagingOn, gives: .ok(.page(Self.payment)), by: payments),
            Endpoint(
                .get, "/v1/bank-entries", "listOpenBankEntries",
                "Lines of bank files that fit no payment and nobody has looked at, oldest first", .payouts,
                for: LedgerRoutes.finance, query: Parameter.pagingOn, gives: .ok(.page(Self.entry)), by: entries),
            Endpoint(
                .post, "/v1/bank-entries/{bank_entry}/resolve", "resolveBankEntry",
                "Enter what you found out about one; it moves no money", .payouts, for: LedgerRoutes.finance,
                takes: Self.reason, gives: .ok(.state("resolved")), by: resolveEntry),
            Endpoint(
                .post, "/v1/bank-entries/{bank_entry}/settle", "settleBankEntry",
                "Settle the payments that one has with another amount, once a voucher of the difference is posted",
                .payouts, for: LedgerRoutes.finance, takes: Self.reason, gives: .ok(["payments": .count]),
                refuses: [
                    "person_needed", "bank_entry_not_awaited", "bank_entry_difference_open", "bank_entry_same_person",
                ], by: settleEntry),
            Endpoint(
                .get, "/v1/bank-statements", "listBankStatementGaps",
                "Statements that do not fit the one before, or their own entries, oldest first", .payouts,
                for: LedgerRoutes.finance, query: Parameter.pagingOn, gives: .ok(.page(Self.statement)),
                by: statements),
            Endpoint(
                .post, "/v1/bank-statements/{bank_statement}/resolve", "resolveBankStatement",
                "Enter what you found out about one; it is no gap any more", .payouts, for: LedgerRoutes.finance,
                takes: Self.reason, gives: .ok(.state("resolved")), by: resolveStatement),
        ]
    }

    @Sendable private func payments(_ call: Call) async throws -> Outcome {
        let found = try await ReconcileBank(market: market).payments(
            after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { $0["line"]?.stringValue ?? "" }, { $0 })
    }

    @Sendable private func entries(_ call: Call) async throws -> Outcome {
        let found = try await ReconcileBank(market: market).entries(
            after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func statements(_ call: Call) async throws -> Outcome {
        let found = try await ReconcileBank(market: market).statements(
            after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func resolveEntry(_ call: Call) async throws -> Outcome {
        let id: BankEntry.ID = try call.id("bank_entry")
        let (reason, actor) = (try call.string("reason"), try call.actor)
        return try await call.once(200, { (_: Void) in ["state": "resolved"] }) {
            try await ReconcileBank(market: $0).resolve(id, as: reason, by: actor)
        }
    }

    @Sendable private func settleEntry(_ call: Call) async throws -> Outcome {
        let id: BankEntry.ID = try call.id("bank_entry")
        let (reason, actor) = (try call.string("reason"), try call.actor)
        return try await call.once(200, { (count: Int) in ["payments": .integer(Int64(count))] }) {
            try await SettleBankEntry(market: $0)(id, as: reason, by: actor)
        }
    }

    @Sendable private func resolveStatement(_ call: Call) async throws -> Outcome {
        let id: BankStatementGap.ID = try call.id("bank_statement")
        let (reason, actor) = (try call.string("reason"), try call.actor)
        return try await call.once(200, { (_: Void) in ["state": "resolved"] }) {
            try await ReconcileBank(market: $0).resolve(statement: id, as: reason, by: actor)
        }
    }
}
