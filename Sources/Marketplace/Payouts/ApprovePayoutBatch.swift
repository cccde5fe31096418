internal import Formats
internal import Foundation
internal import Store

/// A second person approves a payout batch, for exactly the content that they have seen.
package struct ApprovePayoutBatch: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter contentHash: of the lines as the checker saw them.
    /// - Throws: ``AccessRefusal`` unless the actor is a finance checker; ``NotFound``; ``PayoutRefusal``.
    package func callAsFunction(
        _ id: PayoutBatch.ID, contentHash: Digest, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .financeChecker)
            guard let batch = try await transaction.lockPayoutBatch(id) else { throw NotFound("payout batch") }
            guard batch.state.after(.approve) != nil else { throw PayoutRefusal.wrongState(batch.state, .approve) }
            guard batch.preparedBy != actor else { throw PayoutRefusal.secondPersonNeeded }
            let lines = try await transaction.allPayoutLines(of: id).map(\.line)
            guard contentHash == batch.contentHash, contentHash == lines.contentHash else {
                throw PayoutRefusal.contentDiffers
            }
            let changed = try await transaction.payeesWithOtherAccounts(in: id)
            guard changed == 0 else { throw PayoutRefusal.accountsChanged(changed) }
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
            try await change.record("payout_cancelled", by: actor, on: "payout_batch", id.uuid, in: .platform)
        }
    }
}

extension Transaction {
    /// All lines of a payout batch, read by bounded parts; a batch has at most a million.
    func allPayoutLines(of id: PayoutBatch.ID) async throws -> [NamedLine] {
        let part = 10_000
        var lines: [NamedLine] = []
        while true {
            let next = try await payoutLines(of: id, after: lines.last?.line.id, limit: part)
            lines += next
            if next.count < part { return lines }
        }
    }
}
