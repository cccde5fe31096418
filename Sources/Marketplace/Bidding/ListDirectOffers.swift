package import Formats
internal import Store

/// A direct offer with all its turns and what was leased under it.
package struct DirectOfferHistory: Sendable {
    package let offer: DirectOffer
    package let turns: [DirectTurn]
    package let leases: [Assignment.ID]

    /// ``DirectOffer/json`` with `turns` and `assignments`.
    package var json: JSON {
        let members = offer.json.objectValue ?? [:]
        return .object(
            members.merging([
                "turns": .array(turns.map(\.json)), "assignments": .array(leases.map { .string("\($0)") }),
            ]) { _, own in own })
    }
}

/// Direct offers of one side, newest first. Nobody but the two sides, and operators for the requester, sees them.
package struct ListDirectOffers: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - party: whose; of a worker the actor's own.
    ///   - batch: of this batch only; for a requester.
    ///   - before: the last one of the page before; `nil` for the newest.
    ///   - limit: 1 to 200.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        for party: BargainingParty, in batch: Batch.ID? = nil, before: DirectOffer.ID? = nil, limit: Int = 50,
        by actor: Principal.ID
    ) async throws -> [DirectOffer] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            switch party {
            case .worker:
                return try await transaction.directOffers(
                    ofWorker: Worker.ID(actor.uuid), before: before, limit: limit)
            case .requester(let requester):
                try await transaction.authorizePublisher(toSee: actor, for: requester)
                return try await transaction.directOffers(of: requester, in: batch, before: before, limit: limit)
            }
        }
    }

    /// One with its history.
    ///
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func one(
        _ id: DirectOffer.ID, for party: BargainingParty, by actor: Principal.ID
    ) async throws -> DirectOfferHistory {
        try await market.database.read { transaction in
            let found: DirectOffer?
            switch party {
            case .worker: found = try await transaction.directOffer(id, ofWorker: Worker.ID(actor.uuid))
            case .requester(let requester):
                try await transaction.authorizePublisher(toSee: actor, for: requester)
                found = try await transaction.directOffer(id, of: requester)
            }
            guard let found else { throw NotFound("direct offer") }
            return DirectOfferHistory(
                offer: found, turns: try await transaction.turns(of: found),
                leases: try await transaction.leases(of: found)
            )
        }
    }
}
