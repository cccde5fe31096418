internal import Formats
internal import Foundation
internal import Store

/// Makes further offers of a batch pay more than its posted price: within the band of its rate, its budget, and what
/// the hold then covers. What was leased keeps its terms; open offers keep theirs.
package struct RaisePay: Sendable {
    /// How often a batch's pay may be raised.
    package static let most = 100
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - pay: for one task, in the batch's currency; more than they pay now.
    ///   - actor: a publisher of the requester.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``; ``RaiseRefusal``.
    @discardableResult
    package func callAsFunction(_ pay: Money, of key: Batch.Key, by actor: Principal.ID) async throws -> BatchRaise {
        try await market.change { change in
            try await change.transaction.authorizePublisher(actor, for: key.requester)
            guard let batch = try await change.transaction.lockBatch(key.id, of: key.requester) else {
                throw NotFound("batch")
            }
            guard pay.currency == batch.pay.currency else {
                throw BadInput("currency", "must be the batch's, \(batch.pay.currency.code)")
            }
            return try await change.raise(batch, to: pay, by: actor)
        }
    }

    /// What further offers pay, and how much more they may.
    ///
    /// - Parameter actor: a publisher of the requester.
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func room(_ key: Batch.Key, by actor: Principal.ID) async throws -> RaiseRoom {
        try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: key.requester)
            guard let batch = try await transaction.batch(key.id, of: key.requester) else { throw NotFound("batch") }
            return try await transaction.raiseRoom(of: batch)
        }
    }
}

extension Change {
    /// Raises the pay of a locked batch's further offers, and what is held for it.
    ///
    /// - Throws: ``RaiseRefusal``.
    func raise(_ batch: Batch, to pay: Money, by actor: Principal.ID) async throws -> BatchRaise {
        guard batch.state == .open else { throw RaiseRefusal.batchNotOpen(batch.state) }
        guard batch.door == .offer else { throw RaiseRefusal.notOffered }
        let room = try await transaction.raiseRoom(of: batch)
        guard pay.minorUnits > room.pay.minorUnits else { throw RaiseRefusal.notMore(than: room.pay) }
        guard pay.minorUnits <= room.bandMost.minorUnits else { throw RaiseRefusal.aboveBand(most: room.bandMost) }
        let held = try room.cost(of: pay)
        guard held.minorUnits <= room.budgetLeft else { throw RaiseRefusal.overBudget(left: room.budgetLeft) }
        guard held.minorUnits <= room.walletLeft else {
            throw RaiseRefusal.notFunded(missing: held.minorUnits - room.walletLeft)
        }
        let number = try await transaction.raises(of: batch) + 1
        guard number <= RaisePay.most else { throw RaiseRefusal.tooMany }
        do {
            try await move(held, of: batch, .hold)
        } catch LedgerRefusal.insufficientFunds {
            // Somebody else spent it after it was read.
            throw RaiseRefusal.notFunded(missing: held.minorUnits)
        }
        let raise = BatchRaise(
            number: number, pay: pay, fee: try pay.share(basisPoints: room.feeBasisPoints), held: held)
        try await transaction.insert(raise, of: batch.key, bandMost: room.bandMost, by: actor)
        try await record(
            "batch_pay_raised", by: actor, on: "batch", batch.id.uuid, in: .requester(batch.requester),
            facts: [
                "raise": .integer(Int64(number)), "pay": .string("\(pay)"), "was": .string("\(room.pay)"),
                "held": .string("\(held)"),
            ]
        )
        return raise
    }
}
