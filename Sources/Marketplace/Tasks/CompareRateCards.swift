internal import Foundation
internal import Store

/// An open batch with what its price was made from.
struct PricedBatch: Sendable {
    let id: Batch.ID
    let requester: Requester.ID
    let name: String
    let pay: Money
    let task: RateTask
}

/// What a batch that is open now would pay by one version of the rate card and by another.
package struct RateChange: Sendable {
    package let batch: Batch.ID
    package let requester: Requester.ID
    package let name: String
    /// What it pays, and goes on to pay: the frozen price.
    package let pay: Money
    /// `nil` where the version has no rate for it.
    package let old: Money?
    package let new: Money?
}

/// What would change between two versions of the rate card over the work that is open now. Changes nothing itself:
/// open work keeps its price.
package struct CompareRateCards: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// By pages, in the order of the batches' ids; batches that would not change are told too.
    ///
    /// - Parameters:
    ///   - last: the batch of the last line of the page before.
    ///   - limit: 1 to 200.
    /// - Throws: ``BadInput``; ``AccessRefusal`` unless the actor is in finance; ``NotFound``.
    package func callAsFunction(
        from old: Int, to new: Int, after last: Batch.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [RateChange] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            guard let (before, start) = try await transaction.comparable(old),
                let (after, end) = try await transaction.comparable(new)
            else { throw NotFound("rate card") }
            return try await transaction.pricedBatches(after: last, limit: limit).map { batch in
                RateChange(
                    batch: batch.id, requester: batch.requester, name: batch.name, pay: batch.pay,
                    old: before.pay(for: batch.task, at: start), new: after.pay(for: batch.task, at: end)
                )
            }
        }
    }
}

extension Transaction {
    /// A version with an instant at which its lines hold.
    fileprivate func comparable(_ version: Int) async throws -> (RateCard, Date)? {
        guard let card = try await card(version), let value = try await cardValue(version) else { return nil }
        return (value, card.inForce?.lower ?? instant)
    }
}

extension RateCard {
    fileprivate func pay(for task: RateTask, at instant: Date) -> Money? {
        switch resolve(task, at: instant) {
        case .resolved(let rate): rate.pay
        case .noRate: nil
        }
    }
}
