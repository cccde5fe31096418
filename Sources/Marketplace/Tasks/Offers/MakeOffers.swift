package import Formats
package import Foundation
internal import Store

/// An offer that somebody wants made.
package struct OfferDraft: Hashable, Sendable {
    package let batch: Batch.Key
    package let worker: Worker.ID
    /// Why this worker: up to 64 KiB.
    package let reason: JSON
    /// Put off for a worker who wants longer notice.
    package let answerBy: Date
    /// What is kept for those who ask why; `nil` for an offer that no plan made.
    package let explanation: OfferExplanation?

    package init(
        _ batch: Batch.Key, to worker: Worker.ID, reason: JSON, answerBy: Date, explanation: OfferExplanation? = nil
    ) {
        (self.batch, self.worker, self.reason, self.answerBy) = (batch, worker, reason, answerBy)
        self.explanation = explanation
    }
}

extension Change {
    /// Makes those of these offers that can be made now: whatever was planned on was true a moment ago. Workers, then
    /// batches are locked, so no two of them make more offers of a batch than it has open slots, nor give a worker more
    /// than they have room for. Their workers are told (`offer_made`: how many, up to 20 ids, when the first ends).
    ///
    /// - Parameters:
    ///   - drafts: in the order in which they are made, up to 20,000.
    ///   - withinRoom: whether hours and places of the worker are looked at; else only when the offer is accepted. Then
    ///     no lock is waited for either: who is at something else right now is refused as busy.
    /// - Returns: for each draft the offer, or why not.
    func makeOffers(
        _ drafts: [OfferDraft], withinRoom: Bool, by actor: Principal.ID
    ) async throws -> [Result<Offer.ID, OfferRefusal>] {
        guard drafts.count <= 20_000 else { throw BadInput("drafts", "are more than 20,000") }
        for draft in drafts {
            try draft.reason.mustFit(65_536, as: "reason")
            guard draft.answerBy > instant else { throw BadInput("answer_by", "must be later than now") }
        }
        var desk = try await OfferDesk(drafts, withinRoom: withinRoom, in: transaction)
        var (made, results): ([NewOffer], [Result<Offer.ID, OfferRefusal>]) = ([], [])
        for (place, draft) in drafts.enumerated() {
            do throws(OfferRefusal) {
                let offer = try desk.offer(draft, at: place, id: make(), event: make(), instant: instant)
                made.append(offer)
                results.append(.success(offer.id))
            } catch {
                results.append(.failure(error))
            }
        }
        try await transaction.insertOffers(made, by: actor)
        try await transaction.insertRaises(of: made)
        try await transaction.insertExplanations(of: made)
        try await tellWorkers(of: made)
        made.map(\.event).forEach(note)
        return results
    }

    /// Each worker once, however many of these offers are theirs, and all in one statement.
    private func tellWorkers(of made: [NewOffer]) async throws {
        guard !made.isEmpty else { return }
        let byWorker = Dictionary(grouping: made, by: \.draft.worker).sorted { $0.key < $1.key }
        let each: [Told] = byWorker.map { worker, offers in
            let first = offers.reduce(Date.distantFuture) { min($0, $1.answerBy) }
            return Told(
                id: make(), recipient: Principal.ID(worker.uuid),
                facts: [
                    "count": .integer(Int64(offers.count)),
                    "offers": .array(offers.prefix(20).map { .string("\($0.id)") }),
                    "answer_by": .string(first.formatted(.iso8601)),
                ])
        }
        try await transaction.tell("offer_made", each)
    }
}

/// An offer as it is written.
struct NewOffer: Sendable {
    let id: Offer.ID
    let event: AuditEvent.ID
    let draft: OfferDraft
    let answerBy: Date
    let terms: OfferTerms
    /// By which it pays more than the posted price.
    let raise: BatchRaise?
    let turn: Int
    let moment: OfferMoment
    /// The worker's cap of the week.
    let weeklyMinutesMax: Int
}

/// When an offer is made, by the wall clock where its worker lives.
package struct OfferMoment: Hashable, Sendable {
    package let day: CalendarDate
    package let monday: CalendarDate
    /// Which six hours of the day: 0 to 3.
    package let band: Int
    /// How much of the week has passed, in millionths.
    package let weekShareMillionths: Int
    /// Until midnight by the wall clock.
    package let secondsLeftOfDay: TimeInterval

    /// - Throws: ``BadInput`` for a zone that this machine does not know.
    package init(_ instant: Date, timeZone: String) throws(BadInput) {
        guard let zone = TimeZone(identifier: timeZone) else {
            throw BadInput("time_zone", "is not a known time zone: '\(timeZone.prefix(64))'")
        }
        day = try WorkWeek.day(of: instant, timeZone: timeZone)
        guard let start = day.weekStart else { throw BadInput("instant", "is outside the years 1 to 9999") }
        monday = start
        let local = instant.timeIntervalSinceReferenceDate + Double(zone.secondsFromGMT(for: instant))
        // The reference date, 2001-01-01, is a Monday.
        func rest(of seconds: Double) -> Double { local - (local / seconds).rounded(.down) * seconds }
        band = min(max(Int(exactly: (rest(of: 86_400) / 21_600).rounded(.down)) ?? 0, 0), 3)
        weekShareMillionths = Int(exactly: (rest(of: 604_800) / 0.6048).rounded(.down)) ?? 0
        secondsLeftOfDay = 86_400 - rest(of: 86_400)
    }
}

