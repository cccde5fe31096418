internal import Store

/// What a batch in work holds and has spent, and for which slots; at one instant.
struct HoldFigures: Sendable {
    /// Held now.
    let balance: Int64
    /// Paid out of the hold: earnings, fees, top-ups.
    let spent: Int64
    /// Slots that nobody has taken: open, held back, or not asked for yet.
    let untaken: Int
    /// Slots that are leased or wait for review.
    let inHand: Int
    /// All slots but those that were withdrawn.
    let kept: Int

    /// What the batch has taken of its budget.
    var committed: Int64 { balance + spent }
}

extension Batch {
    /// What that many slots cost at most.
    func worstCase(of slots: Int) throws(MoneyError) -> Money { try worstCaseOfOne.multiplied(by: slots) }

    /// What is kept for top-ups of that many slots.
    ///
    /// Rounding: half up (``Money/share(basisPoints:)``).
    func topUpShare(of slots: Int) throws(MoneyError) -> Money {
        try mostPay.multiplied(by: slots).share(basisPoints: topUpBasisPoints)
    }
}

extension Change {
    /// Gives back at once what was held for slots of a locked batch that nobody has to answer any more: their worst
    /// case, and their part of what is left of the share for top-ups.
    ///
    /// - Returns: how much.
    func release(_ slots: Int, of batch: Batch) async throws -> Money {
        guard slots > 0 else { return try Money(0, batch.pay.currency) }
        let part = try batch.topUpShare(of: slots)
        let cut = try await transaction.cutTopUpShare(of: batch, by: part)
        let amount = try batch.worstCase(of: slots).adding(cut)
        try await move(amount, of: batch, .release)
        return amount
    }

    /// Moves money between the wallet and the hold of a locked batch in work, under a source of its own.
    ///
    /// - Parameter kind: ``EntryKind/hold`` or ``EntryKind/release``.
    /// - Throws: ``LedgerRefusal/insufficientFunds``.
    func move(_ amount: Money, of batch: Batch, _ kind: EntryKind) async throws {
        guard amount.minorUnits > 0 else { return }
        let wallet = AccountKey.wallet(of: batch.requester, amount.currency)
        let hold = AccountKey.hold(ofBatch: batch.id.uuid, amount.currency)
        let accounts = try await transaction.accounts([wallet, hold], ids: identifiers)
        guard let outside = accounts[wallet], let inside = accounts[hold] else {
            throw StoreError.unexpectedRowCount(0)
        }
        let id: Transfer.ID = make()
        let isHold = kind == .hold
        let transfer = Transfer(
            id: id, kind: isHold ? .hold : .release, debit: isHold ? outside : inside,
            credit: isHold ? inside : outside, amount: amount, source: id.uuid
        )
        try await transaction.post(JournalEntry(id: make(), kind: kind, source: id.uuid, [transfer]))
    }
}
