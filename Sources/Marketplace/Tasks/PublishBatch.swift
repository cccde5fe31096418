internal import Formats
internal import Foundation
internal import Store

/// Releases a draft: its worst case and the share for top-ups are held, and its tasks can be worked on. No hold, no
/// publish. One row changes, whatever the number of tasks: they came in open, and the batch counted them.
package struct PublishBatch: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Returns: what was held.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``BatchRefusal``; ``ContentRefusal/destroyed``.
    package func callAsFunction(
        _ id: Batch.ID, of requester: Requester.ID, by actor: Principal.ID
    ) async throws -> Money {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorizePublisher(actor, for: requester)
            guard let batch = try await transaction.lockBatch(id, of: requester) else { throw NotFound("batch") }
            guard let next = batch.state.after(.publish) else { throw BatchRefusal.wrongState(batch.state, .publish) }
            if let dueAt = batch.dueAt, dueAt <= change.instant { throw BatchRefusal.overdue }
            guard batch.taskCount > 0 else { throw BatchRefusal.noTasks }
            try await transaction.mustHaveContent(of: batch)
            let (held, share) = try batch.holdAndShare()
            try await change.hold(held, for: batch)
            if share.minorUnits > 0 { try await transaction.keepTopUpShare(share, of: batch) }
            guard try await transaction.moveBatch(id, of: requester, from: .draft, to: next) else {
                throw BatchRefusal.wrongState(batch.state, .publish)
            }
            try await change.record(
                "batch_published", by: actor, on: "batch", id.uuid, in: .requester(requester),
                facts: ["tasks": .integer(Int64(batch.taskCount)), "held": .string("\(held)")]
            )
            return held
        }
    }
}

extension Batch {
    /// What is held of the batch: what it costs if everything is accepted, slots × (pay + fee) at the cap of a price
    /// that rises, and beside that the share of its pay that is kept for top-ups.
    ///
    /// - Throws: ``BatchRefusal/overBudget(worstCase:budget:)``, also for what no amount can say.
    func holdAndShare() throws(BatchRefusal) -> (held: Money, share: Money) {
        do throws(MoneyError) {
            let worstCase = try worstCaseOfOne.multiplied(by: slotCount)
            let share = try mostPay.multiplied(by: slotCount).share(basisPoints: topUpBasisPoints)
            let held = try worstCase.adding(share)
            if held.minorUnits <= budget.minorUnits { return (held, share) }
            throw MoneyError.outOfRange
        } catch {
            let pay = Double(mostPay.minorUnits) * (1 + Double(topUpBasisPoints) / 10_000)
            let about = (pay + Double(mostFee.minorUnits)) * Double(slotCount)
            throw .overBudget(
                worstCase: about < 9e18 ? Int64(about.rounded()) : .max, budget: budget.minorUnits
            )
        }
    }
}

extension Change {
    /// Moves a batch's worst case from its requester's wallet to the hold.
    fileprivate func hold(_ amount: Money, for batch: Batch) async throws {
        let wallet = AccountKey.wallet(of: batch.requester, amount.currency)
        let hold = AccountKey.hold(ofBatch: batch.id.uuid, amount.currency)
        let accounts = try await transaction.accounts([wallet, hold], ids: identifiers)
        guard let from = accounts[wallet], let to = accounts[hold] else { throw StoreError.unexpectedRowCount(0) }
        let transfer = Transfer(
            id: make(), kind: .hold, debit: from, credit: to, amount: amount, source: batch.id.uuid
        )
        do {
            try await transaction.post(JournalEntry(id: make(), kind: .hold, source: batch.id.uuid, [transfer]))
        } catch LedgerRefusal.insufficientFunds {
            throw BatchRefusal.notFunded(worstCase: amount.minorUnits)
        }
    }
}
