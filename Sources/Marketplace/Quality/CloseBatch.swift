internal import Formats
internal import Foundation
internal import Store

/// Ends a batch by hand, on which nobody works: what was not taken is withdrawn, the pay floor is kept a last time,
/// what is left of the hold goes back.
package struct CloseBatch: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Returns: what went back to the wallet.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``BatchRefusal``.
    package func callAsFunction(
        _ id: Batch.ID, of requester: Requester.ID, by actor: Principal.ID
    ) async throws -> Money {
        try await market.change { change in
            try await change.transaction.authorizePublisher(actor, for: requester)
            guard let batch = try await change.transaction.lockBatch(id, of: requester) else { throw NotFound("batch") }
            return try await change.closeBatch(batch, as: .withdrawn, by: actor)
        }
    }
}

extension Change {
    /// Ends a locked batch.
    ///
    /// - Returns: what went back to the wallet.
    /// - Throws: ``BatchRefusal``.
    func closeBatch(_ batch: Batch, as reason: BatchClosedReason, by actor: Principal.ID) async throws -> Money {
        guard batch.state.after(.close) == .closed else { throw BatchRefusal.wrongState(batch.state, .close) }
        try await transaction.closeTasks(of: batch)
        guard try await !transaction.hasUnsettledSlots(of: batch) else { throw BatchRefusal.workInFlight }
        var topUps = TopUps.none
        repeat {
            topUps = try await keepFloor(of: batch, isLast: true, by: actor)
        } while topUps.count == TopUps.most
        let released = try await releaseRest(of: batch)
        try await transaction.markClosed(batch, as: reason, by: actor)
        try await record(
            "batch_closed", by: actor, on: "batch", batch.id.uuid, in: .requester(batch.requester),
            facts: ["reason": .string(reason.rawValue), "released": .string("\(released)")]
        )
        return released
    }

    /// Moves what is left of a batch's hold back to the wallet.
    private func releaseRest(of batch: Batch) async throws -> Money {
        let currency = batch.pay.currency
        let hold = AccountKey.hold(ofBatch: batch.id.uuid, currency)
        let wallet = AccountKey.wallet(of: batch.requester, currency)
        let accounts = try await transaction.accounts([hold, wallet], ids: identifiers)
        guard let from = accounts[hold], let to = accounts[wallet] else { throw StoreError.unexpectedRowCount(0) }
        let left = try Money(try await transaction.lockBalance(of: from.id) ?? 0, currency)
        guard left.minorUnits > 0 else { return left }
        let source = batch.id.uuid
        let transfer = Transfer(id: make(), kind: .release, debit: from, credit: to, amount: left, source: source)
        try await transaction.post(JournalEntry(id: make(), kind: .release, source: source, [transfer]))
        return left
    }
}
