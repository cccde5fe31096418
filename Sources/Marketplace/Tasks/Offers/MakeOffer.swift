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
        let draft = OfferDraft(
            Batch.Key(requester: requester, id: batch), to: worker, reason: reason, answerBy: answerBy,
            explanation: explanation)
        return try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            switch try await change.makeOffers([draft], withinRoom: false, by: actor).first {
            case .success(let id)?: return id
            case .failure(.notThere(let what))?: throw NotFound(what)
            case .failure(let refusal)?: throw refusal
            case nil: throw NotFound("batch")
            }
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

/// A worker does not want what was offered. Nothing follows from it but that they are not asked again on the same terms
/// (for a while, where all they said is ``DeclineReason/notNow``), and that the scheduler learns how likely an offer is
/// to be accepted.
package struct DeclineOffer: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - reason: what keeps the worker from it, if they say so.
    ///   - actor: the worker.
    /// - Returns: ``OfferState/declined``.
    /// - Throws: ``NotFound``; ``OfferRefusal``.
    @discardableResult
    package func callAsFunction(
        _ id: Offer.ID, because reason: DeclineReason? = nil, by actor: Principal.ID
    ) async throws -> OfferState {
        try await market.change { change in
            let offer = try await change.openOffer(id, of: Worker.ID(actor.uuid))
            try await change.transaction.closeOffer(offer, as: .declined, reason: reason)
            try await change.record(
                "offer_declined", by: actor, on: "offer", id.uuid, in: .requester(offer.requester),
                facts: ["reason": reason.map { .string($0.rawValue) } ?? .null, "batch": .string("\(offer.batch)")]
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
                    "offer_lapsed", by: actor, on: "offer", offer.id.uuid, in: .requester(offer.requester),
                    facts: ["batch": .string("\(offer.batch)")]
                )
            }
            return lapsed.count
        }
    }
}

/// The scheduler ends offers of which nothing is left to take, and tells their workers.
package struct FillOffers: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded transaction. Call it again at once while it returns `most`. One at a time: who finds another at it
    /// leaves it to them.
    ///
    /// - Parameter most: 1 to 1,000 offers.
    /// - Returns: how many ended.
    package func callAsFunction(most: Int = 200, by actor: Principal.ID) async throws -> Int {
        guard (1...1_000).contains(most) else { throw BadInput("most", "must be 1 to 1,000") }
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard try await transaction.tryAdvisoryLock(AdvisoryLock("scheduler", "offer_filling")) else { return 0 }
            let filled = try await transaction.fillOffers(most: most)
            for offer in filled {
                try await change.record(
                    "offer_filled", by: actor, on: "offer", offer.id.uuid, in: .requester(offer.requester),
                    facts: ["batch": .string("\(offer.batch)")]
                )
                try await transaction.tell(
                    Principal.ID(offer.worker.uuid), kind: "offer_filled",
                    facts: ["offer": .string("\(offer.id)"), "batch": .string("\(offer.batch)")], id: change.make(),
                    dedupKey: "offer_filled:\(offer.id)"
                )
            }
            return filled.count
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
