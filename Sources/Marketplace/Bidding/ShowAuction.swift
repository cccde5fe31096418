package import Formats
internal import Foundation
internal import Matching
internal import Store

/// Auctions of a requester, as everybody who may look at them sees them: no bid, and no seed before the close.
package struct ListAuctions: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - batch: `nil` for all.
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: a publisher of the requester.
    /// - Returns: the newest first.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func callAsFunction(
        of requester: Requester.ID, batch: Batch.ID? = nil, before last: Auction.ID? = nil, limit: Int = 50,
        by actor: Principal.ID
    ) async throws -> [Auction] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            return try await transaction.auctions(of: requester, batch, before: last, limit: limit)
        }
    }

    /// One auction.
    ///
    /// - Parameter actor: a worker, or a publisher of the requester.
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func one(_ key: Auction.Key, by actor: Principal.ID) async throws -> Auction {
        try await market.database.read { transaction in
            if try await !transaction.holds(actor, .worker, for: nil) {
                try await transaction.authorizePublisher(toSee: actor, for: key.requester)
            }
            guard let auction = try await transaction.auction(key) else { throw NotFound("auction") }
            return auction
        }
    }

    /// Auctions that take bids, of batches whose requirement the worker is known to meet; by id.
    ///
    /// - Parameter actor: the worker.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func open(after last: Auction.ID? = nil, limit: Int = 50, to actor: Principal.ID) async throws -> [Auction]
    {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, as: .worker)
            return try await transaction.openAuctions(to: Worker.ID(actor.uuid), after: last, limit: limit)
        }
    }
}

extension Auction {
    /// As everybody may see it. The seed, as hexadecimal digits, comes with the close.
    package var json: JSON {
        let sentence = LaneSentence(lane)
        return [
            "auction": .string("\(id)"), "requester": .string("\(requester)"), "batch": .string("\(batch)"),
            "round": .integer(Int64(round)), "lane": .string(lane.rawValue), "state": .string(state.rawValue),
            "opened_at": .string(openedAt.ISO8601Format()), "closes_at": .string(closesAt.ISO8601Format()),
            "closes_latest_at": .string(closesLatestAt.ISO8601Format()), "tasks": .integer(Int64(tasks)),
            "redundancy": .integer(Int64(redundancy)), "expected_minutes": .integer(Int64(expectedMinutes)),
            "currency": .string(currency.code), "floor_minor": .integer(floorMinor),
            "ceiling_minor": .integer(ceilingMinor),
            "reserve_score_minor": reserveScoreMinor.map { .integer($0) } ?? .null,
            "budget_minor": budgetMinor.map { .integer($0) } ?? .null,
            "step_bps": stepBasisPoints.map { .integer(Int64($0)) } ?? .null,
            "quality_value_minor": .integer(quality.valueMinor),
            "quality_baseline_bps": .integer(Int64(quality.baselineBasisPoints)),
            "quality_default_bps": .integer(Int64(quality.defaultBasisPoints)), "skill": .string(quality.skill.path),
            "acceptance_seconds": .integer(Int64(acceptanceSeconds)),
            "reserved_seconds": .integer(Int64(reservedSeconds)), "rounds_left": .integer(Int64(roundsLeft)),
            "rule_version": .integer(Int64(ruleVersion)), "commitment": .string(commitment.hexadecimal),
            "seed": seed.map { .string($0.hexadecimal) } ?? .null,
            "for_workers": .string(sentence.forWorkers), "for_requesters": .string(sentence.forRequesters),
            "waves": .string(LaneSentence.waves),
        ]
    }
}
