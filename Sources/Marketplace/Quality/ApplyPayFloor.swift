internal import Foundation
internal import Store

/// What a piece of watching the floor came to.
package struct FloorWatch: Hashable, Sendable {
    package let topUps: Int
    /// Where to go on; `nil` at the end of the batches.
    package let last: Batch.ID?
}

/// Keeps the pay floor of the batches that give work: flags those below it, and tops up what they have paid.
package struct ApplyPayFloor: Sendable {
    /// Batches in one piece.
    package static let batchesMax = 50
    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded piece, each batch in a transaction of its own. Doing it again, or twice at once, pays nothing twice.
    ///
    /// - Parameters:
    ///   - last: as the piece before returned it; `nil` begins with the first batch.
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(after last: Batch.ID? = nil, by actor: Principal.ID) async throws -> FloorWatch {
        let batches = try await market.database.read { transaction in
            try await transaction.authorize(actor, as: .operator)
            return try await transaction.batchesToWatch(after: last, limit: Self.batchesMax)
        }
        var (topUps, done) = (0, last)
        for batch in batches {
            let count = try await keep(batch.id, of: batch.requester, by: actor)
            topUps += count
            // More to pay in this one: the next piece begins with it again.
            if count == TopUps.most { return FloorWatch(topUps: topUps, last: done ?? Batch.ID(.least)) }
            done = batch.id
        }
        return FloorWatch(topUps: topUps, last: batches.count == Self.batchesMax ? done : nil)
    }

    private func keep(_ id: Batch.ID, of requester: Requester.ID, by actor: Principal.ID) async throws -> Int {
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            guard let batch = try await change.transaction.lockBatch(id, of: requester),
                batch.state == .open || batch.state == .paused
            else { return 0 }
            return try await change.keepFloor(of: batch, isLast: false, by: actor).count
        }
    }
}

/// The flags of a batch below the pay floor, newest first, by pages.
package struct ListPayFloorFlags: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - before: the last flag of the page before; `nil` for the newest.
    ///   - limit: 1 to 200.
    ///   - actor: a publisher of the requester.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func callAsFunction(
        of batch: Batch.ID, from requester: Requester.ID, before: PayFloorFlag.ID? = nil, limit: Int = 20,
        by actor: Principal.ID
    ) async throws -> [PayFloorFlag] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            return try await transaction.flags(of: batch, requester, before: before, limit: limit)
        }
    }
}
