internal import Foundation
internal import Store

extension Transaction {
    /// - Returns: false when a voucher has that id already.
    /// - Throws: ``VoucherRefusal/reversalPrepared``.
    func insertVoucher(
        _ id: Voucher.ID, _ order: VoucherOrder, converted: Money?, reason: String, by maker: Principal.ID
    ) async throws -> Bool {
        var (rate, reversed): (ConversionRate?, JournalEntry.ID?) = (nil, nil)
        if case .conversion(_, _, let given) = order { rate = given }
        if case .reversal(let entry) = order { reversed = entry }
        do {
            return try await execute(
                """
                insert into voucher (voucher_id, kind, state, requester_id, amount_minor, currency, to_amount_minor,
                                     to_currency, rate_e8, rate_source, reverses_id, reason, prepared_by, prepared_at)
                values (\(id), \(order.kind), 'prepared', \(order.requester), \(order.amount?.minorUnits),
                        \(order.amount?.currency), \(converted?.minorUnits), \(rate?.currency), \(rate?.e8),
                        \(rate?.source), \(reversed), \(reason), \(maker), \(instant))
                on conflict on constraint voucher_pkey do nothing
                """) == 1
        } catch let error as StoreError where error.violatedConstraint == "voucher_one_reversal" {
            throw VoucherRefusal.reversalPrepared
        }
    }

    /// The voucher, kept from being decided until this transaction ends.
    func lockVoucher(_ id: Voucher.ID) async throws -> Voucher? {
        try await firstRow("\(fragment: Voucher.columns) where voucher_id = \(id) for no key update").map(Voucher.init)
    }

    func decideVoucher(_ id: Voucher.ID, as state: VoucherState, by checker: Principal.ID) async throws {
        let changed = try await execute(
            """
            update voucher set state = \(state), decided_by = \(checker), decided_at = \(instant)
             where voucher_id = \(id) and state = 'prepared' and prepared_by <> \(checker)
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// Newest first.
    func vouchers(_ state: VoucherState?, before: Voucher.ID?, limit: Int) async throws -> [Voucher] {
        try await rows(
            """
            \(fragment: Voucher.columns)
             where (\(state)::voucher_state is null or state = \(state)::voucher_state)
               and (\(before)::uuid is null
                    or (prepared_at, voucher_id) < (select prepared_at, voucher_id from voucher
                                                     where voucher_id = \(before)::uuid))
             order by prepared_at desc, voucher_id desc
             limit \(limit)
            """
        ).map(Voucher.init)
    }
}

extension Voucher {
    static let columns: SQL = """
        select voucher_id, kind, state, requester_id, amount_minor, currency, to_currency, rate_e8, rate_source,
               reverses_id, reason, prepared_by, prepared_at, decided_by
          from voucher
        """

    init(row: Row) throws {
        id = try row["voucher_id"]
        state = try row["state"]
        reason = try row["reason"]
        preparedBy = try row["prepared_by"]
        preparedAt = try row["prepared_at"]
        decidedBy = try row["decided_by"]
        func amount() throws -> Money { try Money(row["amount_minor"], row["currency"]) }
        switch try row.value("kind", as: VoucherKind.self) {
        case .withdrawal: order = .withdrawal(try row["requester_id"], try amount())
        case .writeOff: order = .writeOff(try row["requester_id"], try amount())
        case .reversal: order = .reversal(try row["reverses_id"])
        case .remittance: order = .remittance(try amount())
        case .bankCharge: order = .bankCharge(try amount())
        case .bankCredit: order = .bankCredit(try amount())
        case .roundingCharge: order = .roundingCharge(try amount())
        case .roundingCredit: order = .roundingCredit(try amount())
        case .conversion:
            let rate = ConversionRate(
                e8: try row["rate_e8"], currency: try row["to_currency"], source: try row["rate_source"])
            order = .conversion(try row["requester_id"], try amount(), rate)
        }
    }
}
