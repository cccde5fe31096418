package import Foundation
package import Store

/// A part of the market that one scheduler routes at a time: the batches at one profession's rates.
package struct RoutingCell: Hashable, Sendable {
    package let profession: Profession
    /// Rounds that have ended.
    package let epoch: Int64
    /// When the last of them began; `nil` before the first.
    package let routedAt: Date?
    /// Until when work past its bound has used up its share of the cell's hours; `nil` where it never took any.
    package let lateUntil: Date?

    init(row: Row) throws {
        profession = try row["profession"]
        epoch = try row["epoch"]
        routedAt = try row["routed_at"]
        lateUntil = try row["late_until"]
    }
}

/// What became of a cell's round.
package struct CellRound<Plan: Sendable>: Sendable {
    package let cell: RoutingCell
    package let plan: Plan
    /// For each draft of the plan, in its order.
    package let results: [Result<Offer.ID, OfferRefusal>]
}

/// One scheduler routes one cell, in one transaction: it takes the cell's row, plans, and makes the offers. Whoever
/// finds the row taken goes on to another cell; where a scheduler dies, nothing of its round has happened, and the cell
/// is free.
package struct RouteCell: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - done: cells that are not looked at.
    ///   - before: a cell that was routed later than this is left alone.
    ///   - plan: what to offer, most wanted first, and until when that uses up the share of work past its bound; `nil`
    ///     leaves it as it is. May be asked again, where the transaction has to be run again.
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Returns: the round of the cell that has waited the longest; `nil` where every other cell is at rest, at work
    ///   or has nothing to offer.
    /// - Throws: ``AccessRefusal``; `StoreError`; whatever `plan` throws.
    package func callAsFunction<Plan: Sendable>(
        except done: [Profession] = [], routedBefore before: Date, by actor: Principal.ID,
        plan: @Sendable (RoutingCell, Transaction) async throws -> (Plan, offers: [OfferDraft], lateUntil: Date?)
    ) async throws -> CellRound<Plan>? {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard let cell = try await transaction.takeCell(except: done, routedBefore: before) else { return nil }
            let (planned, drafts, lateUntil) = try await plan(cell, transaction)
            let results =
                drafts.isEmpty ? [] : try await change.makeOffers(drafts, withinRoom: true, by: actor)
            try await transaction.endRound(of: cell, lateUntil: lateUntil)
            return CellRound(cell: cell, plan: planned, results: results)
        }
    }

    /// Makes rows for cells that have none, so that they can be taken.
    package func prepare() async throws {
        guard try await market.database.read({ try await $0.newCells() }) > 0 else { return }
        try await market.log { try await $0.transaction.insertNewCells() }
    }

    /// Cells with something to offer that were not routed since; whether or not somebody is at them.
    package func due(routedBefore before: Date) async throws -> Int {
        try await market.database.read { try await $0.dueCells(routedBefore: before) }
    }
}
