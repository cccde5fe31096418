internal import Formats
internal import Foundation
internal import Store

/// A second person approves a payout batch, for exactly the content that they have seen.
package struct ApprovePayoutBatch: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter contentHash: of the content as the checker saw it.
    /// - Throws: ``AccessRefusal`` unless the actor is a finance checker; ``NotFound``; ``PayoutRefusal``.
    package func callAsFunction(
        _ id: PayoutBatch.ID, contentHash: Digest, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .financeChecker)
            try await transaction.requirePerson(actor)
            guard let batch = try await transaction.lockPayoutBatch(id) else { throw NotFound("payout batch") }
            guard batch.state.after(.approve) != nil else { throw PayoutRefusal.wrongState(batch.state, .approve) }
            guard batch.preparedBy != actor else { throw PayoutRefusal.secondPersonNeeded }
            guard contentHash == batch.contentHash,
                try await transaction.payoutContent(of: id, in: batch.total.currency).isThat(of: batch)
            else { throw PayoutRefusal.contentDiffers }
            let changed = try await transaction.payeesWithOtherAccounts(in: id)
            guard changed == 0 else { throw PayoutRefusal.accountsChanged(changed) }
            try batch.checkDay(at: transaction.instant)
            guard try await transaction.approvePayout(id, hash: contentHash, by: actor) else {
                throw PayoutRefusal.contentDiffers
            }
            try await change.record(
                "payout_approved", by: actor, on: "payout_batch", id.uuid, in: .platform,
                facts: ["content_hash": .string(contentHash.hexadecimal)]
            )
        }
    }
}

/// Finance drops a payout batch that was not issued; its earnings can be paid by another.
package struct CancelPayoutBatch: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: a finance maker or checker.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``PayoutRefusal/wrongState(_:_:)``.
    package func callAsFunction(_ id: PayoutBatch.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorizeFinance(actor)
            guard let batch = try await transaction.lockPayoutBatch(id) else { throw NotFound("payout batch") }
            guard batch.state.after(.cancel) != nil, try await transaction.cancelPayout(id) else {
                throw PayoutRefusal.wrongState(batch.state, .cancel)
            }
            try await transaction.takeBackWithholdings(of: id)
            try await transaction.cancelRecoveries(of: id)
            try await change.record("payout_cancelled", by: actor, on: "payout_batch", id.uuid, in: .platform)
        }
    }
}

extension Transaction {
    /// What a stored payout batch comes to, read by bounded parts; a batch has at most a million.
    ///
    /// - Parameter each: gets the lines, part by part.
    func payoutContent(
        of id: PayoutBatch.ID, in currency: Currency, each: ([NamedLine]) throws -> Void = { _ in }
    ) async throws -> PayoutContent {
        let part = 5_000
        let run = try await payoutBatch(id)?.run
        var content = try PayoutContent(in: currency, run: run)
        var last: PayoutLine.ID?
        while true {
            let lines = try await payoutLines(of: id, after: last, limit: part)
            for named in lines { try content.add(named.line) }
            try each(lines)
            last = lines.last?.line.id
            if lines.count < part { return content }
        }
    }
}
