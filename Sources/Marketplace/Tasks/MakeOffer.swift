package import Formats
package import Foundation
internal import Store

/// The scheduler proposes the work of a batch to one worker.
package struct MakeOffer: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Expertise and hours are looked at when the offer is accepted; who is barred whatever they know is not asked.
    ///
    /// - Parameters:
    ///   - reason: why this worker; the routing round's explanation, up to 64 KiB.
    ///   - answerBy: later than now; put off for a worker who wants longer notice.
    ///   - explanation: what is kept for those who ask why; `nil` for an offer that no plan made.
    /// - Throws: ``AccessRefusal`` unless the actor is an operator (as the system is); ``NotFound``; ``OfferRefusal``.
    package func callAsFunction(
        of batch: Batch.ID, from requester: Requester.ID, to worker: Worker.ID, reason: JSON, answerBy: Date,
        explanation: OfferExplanation? = nil, by actor: Principal.ID
    ) async throws -> Offer.ID {
        try reason.mustFit(65_536, as: "reason")
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard answerBy > change.instant else { throw BadInput("answer_by", "must be later than now") }
            guard let posted = try await transaction.offering(batch, of: requester) else { throw NotFound("batch") }
            let raise = try await transaction.newestRaise(of: posted.key, posted.pay.currency)
            let offering = posted.raised(by: raise)
            guard offering.state == .open else { throw OfferRefusal.batchNotOpen(offering.state) }
            guard offering.door == .offer else { throw OfferRefusal.claimedOnly }
            guard let row = try await transaction.lockWorker(worker),
                let limits = try await transaction.workLimits(of: worker)
            else { throw NotFound("worker") }
            guard row.state == .active else { throw OfferRefusal.notActive(row.state) }
            if let bar = offering.bar(to: try await transaction.workerBonds(of: worker)) {
                throw OfferRefusal.barred(bar)
            }
            if offering.hasTaskParties, let party = try await transaction.conflict(of: worker, withAllOf: offering) {
                throw OfferRefusal.barred(.conflictOfInterest(party))
            }
            guard try await transaction.asks(of: worker).admit(offering) else { throw OfferRefusal.belowAsk }
            let noticed = change.instant + TimeInterval(limits.offerNoticeMinutes * 60)
            let offer = Offer(
                id: change.make(), requester: requester, batch: batch, worker: worker, state: .open, reason: reason,
                answerBy: max(answerBy, noticed)
            )
            guard try await transaction.insertOffer(offer) else { throw OfferRefusal.alreadyOffered }
            if let raise, offering.pay != posted.pay {
                try await transaction.insertPrice(raise, of: offer.id, in: offering.key)
            }
            if let explanation { try await transaction.insert(explanation, of: offer.id, from: requester) }
            try await change.record(
                "offer_made", by: actor, on: "offer", offer.id.uuid, in: .requester(requester),
                facts: ["worker": .string("\(worker)"), "reason": reason]
            )
            return offer.id
        }
    }
}

/// A worker takes what was offered.
package struct AcceptOffer: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Ends in the same lease as a claim, and can be refused for the same reasons: an offer reserves nothing.
    ///
    /// - Parameter actor: the worker.
    /// - Throws: ``NotFound``; ``OfferRefusal``; ``ClaimRefusal``.
    package func callAsFunction(_ id: Offer.ID, by actor: Principal.ID) async throws -> Assignment {
        try await market.change { change in
            let transaction = change.transaction
            let offer = try await change.openOffer(id, of: Worker.ID(actor.uuid))
            guard let posted = try await transaction.offering(offer.batch, of: offer.requester) else {
                throw NotFound("batch")
            }
            let offering = posted.raised(by: try await transaction.ownPrice(of: offer, posted.pay.currency))
            guard offering.state == .open else { throw OfferRefusal.batchNotOpen(offering.state) }
            let (row, waited) = try await change.lockingForChange(Worker.ID(actor.uuid))
            var claimant = try await Claimant(row, in: waited)
            let taken = try await waited.lease(from: offering, to: &claimant, event: "offer_accepted")
            guard let assignment = taken.first else { throw ClaimRefusal.noWork }
            try await transaction.closeOffer(offer, as: .accepted, assignment: assignment.id)
            return assignment
        }
    }
}

/// A worker does not want what was offered. Nothing follows from it.
package struct DeclineOffer: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker.
    /// - Returns: ``OfferState/declined``.
    /// - Throws: ``NotFound``; ``OfferRefusal``.
    @discardableResult
    package func callAsFunction(_ id: Offer.ID, by actor: Principal.ID) async throws -> OfferState {
        try await market.change { change in
            let offer = try await change.openOffer(id, of: Worker.ID(actor.uuid))
            try await change.transaction.closeOffer(offer, as: .declined, assignment: nil)
            try await change.record(
                "offer_declined", by: actor, on: "offer", id.uuid, in: .requester(offer.requester)
            )
            return .declined
        }
    }
}

/// The scheduler ends offers that nobody answered in time.
package struct LapseOffers: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded transaction. Call it again at once while it returns `most`.
    ///
    /// - Parameter most: 1 to 1,000 offers.
    /// - Returns: how many ended.
    package func callAsFunction(most: Int = 200, by actor: Principal.ID) async throws -> Int {
        guard (1...1_000).contains(most) else { throw BadInput("most", "must be 1 to 1,000") }
        return try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            let lapsed = try await change.transaction.lapseOffers(most: most)
            for offer in lapsed {
                try await change.record(
                    "offer_lapsed", by: actor, on: "offer", offer.id.uuid, in: .requester(offer.requester)
                )
            }
            return lapsed.count
        }
    }
}

extension Change {
    /// The worker's offer, locked, open, and in time by the clock after the wait for the lock.
    fileprivate func openOffer(_ id: Offer.ID, of worker: Worker.ID) async throws -> Offer {
        guard let offer = try await transaction.lockOffer(id, of: worker) else { throw NotFound("offer") }
        guard offer.state == .open else { throw OfferRefusal.notOpen(offer.state) }
        guard try await transaction.freshInstant() < offer.answerBy else { throw OfferRefusal.notOpen(.lapsed) }
        return offer
    }
}
