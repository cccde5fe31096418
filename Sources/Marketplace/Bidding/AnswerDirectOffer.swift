internal import Formats
internal import Foundation
internal import Store

/// One side accepts what the other side said last.
///
/// A worker who accepts takes, in the same transaction and by the same lease as a claim, as many of the tasks as they
/// have room for; one at least, or nothing was accepted. A requester who accepts leases nothing, as a lease is never
/// forced on anybody: the worker takes the tasks (``TakeAgreedWork``) until the deadline.
package struct AcceptDirectOffer: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - party: for whom the actor bargains.
    ///   - actor: the worker, or a publisher of the requester.
    /// - Returns: what was taken at once; nothing where the requester accepts.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``DirectOfferRefusal``; ``ClaimRefusal`` to a worker.
    @discardableResult
    package func callAsFunction(
        _ id: DirectOffer.ID, for party: BargainingParty, by actor: Principal.ID
    ) async throws -> [Assignment] {
        try await market.change { change in
            let (offer, change) = try await change.answerable(id, for: party, by: actor)
            guard let offering = try await change.transaction.offering(offer.batch, of: offer.requester) else {
                throw NotFound("batch")
            }
            try offering.mustBargain(at: change.instant)
            // A floor may have risen since the turn.
            let bounds = try await change.transaction.payBounds(of: offering)
            try bounds.check(offer.turn.terms.pay)
            var taken: [Assignment] = []
            if party == .worker {
                taken = try await change.lease(
                    offer, from: offering, bounds, most: offer.turn.terms.quantity, event: "direct_offer_accepted")
            }
            try await change.transaction.agree(offer, taken: taken.count, by: actor)
            try await change.transaction.insertDirectLeases(taken, of: offer)
            try await change.tellSide(party.side.other, of: offer, "direct_offer_agreed")
            try await change.recordBargain(offer, "direct_offer_agreed", taken: taken.count, by: actor)
            return taken
        }
    }
}

/// The worker takes tasks of what was agreed, at the price that was agreed: all that are left, or as many as there is
/// room for.
package struct TakeAgreedWork: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - count: how many at most, 1 to 10,000; one lease takes a hundred at most.
    ///   - actor: the worker.
    /// - Returns: at least one.
    /// - Throws: ``BadInput``; ``NotFound``; ``DirectOfferRefusal``; ``ClaimRefusal``.
    package func callAsFunction(
        _ id: DirectOffer.ID, most count: Int = DirectTerms.quantityMax, by actor: Principal.ID
    ) async throws -> [Assignment] {
        guard (1...DirectTerms.quantityMax).contains(count) else {
            throw BadInput("count", "must be 1 to \(DirectTerms.quantityMax)")
        }
        return try await market.change { change in
            let (offer, change) = try await change.locking(id, for: .worker, by: actor)
            guard offer.state == .agreed else { throw DirectOfferRefusal.notAgreed(offer.state) }
            guard change.instant < offer.endsAt else { throw DirectOfferRefusal.notAgreed(.lapsed) }
            guard let offering = try await change.transaction.offering(offer.batch, of: offer.requester) else {
                throw NotFound("batch")
            }
            try offering.mustBargain(at: change.instant)
            let taken = try await change.lease(
                offer, from: offering, try await change.transaction.payBounds(of: offering),
                most: min(count, offer.left), event: "direct_offer_taken")
            try await change.transaction.countTaken(taken.count, of: offer, by: actor)
            try await change.transaction.insertDirectLeases(taken, of: offer)
            try await change.recordBargain(offer, "direct_offer_taken", taken: taken.count, by: actor)
            return taken
        }
    }
}

/// Whoever has to answer does not want it. Nothing else follows.
package struct DeclineDirectOffer: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal``; ``NotFound``; ``DirectOfferRefusal``.
    package func callAsFunction(
        _ id: DirectOffer.ID, for party: BargainingParty, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            let (offer, change) = try await change.answerable(id, for: party, by: actor)
            try await change.close(offer, as: .declined, telling: party.side.other, by: actor)
        }
    }
}

/// Whoever spoke last takes it back before it was answered.
package struct WithdrawDirectOffer: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal``; ``NotFound``; ``DirectOfferRefusal``.
    package func callAsFunction(
        _ id: DirectOffer.ID, for party: BargainingParty, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            let (offer, change) = try await change.locking(id, for: party, by: actor)
            try offer.mustBeOpen(at: change.instant)
            guard offer.turn.side == party.side else { throw DirectOfferRefusal.othersTurn }
            try await change.close(offer, as: .withdrawn, telling: party.side.other, by: actor)
        }
    }
}

/// The scheduler ends direct offers that nobody answered in time, and agreed ones that were not taken in time. Both
/// sides are told.
package struct LapseDirectOffers: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded transaction. Call it again at once while it returns `most`.
    ///
    /// - Parameter most: 1 to 200 offers.
    /// - Returns: how many ended.
    package func callAsFunction(most: Int = 100, by actor: Principal.ID) async throws -> Int {
        guard (1...200).contains(most) else { throw BadInput("most", "must be 1 to 200") }
        return try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            let lapsed = try await change.transaction.lapseDirectOffers(most: most, by: actor)
            for offer in lapsed {
                try await change.tellSide(.worker, of: offer, "direct_offer_lapsed")
                try await change.tellSide(.requester, of: offer, "direct_offer_lapsed")
                try await change.recordBargain(offer, "direct_offer_lapsed", by: actor)
            }
            return lapsed.count
        }
    }
}

extension Change {
    /// The same lease as a claim's, at what was agreed.
    fileprivate func lease(
        _ offer: DirectOffer, from offering: Offering, _ bounds: PayBounds, most: Int, event: String
    ) async throws -> [Assignment] {
        let pay = offer.turn.terms.pay
        let trace: JSON = [
            "direct_offer": .string("\(offer.id)"), "turn": .integer(Int64(offer.turn.number)),
            "amount_minor": .integer(pay.minorUnits), "posted": offering.rateTrace ?? .null,
        ]
        // Locked before the offer.
        var claimant = try await Claimant(try await transaction.workerStanding(offer.worker), in: self)
        return try await lease(
            from: offering.priced(at: pay, fee: try bounds.fee(of: pay), trace: trace), to: &claimant, event: event,
            most: min(most, ClaimTask.mostAtOnce)
        )
    }

    fileprivate func close(
        _ offer: DirectOffer, as state: DirectOfferState, telling side: Bargainer, by actor: Principal.ID
    ) async throws {
        try await transaction.closeDirectOffer(offer, as: state, by: actor)
        try await tellSide(side, of: offer, "direct_offer_\(state.rawValue)")
        try await recordBargain(offer, "direct_offer_\(state.rawValue)", by: actor)
    }
}
