internal import Formats
internal import Foundation
internal import Store

/// Gathers what workers have earned and were not paid into one batch of payments. No money moves yet.
package struct PreparePayoutBatch: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter earningsMax: how many earnings the batch may pay, 1 to 1,000,000; the rest waits for the next.
    /// - Throws: ``AccessRefusal`` unless the actor is a finance maker; ``PayoutRefusal/nothingToPay``.
    package func callAsFunction(
        _ currency: Currency, earningsMax: Int = 100_000, by actor: Principal.ID
    ) async throws -> PayoutBatch {
        guard (1...1_000_000).contains(earningsMax) else { throw BadInput("earnings_max", "must be 1 to 1,000,000") }
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .financeMaker)
            // Two makers at once: the second finds, in its next statement, what the first has left.
            try await transaction.advisoryLock(AdvisoryLock("payout", currency.code))
            let due = try await transaction.dueEarnings(in: currency, limit: earningsMax)
            guard !due.isEmpty else { throw PayoutRefusal.nothingToPay }
            let id: PayoutBatch.ID = change.make()
            let (lines, items) = try change.lines(for: due, in: currency)
            let total = try lines.total(in: currency)
            try await transaction.insertPayoutBatch(id, lines, total: total, by: actor)
            try await transaction.insertPayoutItems(items)
            try await change.record(
                "payout_prepared", by: actor, on: "payout_batch", id.uuid, in: .platform,
                facts: [
                    "total": .string("\(total)"), "lines": .integer(Int64(lines.count)),
                    "content_hash": .string(lines.contentHash.hexadecimal),
                ]
            )
            return PayoutBatch(
                id: id, state: .prepared, total: total, lineCount: lines.count, contentHash: lines.contentHash,
                preparedBy: actor, approvedBy: nil
            )
        }
    }
}

extension Change {
    /// One line for each worker and payee, with the earnings that it pays.
    fileprivate func lines(
        for due: [DueEarning], in currency: Currency
    ) throws -> (lines: [PayoutLine], items: [(earning: DueEarning, line: PayoutLine.ID)]) {
        var lines: [PayoutLine] = []
        var items: [(earning: DueEarning, line: PayoutLine.ID)] = []
        let parts = Dictionary(grouping: due) { PayeeKey(worker: $0.worker, payee: $0.payee) }
        for (key, earnings) in parts.sorted(by: { $0.key < $1.key }) {
            let id: PayoutLine.ID = make()
            var amount = try Money(0, currency)
            for earning in earnings {
                amount = try amount.adding(Money(earning.amountMinor, currency))
                items.append((earning, id))
            }
            lines.append(
                PayoutLine(
                    id: id, worker: key.worker, amount: amount, earningCount: earnings.count, payee: key.payee
                ))
        }
        return (lines, items)
    }
}

/// Whose earnings a line pays, and to whom.
private struct PayeeKey: Hashable, Comparable {
    let worker: Worker.ID
    let payee: Team.ID?

    static func < (left: PayeeKey, right: PayeeKey) -> Bool {
        (left.worker.description, left.payee?.description ?? "")
            < (right.worker.description, right.payee?.description ?? "")
    }
}