/// What offers are made on: everything as it is, locked.
private struct OfferDesk {
    private let batches: [Batch.Key: (batch: RoutingBatch, offering: Offering, terms: OfferTerms)]
    private let raises: [Batch.Key: BatchRaise]
    private let workers: [Worker.ID: Offeree]
    private let bonds: [Worker.ID: WorkerBonds]
    private let asks: [Worker.ID: Asks]
    private let pasts: [OfferPast]
    private let conflicts: [Int: String]
    private let moments: [Worker.ID: OfferMoment]
    private let loads: [Worker.ID: RoutingLoad]
    private let withinRoom: Bool
    /// What this desk has given out.
    private var given: [Worker.ID: (offers: Int, minutes: Int)] = [:]
    private var offered: [Batch.Key: Int] = [:]
    private var pairs: Set<RoutingPair> = []

    init(_ drafts: [OfferDraft], withinRoom: Bool, in transaction: Transaction) async throws {
        self.withinRoom = withinRoom
        let keys = Array(Set(drafts.map(\.batch)))
        let ids = Array(Set(drafts.map(\.worker)))
        let workers = try await transaction.lockOfferees(ids, waiting: !withinRoom)
        try await transaction.lockBatches(keys)
        let found = try await transaction.routingBatches(of: keys)
        var batches: [Batch.Key: (batch: RoutingBatch, offering: Offering, terms: OfferTerms)] = [:]
        let (offerings, raises) = try await transaction.raisedOfferings(keys)
        for offering in offerings {
            guard let batch = found[offering.key] else { continue }
            batches[offering.key] = (batch, offering, OfferTerms(offering))
        }
        let bonds = try await transaction.workerBonds(of: ids)
        var conflicts: [Int: String] = [:]
        for (place, draft) in drafts.enumerated() {
            guard let offering = batches[draft.batch]?.offering, offering.hasTaskParties,
                bonds[draft.worker]?.interests.isEmpty == false
            else { continue }
            conflicts[place] = try await transaction.conflict(of: draft.worker, withAllOf: offering)
        }
        asks = try await transaction.asks(of: ids)
        pasts = try await transaction.offerPasts(
            drafts.map { [batches] in
                (key: $0.batch, worker: $0.worker, hash: batches[$0.batch]?.terms.hash ?? Digest(of: ""))
            })
        var moments: [Worker.ID: OfferMoment] = [:]
        for (id, worker) in workers {
            moments[id] = try? OfferMoment(transaction.instant, timeZone: worker.timeZone)
        }
        loads =
            withinRoom
            ? try await transaction.routingLoads(moments.map { (worker: $0, startsOn: $1.monday, day: $1.day) }) : [:]
        (self.workers, self.bonds, self.conflicts, self.moments) = (workers, bonds, conflicts, moments)
        (self.batches, self.raises) = (batches, raises)
    }

    /// One more offer, or the first reason in the order of precedence against it.
    mutating func offer(
        _ draft: OfferDraft, at place: Int, id: Offer.ID, event: AuditEvent.ID, instant: Date
    ) throws(OfferRefusal) -> NewOffer {
        guard let (batch, offering, terms) = batches[draft.batch] else { throw .notThere("batch") }
        guard offering.state == .open else { throw .batchNotOpen(offering.state) }
        guard offering.door == .offer else { throw .claimedOnly }
        guard let worker = workers[draft.worker], let bonds = bonds[draft.worker], let moment = moments[draft.worker]
        else { throw withinRoom ? .busy : .notThere("worker") }
        guard worker.state == .active else { throw .notActive(worker.state) }
        if let bar = offering.bar(to: bonds) { throw .barred(bar) }
        if let party = conflicts[place] { throw .barred(.conflictOfInterest(party)) }
        guard asks[draft.worker, default: .nothing].admit(offering) else { throw .belowAsk }
        let past = pasts[place]
        let pair = RoutingPair(batch: draft.batch.id, worker: draft.worker)
        guard !past.isOpen, !pairs.contains(pair) else { throw .alreadyOffered }
        guard !past.isDeclined, past.turns < batch.tasks else { throw .offeredBefore }
        guard batch.openSlots > batch.openOffers + offered[draft.batch, default: 0] else { throw .allOffered }
        if withinRoom { try mustHaveRoom(worker, for: offering.expectedMinutes, at: instant) }
        pairs.insert(pair)
        offered[draft.batch, default: 0] += 1
        given[draft.worker, default: (0, 0)].offers += 1
        given[draft.worker, default: (0, 0)].minutes += offering.expectedMinutes
        let noticed = instant + TimeInterval(worker.limits.offerNoticeMinutes * 60)
        return NewOffer(
            id: id, event: event, draft: draft, answerBy: max(draft.answerBy, noticed), terms: terms,
            raise: raises[draft.batch], turn: past.turns + 1, moment: moment,
            weeklyMinutesMax: worker.limits.weeklyMinutesMax
        )
    }

    private func mustHaveRoom(
        _ worker: Offeree, for minutes: Int, at instant: Date
    ) throws(OfferRefusal) {
        guard let load = loads[worker.id] else { throw .noRoom }
        let before = given[worker.id, default: (0, 0)]
        let asked = load.offeredMinutes + before.minutes + minutes
        guard load.liveLeases + load.openOffers + before.offers < worker.limits.tasksAtOnceMax,
            load.committedMinutes + asked <= worker.limits.weeklyMinutesMax,
            load.committedToday + asked <= worker.limits.dailyMinutesMax,
            asked <= worker.limits.bounds?.minutesLeft(at: instant) ?? .max
        else { throw .noRoom }
    }
}
