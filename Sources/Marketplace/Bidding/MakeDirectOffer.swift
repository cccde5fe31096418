internal import Formats
internal import Foundation
internal import Store

/// A requester offers one worker tasks of an open batch at an amount that the two may bargain about.
///
/// A standing ask plays no part: a refusal by it would tell the requester where it lies.
package struct MakeDirectOffer: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: a publisher of the requester, other than the worker.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``; ``DirectOfferRefusal``.
    package func callAsFunction(
        of batch: Batch.Key, to worker: Worker.ID, _ terms: DirectTerms, by actor: Principal.ID
    ) async throws -> DirectOffer.ID {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorizePublisher(actor, for: batch.requester)
            guard actor.uuid != worker.uuid else { throw BadInput("worker", "must be somebody else") }
            try terms.mustBeAhead(of: change.instant)
            try await transaction.checkBargain(about: batch, with: worker, terms.pay)
            let id: DirectOffer.ID = change.make()
            guard try await transaction.insertDirectOffer(id, of: batch, to: worker, terms) else {
                throw DirectOfferRefusal.alreadyLive
            }
            try await transaction.insertTurn(1, of: id, batch.requester, .requester, terms, by: actor)
            guard let offer = try await transaction.directOffer(id, of: batch.requester) else {
                throw StoreError.unexpectedRowCount(0)
            }
            try await change.tellSide(.worker, of: offer, "direct_offer_made")
            try await change.recordBargain(offer, "direct_offer_made", by: actor)
            return id
        }
    }
}

/// Whoever has to answer wants something else; then the other side has to answer.
package struct CounterDirectOffer: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - party: for whom the actor bargains.
    ///   - actor: the worker, or a publisher of the requester.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``; ``DirectOfferRefusal``.
    package func callAsFunction(
        _ id: DirectOffer.ID, with terms: DirectTerms, for party: BargainingParty, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            let (offer, change) = try await change.answerable(id, for: party, by: actor)
            try terms.mustBeAhead(of: change.instant)
            guard offer.turn.number < DirectTerms.turnsMax else { throw DirectOfferRefusal.tooManyTurns }
            try await change.transaction.checkBargain(about: offer.key, with: offer.worker, terms.pay)
            let next = offer.turn.number + 1
            try await change.transaction.insertTurn(next, of: id, offer.requester, party.side, terms, by: actor)
            try await change.transaction.advance(offer, to: next, terms)
            guard let standing = try await change.transaction.directOffer(id, of: offer.requester) else {
                throw StoreError.unexpectedRowCount(0)
            }
            try await change.tellSide(party.side.other, of: standing, "direct_offer_countered")
            try await change.recordBargain(standing, "direct_offer_countered", by: actor)
        }
    }
}

extension DirectOffer {
    var key: Batch.Key { Batch.Key(requester: requester, id: batch) }
}

extension Transaction {
    /// Whether the two may bargain about the batch, and about that amount.
    ///
    /// - Throws: ``NotFound``; ``DirectOfferRefusal``.
    func checkBargain(about batch: Batch.Key, with worker: Worker.ID, _ pay: Money) async throws {
        guard let offering = try await offering(batch.id, of: batch.requester) else { throw NotFound("batch") }
        try offering.mustBargain(at: instant)
        guard pay.currency == offering.pay.currency else {
            throw DirectOfferRefusal.otherCurrency(offering.pay.currency)
        }
        guard let row = try await workerStanding(worker) else { throw NotFound("worker") }
        guard row.state == .active else { throw DirectOfferRefusal.notActive(row.state) }
        if let bar = offering.bar(to: try await workerBonds(of: worker)) { throw DirectOfferRefusal.barred(bar) }
        if offering.hasTaskParties, let party = try await conflict(of: worker, withAllOf: offering) {
            throw DirectOfferRefusal.barred(.conflictOfInterest(party))
        }
        let requirement = try await requirement(offering.requirement, hash: offering.requirementHash)
        guard let facts = try await workerFacts(worker, at: instant),
            case .eligible = requirement.evaluate(normal: facts, at: instant)
        else { throw DirectOfferRefusal.notEligible }
        try await payBounds(of: offering).check(pay)
    }
}

