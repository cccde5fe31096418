package import Formats
internal import Foundation
internal import Store

/// A person of finance asks for an entry that does not follow from work: a withdrawal, a conversion, a write-off, a
/// reversal, a remittance of tax, what a bank kept or gave beside the books or rounded otherwise. Nothing moves until
/// another person posts it.
package struct PrepareVoucher: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Idempotent by `reference`: the same order again is the same voucher.
    ///
    /// - Parameters:
    ///   - reference: how finance calls it, a line of 1 to 200 characters.
    ///   - reason: for whoever posts it and for the books, up to 4,000 characters.
    /// - Throws: ``AccessRefusal`` unless the actor is a finance maker; ``BadInput``; ``NotFound``; ``VoucherRefusal``.
    package func callAsFunction(
        _ order: VoucherOrder, reference: String, reason: String, by actor: Principal.ID
    ) async throws -> Voucher.ID {
        let id = Voucher.ID(try Reference.uuid(of: reference, in: "voucher"))
        let reason = try PlainText.lines(reason, field: "reason")
        let converted = try order.checked()
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .financeMaker)
            guard try await transaction.personExists(actor) else { throw VoucherRefusal.personNeeded }
            try await transaction.mustExist(order)
            guard
                try await transaction.insertVoucher(id, order, converted: converted, reason: reason, by: actor)
            else {
                guard let earlier = try await transaction.lockVoucher(id), earlier.order == order else {
                    throw VoucherRefusal.referenceTaken
                }
                return id
            }
            try await change.record(
                "voucher_prepared", by: actor, on: "voucher", id.uuid, in: .platform, facts: order.facts)
            return id
        }
    }
}

/// A second person posts what was prepared, or refuses it.
package struct DecideVoucher: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Returns: the entry; `nil` when it was refused.
    /// - Throws: ``AccessRefusal`` unless the actor is a finance checker; ``NotFound``; ``VoucherRefusal``;
    ///   ``LedgerRefusal``.
    @discardableResult
    package func callAsFunction(
        _ id: Voucher.ID, post: Bool, by actor: Principal.ID
    ) async throws -> JournalEntry.ID? {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .financeChecker)
            guard try await transaction.personExists(actor) else { throw VoucherRefusal.personNeeded }
            guard let voucher = try await transaction.lockVoucher(id) else { throw NotFound("voucher") }
            guard voucher.preparedBy != actor else { throw VoucherRefusal.samePerson }
            guard voucher.state == .prepared else { throw VoucherRefusal.decided(voucher.state) }
            let entry = post ? try await change.entry(of: voucher) : nil
            if let entry { try await transaction.post(entry) }
            try await transaction.decideVoucher(id, as: post ? .posted : .refused, by: actor)
            try await change.record(
                post ? "voucher_posted" : "voucher_refused", by: actor, on: "voucher", id.uuid, in: .platform,
                facts: voucher.order.facts)
            return entry?.id
        }
    }
}

/// Vouchers, newest first, by pages.
package struct ListVouchers: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - state: only those; `nil` for all.
    ///   - before: the last one of the page before.
    ///   - limit: 1 to 200.
    /// - Throws: ``AccessRefusal`` unless the actor is in finance; ``BadInput``.
    package func callAsFunction(
        _ state: VoucherState? = nil, before: Voucher.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [Voucher] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            return try await transaction.vouchers(state, before: before, limit: limit)
        }
    }
}

extension VoucherOrder {
    /// - Returns: what a conversion brings.
    func checked() throws -> Money? {
        if let amount, amount.minorUnits <= 0 { throw BadInput("amount", "must be above zero") }
        if let amount, kind == .roundingCharge || kind == .roundingCredit, amount.minorUnits > Self.roundingMax {
            throw BadInput("amount", "is at most \(Self.roundingMax) minor units where a bank has rounded otherwise")
        }
        guard case .conversion(_, let amount, let rate) = self else { return nil }
        guard rate.currency != amount.currency else { throw BadInput("to_currency", "must be another currency") }
        do {
            return try rate.converted(amount)
        } catch {
            throw BadInput("amount", "comes to nothing, or to more than an amount can be, at this rate")
        }
    }

    /// For the audit log.
    package var facts: JSON {
        var facts: [String: JSON] = ["kind": .string(kind.rawValue)]
        if let amount { facts["amount"] = .string("\(amount)") }
        if let requester { facts["requester"] = .string("\(requester)") }
        if case .reversal(let entry) = self { facts["reverses"] = .string("\(entry)") }
        if case .conversion(_, let amount, let rate) = self {
            facts["rate_e8"] = .integer(rate.e8)
            facts["rate_source"] = .string(rate.source)
            if let converted = try? rate.converted(amount) { facts["converted"] = .string("\(converted)") }
        }
        return .object(facts)
    }
}

