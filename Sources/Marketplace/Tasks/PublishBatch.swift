internal import Formats
internal import Foundation
internal import Store

/// Releases a draft: its worst case is held, and its tasks can be worked on. No hold, no publish.
package struct PublishBatch: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal``; ``NotFound``; ``BatchRefusal``.
    package func callAsFunction(
        _ id: Batch.ID, of requester: Requester.ID, by actor: Principal.ID
    ) async throws -> Money {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorizePublisher(actor, for: requester)
            guard let batch = try await transaction.lockBatch(id, of: requester) else { throw NotFound("batch") }
            guard let next = batch.state.after(.publish) else { throw BatchRefusal.wrongState(batch.state, .publish) }
            let taskCount = try await transaction.openTasks(of: batch)
            guard taskCount > 0 else { throw BatchRefusal.noTasks }
            let worstCase = try batch.worstCase(taskCount: taskCount)
            try await change.hold(worstCase, for: batch)
            guard try await transaction.moveBatch(id, of: requester, from: .draft, to: next) else {
                throw BatchRefusal.wrongState(batch.state, .publish)
            }
            try await change.record(
                "batch_published", by: actor, on: "batch", id.uuid, in: .requester(requester),
                facts: ["tasks": .integer(Int64(taskCount)), "held": .string("\(worstCase)")]
            )
            return worstCase
        }
    }
}

extension Batch {
    /// What the batch costs if everything is accepted: tasks × redundancy × (pay + fee), at the
    /// cap of a price that rises.
    ///
    /// - Throws: ``BatchRefusal/overBudget(worstCase:budget:)``, also for what no amount can say.
    func worstCase(taskCount: Int) throws(BatchRefusal) -> Money {
        do throws(MoneyError) {
            let whole = try worstCaseOfOne.multiplied(by: redundancy).multiplied(by: taskCount)
            if whole.minorUnits <= budget.minorUnits { return whole }
            throw MoneyError.outOfRange
        } catch {
            let each = Double(mostPay.minorUnits) + Double(mostFee.minorUnits)
            let about = each * Double(redundancy) * Double(taskCount)
            throw .overBudget(
                worstCase: about < 9e18 ? Int64(about) : .max, budget: budget.minorUnits
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
            try await transaction.post([transfer])
        } catch LedgerRefusal.insufficientFunds {
            throw BatchRefusal.notFunded(worstCase: amount.minorUnits)
        }
    }
}
