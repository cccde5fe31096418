internal import Foundation
internal import Store

/// All movements of money of payouts: to clearing when a batch is issued, to the bank when it has paid, and back when a
/// payment failed.
extension Change {
    /// At most so many entries in one statement.
    private static let step = 5_000

    /// Moves each share of a batch from what its worker is owed to clearing, in the order of the workers' accounts.
    ///
    /// - Throws: ``PayoutRefusal/contentDiffers`` when the shares do not come to the batch's total.
    func payIntoClearing(_ batch: PayoutBatch) async throws {
        let clearing = try await transaction.account(.clearing(batch.total.currency), ids: identifiers)
        var total = try Money(0, batch.total.currency)
        var last: OwedShare?
        while true {
            let part = try await transaction.owedShares(of: batch.id, after: last, limit: Self.step)
            try await transaction.post(
                part.map { owed in
                    entry(
                        .payout, .payout, from: owed.account, to: clearing, owed.share.amount,
                        source: owed.share.id.uuid)
                })
            for owed in part { total = try total.adding(owed.share.amount) }
            last = part.last
            if part.count < Self.step { break }
        }
        guard total == batch.total else { throw PayoutRefusal.contentDiffers }
    }

    /// Moves what has left with the bank's file from clearing to the bank.
    func settle(_ lines: [(id: PayoutLine.ID, amount: Money)]) async throws {
        guard let currency = lines.first?.amount.currency else { return }
        let clearing = try await transaction.account(.clearing(currency), ids: identifiers)
        let bank = try await transaction.account(.bank(currency), ids: identifiers)
        for part in lines.parts(of: Self.step) {
            try await transaction.post(
                part.map { id, amount in
                    entry(.settlement, .settlement, from: clearing, to: bank, amount, source: id.uuid)
                })
        }
    }

    /// The same for all lines of a batch, part by part.
    func settleLines(of batch: PayoutBatch) async throws {
        var last: PayoutLine.ID?
        while true {
            let lines = try await transaction.payoutLines(of: batch.id, after: last, limit: Self.step)
            try await settle(lines.map { ($0.line.id, $0.line.amount) })
            last = lines.last?.line.id
            if lines.count < Self.step { return }
        }
    }

    /// Books what the bank has kept of payments that came back: the platform bears it, and the workers are owed all.
    func bear(_ charges: [(line: PayoutLine.ID, amount: Money)]) async throws {
        guard let currency = charges.first?.amount.currency else { return }
        let platform = try await transaction.account(.writeOff(currency), ids: identifiers)
        let bank = try await transaction.account(.bank(currency), ids: identifiers)
        for part in charges.parts(of: Self.step) {
            try await transaction.post(
                part.map { line, amount in
                    entry(.bankCharge, .bankCharge, from: platform, to: bank, amount, source: line.uuid)
                })
        }
    }

    /// Gives shares of payments that failed back to their workers.
    ///
    /// - Parameter hadLeft: whether the payments were settled before; if not, they are in clearing.
    func giveBack(_ shares: [PayoutShare], hadLeft: Bool) async throws {
        guard let currency = shares.first?.amount.currency else { return }
        let source = try await transaction.account(hadLeft ? .bank(currency) : .clearing(currency), ids: identifiers)
        for part in try await payables(of: shares, currency).parts(of: Self.step) {
            try await transaction.post(
                part.map { account, share in
                    entry(.payoutReturn, .payoutReturn, from: source, to: account, share.amount, source: share.id.uuid)
                })
        }
    }

    private func entry(
        _ kind: EntryKind, _ transferKind: TransferKind, from debit: Account, to credit: Account,
        _ amount: Money, source: UUID
    ) -> JournalEntry {
        JournalEntry(
            id: make(), kind: kind, source: source,
            [Transfer(id: make(), kind: transferKind, debit: debit, credit: credit, amount: amount, source: source)])
    }

    /// The accounts of what the workers are owed, in one order for everybody.
    private func payables(
        of shares: [PayoutShare], _ currency: Currency
    ) async throws -> [(account: Account, share: PayoutShare)] {
        var owed: [(account: Account, share: PayoutShare)] = []
        owed.reserveCapacity(shares.count)
        for part in shares.parts(of: Self.step) {
            let keys = part.map { AccountKey.payable(to: $0.worker, currency) }
            let accounts = try await transaction.accounts(keys, ids: identifiers)
            for share in part {
                guard let account = accounts[.payable(to: share.worker, currency)] else {
                    throw StoreError.unexpectedRowCount(0)
                }
                owed.append((account, share))
            }
        }
        return owed.sorted { $0.account.id < $1.account.id }
    }
}

extension Array {
    /// The elements in their order, by parts of at most `size`.
    func parts(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