extension EntryKind {
    /// Whether finance takes such an entry back by hand. What follows from work or a payout is undone where it came
    /// from. A reversal goes by the entry that it goes back to.
    var isReversible: Bool {
        switch self {
        case .funding, .withdrawal, .conversion, .writeOff, .reversal, .remittance, .bankCharge, .bankCredit,
            .roundingCharge, .roundingCredit:
            true
        case .hold, .release, .acceptance, .topUp, .payout, .settlement, .bonus, .payoutReturn, .withholding, .clawback,
            .remedy, .recovery, .clawbackRelease:
            false
        }
    }
}

extension Transaction {
    /// - Throws: ``NotFound``; ``VoucherRefusal/notReversible(_:)``.
    fileprivate func mustExist(_ order: VoucherOrder) async throws {
        if let wallet = order.wallet, try await findAccounts([wallet])[wallet] == nil {
            throw NotFound("wallet of that requester in \(wallet.currency.code)")
        }
        guard case .reversal(let id) = order else { return }
        // Withheld tax that came back with a payment is a reversal too, and not one that was made by hand.
        guard let found = try await kindReversed(by: id) else { throw NotFound("journal entry") }
        // What a bank kept of a payment that came back stands by the bank's word.
        guard found.kind.isReversible, found.isByHand || found.kind != .bankCharge else {
            throw VoucherRefusal.notReversible(found.kind)
        }
    }
}

extension Change {
    /// The entry that a locked voucher becomes.
    fileprivate func entry(of voucher: Voucher) async throws -> JournalEntry {
        let source = voucher.id.uuid
        var moves: [(debit: AccountKey, credit: AccountKey, amount: Money)] = []
        switch voucher.order {
        case .withdrawal(let requester, let amount):
            moves = [(.wallet(of: requester, amount.currency), .bank(amount.currency), amount)]
        case .writeOff(let requester, let amount):
            moves = [(.writeOff(amount.currency), .wallet(of: requester, amount.currency), amount)]
        case .conversion(let requester, let amount, let rate):
            let converted = try rate.converted(amount)
            moves = [
                (.wallet(of: requester, amount.currency), .conversion(amount.currency), amount),
                (.conversion(rate.currency), .wallet(of: requester, rate.currency), converted),
            ]
        case .remittance(let amount):
            try await mustOwe(amount)
            moves = [(.taxPayable(amount.currency), .bank(amount.currency), amount)]
        case .bankCharge(let amount): moves = [(.writeOff(amount.currency), .bank(amount.currency), amount)]
        case .bankCredit(let amount): moves = [(.bank(amount.currency), .writeOff(amount.currency), amount)]
        case .roundingCharge(let amount): moves = [(.rounding(amount.currency), .bank(amount.currency), amount)]
        case .roundingCredit(let amount): moves = [(.bank(amount.currency), .rounding(amount.currency), amount)]
        case .reversal(let id):
            guard let entry = try await transaction.journalEntry(id) else { throw NotFound("journal entry") }
            let back = entry.transfers.map {
                Transfer(
                    id: make(), kind: .reversal, debit: $0.credit, credit: $0.debit, amount: $0.amount,
                    source: $0.id.uuid
                )
            }
            // A remittance that was taken back and is restored.
            for transfer in back where transfer.debit.kind == .taxPayable { try await mustOwe(transfer.amount) }
            return JournalEntry(
                id: make(), kind: .reversal, source: source, reverses: id, reason: voucher.reason, back)
        }
        let accounts = try await transaction.accounts(moves.flatMap { [$0.debit, $0.credit] }, ids: identifiers)
        let kind = voucher.order.kind
        let transfers = try moves.map { move in
            guard let from = accounts[move.debit], let to = accounts[move.credit] else {
                throw StoreError.unexpectedRowCount(0)
            }
            let id: Transfer.ID = make()
            return Transfer(
                id: id, kind: kind.transfer, debit: from, credit: to, amount: move.amount,
                source: moves.count == 1 ? source : id.uuid
            )
        }
        return JournalEntry(id: make(), kind: kind.entry, source: source, reason: voucher.reason, transfers)
    }

    /// So much was withheld and is still owed to authorities. Asked one at a time, as the account keeps no balance.
    private func mustOwe(_ amount: Money) async throws {
        try await transaction.advisoryLock(AdvisoryLock("remittance", amount.currency.code))
        guard try await transaction.balance(of: .taxPayable(amount.currency)).minorUnits >= amount.minorUnits else {
            throw VoucherRefusal.nothingWithheld
        }
    }
}

extension VoucherKind {
    fileprivate var transfer: TransferKind {
        switch self {
        case .withdrawal: .withdrawal
        case .conversion: .conversion
        case .writeOff: .writeOff
        case .reversal: .reversal
        case .remittance: .remittance
        case .bankCharge: .bankCharge
        case .bankCredit: .bankCredit
        case .roundingCharge: .roundingCharge
        case .roundingCredit: .roundingCredit
        }
    }
}
