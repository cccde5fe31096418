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
            try await transaction.requirePerson(actor)
            // Two makers at once: the second finds, in its next statement, what the first has left.
            try await transaction.advisoryLock(AdvisoryLock("payout", currency.code))
            let due = try await transaction.dueEarnings(in: currency, limit: earningsMax)
            guard !due.isEmpty else { throw PayoutRefusal.nothingToPay }
            let id: PayoutBatch.ID = change.make()
            let gross = try change.payoutLines(for: due, in: currency)
            let claims = try await transaction.lockClaims(of: Array(Set(due.map(\.worker))), in: currency)
            let payout = try await change.taxAndNet(gross.lines, gross.items, claims, by: .usual, in: currency, on: nil)
            if payout.lines.isEmpty, let first = payout.leftOut.first {
                throw WithholdingRefusal.nothingLeft(first.reason)
            }
            try await transaction.insertPayoutBatch(id, in: currency, by: actor)
            try await transaction.insertPayoutLines(payout.lines, of: id)
            try await transaction.insertPayoutItems(payout.items)
            try await change.keep(payout, in: id, by: actor)
            let content = try await transaction.finishPayoutBatch(id, in: currency)
            try await change.record(
                "payout_prepared", by: actor, on: "payout_batch", id.uuid, in: .platform,
                facts: [
                    "total": .string("\(content.total)"), "lines": .integer(Int64(content.lineCount)),
                    "content_hash": .string(content.hash.hexadecimal),
                ]
            )
            let batch = PayoutBatch(
                id: id, state: .prepared, total: content.total, lineCount: content.lineCount,
                contentHash: content.hash, preparedBy: actor, approvedBy: nil, approvedAt: nil, run: nil
            )
            return try await transaction.withUnconfirmedReturns(batch)
        }
    }
}

extension Change {
    /// One line for each payee, with the earnings that it pays.
    func payoutLines(
        for due: [DueEarning], in currency: Currency
    ) throws -> (lines: [PayoutLine], items: [(earning: DueEarning, line: PayoutLine.ID)]) {
        var lines: [PayoutLine] = []
        var items: [(earning: DueEarning, line: PayoutLine.ID)] = []
        let payees = Dictionary(grouping: due) { $0.payee.map(Payee.agency) ?? .worker($0.worker) }
        for (payee, earnings) in payees.sorted(by: { $0.key.order < $1.key.order }) {
            let id: PayoutLine.ID = make()
            items += earnings.map { ($0, id) }
            let parts = Dictionary(grouping: earnings, by: \.worker).sorted { $0.key < $1.key }
            let shares = try parts.map { worker, part in
                PayoutShare(id: make(), worker: worker, amount: try part.earned(in: currency))
            }
            lines.append(
                PayoutLine(
                    id: id, payee: payee, amount: try earnings.earned(in: currency), earningCount: earnings.count,
                    shares: shares
                ))
        }
        return (lines, items)
    }
}

extension Payee {
    /// Workers by id, then agencies by id.
    fileprivate var order: (Int, String) {
        switch self {
        case .worker(let id): (0, "\(id)")
        case .agency(let id): (1, "\(id)")
        }
    }
}

extension [DueEarning] {
    func earned(in currency: Currency) throws -> Money {
        try reduce(Money(0, currency)) { try $0.adding(Money($1.amountMinor, currency)) }
    }
}