extension Offering {
    /// - Throws: ``DirectOfferRefusal/batchNotOpen(_:)``, ``DirectOfferRefusal/batchOverdue``,
    ///   ``DirectOfferRefusal/auctioned``.
    func mustBargain(at instant: Date) throws(DirectOfferRefusal) {
        guard state == .open else { throw .batchNotOpen(state) }
        guard !isOverdue(at: instant) else { throw .batchOverdue }
        guard door != .bid else { throw .auctioned }
    }
}

extension Change {
    /// The offer as it stands, locked, open, in time by the clock after the wait, and the party's to answer; the change
    /// at that instant.
    func answerable(
        _ id: DirectOffer.ID, for party: BargainingParty, by actor: Principal.ID
    ) async throws -> (DirectOffer, Change) {
        let (offer, change) = try await locking(id, for: party, by: actor)
        try offer.mustBeOpen(at: change.instant)
        guard offer.turn.side != party.side else { throw DirectOfferRefusal.ownTurn }
        return (offer, change)
    }

    /// The offer as it stands, locked; a worker's after the worker, as everywhere.
    func locking(
        _ id: DirectOffer.ID, for party: BargainingParty, by actor: Principal.ID
    ) async throws -> (DirectOffer, Change) {
        let lock: SQL
        let before: Change
        switch party {
        case .worker:
            before = try await lockingForChange(Worker.ID(actor.uuid)).change
            lock = Transaction.lockDirectOffer(id, ofWorker: Worker.ID(actor.uuid))
        case .requester(let requester):
            before = self
            try await transaction.authorizePublisher(actor, for: requester)
            lock = Transaction.lockDirectOffer(id, of: requester)
        }
        let (row, waited) = try await before.transaction.waiting(for: lock)
        guard let row,
            let offer = try await waited.directOffer(id, of: row.value("requester_id", as: Requester.ID.self))
        else { throw NotFound("direct offer") }
        if case .requester = party, offer.worker.uuid == actor.uuid {
            throw BadInput("requester", "cannot be bargained for by the worker")
        }
        return (offer, after(waited))
    }

    /// Tells a side what the other one did.
    func tellSide(_ side: Bargainer, of offer: DirectOffer, _ kind: String) async throws {
        let recipient =
            switch side {
            case .requester: offer.publisher
            case .worker: Principal.ID(offer.worker.uuid)
            }
        try await transaction.tell(
            recipient, kind: kind,
            facts: [
                "direct_offer": .string("\(offer.id)"), "batch": .string("\(offer.batch)"),
                "amount_minor": .integer(offer.turn.terms.pay.minorUnits),
                "currency": .string(offer.turn.terms.pay.currency.code),
                "quantity": .integer(Int64(offer.turn.terms.quantity)),
                "answer_by": .string(offer.turn.terms.answerBy.formatted(.iso8601)),
                "deadline": .string(offer.turn.terms.deadline.formatted(.iso8601)),
            ], id: make()
        )
    }

    /// The audit event of what was done to an offer; what the turn says is with the turn.
    func recordBargain(_ offer: DirectOffer, _ action: String, taken: Int? = nil, by actor: Principal.ID) async throws {
        var facts: [String: JSON] = [
            "worker": .string("\(offer.worker)"), "turn": .integer(Int64(offer.turn.number)),
        ]
        if let taken { facts["taken"] = .integer(Int64(taken)) }
        try await record(
            action, by: actor, on: "direct_offer", offer.id.uuid, in: .requester(offer.requester),
            facts: .object(facts)
        )
    }
}

extension DirectOffer {
    /// - Throws: ``DirectOfferRefusal/notOpen(_:)``, also once the time to answer is over.
    func mustBeOpen(at instant: Date) throws(DirectOfferRefusal) {
        guard state == .open else { throw .notOpen(state) }
        guard instant < endsAt else { throw .notOpen(.lapsed) }
    }
}
