internal import Formats
package import Foundation
internal import Store

/// Why no work was given. In order of precedence.
package enum ClaimRefusal: Refusal {
    case notAWorker
    case notActive(Worker.State)
    /// The worker holds as many leases as they want to at once.
    case mostAtOnce(Int)
    /// The batch hands out no work now.
    case batchNotOpen(BatchState)
    /// Its deadline has passed.
    case overdue
    /// The scheduler offers the work of this batch; it cannot be claimed.
    case offeredOnly
    /// The work of this batch is won in auctions, and this worker has nothing left of what they have won.
    case awardedOnly
    /// Nobody has work to claim.
    case noOpenBatch
    /// All of it is taken, or this worker has done it.
    case noWork
    /// The batch does not take work from where the worker comes.
    case otherWorkforce(Workforce)
    /// The requester does not want this worker.
    case excluded
    /// The worker has an interest in this party of the project; its normalised name.
    case conflictOfInterest(String)
    case notEligible(RequirementFault)
    /// The week's hours would be passed.
    case hoursCap
    /// The day's hours would be passed.
    case dayCap
    /// The average over some weeks would be passed; when a week begins in which there is room again, if ever.
    case windowCap(opens: Date?)
    /// Rest is due; when it ends, if ever.
    case restDue(ends: Date?)
    /// The worker has as many tasks of the batch as one worker may.
    case batchCap(Int)
    /// The worker has as much of the batch as one worker may, together with accounts that may be theirs.
    case shareCap(Int)
    /// It pays less for an hour than the worker asks for; what it pays. Never of a batch that they name.
    case belowAsk(paysHourly: Money)

    package var code: String {
        switch self {
        case .notAWorker: "not_a_worker"
        case .notActive: "worker_not_active"
        case .mostAtOnce: "too_many_leases"
        case .batchNotOpen: "batch_not_open"
        case .overdue: "batch_overdue"
        case .offeredOnly: "batch_offered_only"
        case .awardedOnly: "batch_awarded_only"
        case .noOpenBatch: "no_open_batch"
        case .noWork: "no_work"
        case .otherWorkforce: "other_workforce"
        case .excluded: "excluded"
        case .conflictOfInterest: "conflict_of_interest"
        case .notEligible: "not_eligible"
        case .hoursCap: "hours_cap"
        case .dayCap: "hours_cap_day"
        case .windowCap: "hours_cap_window"
        case .restDue: "hours_rest"
        case .batchCap: "batch_cap"
        case .shareCap: "share_cap"
        case .belowAsk: "below_ask"
        }
    }

    package var message: String {
        switch self {
        case .notAWorker: "Only a worker can take work."
        case .notActive(let state): "Your standing is '\(state.rawValue)'; only active workers can take work."
        case .mostAtOnce(let most): "You hold \(most) tasks. Submit or return one first."
        case .batchNotOpen(let state): "The batch is \(state.rawValue) and hands out no work."
        case .overdue: "The deadline of the batch has passed; it hands out no more work."
        case .offeredOnly: "The work of this batch is offered; it cannot be claimed."
        case .awardedOnly: "The work of this batch is won by bids, and you have no award of it to take work of."
        case .noOpenBatch: "There is no work to claim at the moment."
        case .noWork: "All of it is taken, or you have done your part of it."
        case .otherWorkforce(let workforce): "The batch takes no work from the \(workforce.rawValue)."
        case .excluded:
            "This requester has excluded you. The decision that you were told of has the reasons and how to appeal."
        case .conflictOfInterest(let party):
            "You have declared an interest in '\(party)', which is a party of the project. Withdraw it if it has ended."
        case .notEligible(let fault): "The work asks for something that your profile does not show. \(fault.message)"
        case .hoursCap: "It would pass the hours that you have set, or may work, this week."
        case .dayCap: "It would pass the hours that you have set, or may work, today."
        case .windowCap(let opens?):
            "It would pass the hours that you may work on average over some weeks. There is room again from "
                + "\(opens.formatted(.iso8601)) on."
        case .windowCap(nil): "It takes longer than you may work on average over some weeks."
        case .restDue(let ends?): "You must rest now. You may take work again from \(ends.formatted(.iso8601)) on."
        case .restDue(nil): "It takes longer than you may work between two rests."
        case .batchCap(let most): "You have had \(most) tasks of this batch, as many as one person may."
        case .shareCap(let most): "You have done \(most) tasks of this batch, as large a share as one person may."
        case .belowAsk(let hourly): "It pays \(hourly) an hour, which is less than you ask for."
        }
    }
}

extension ClaimRefusal {
    init(_ bar: HoursBar) {
        switch bar {
        case .window(let opens): self = .windowCap(opens: opens)
        case .rest(let ends): self = .restDue(ends: ends)
        }
    }

    /// Whether it is for want of hours.
    var isOfHours: Bool {
        switch self {
        case .hoursCap, .dayCap, .windowCap, .restDue: true
        case .notAWorker, .notActive, .mostAtOnce, .batchNotOpen, .overdue, .offeredOnly, .awardedOnly, .noOpenBatch,
            .noWork, .otherWorkforce, .excluded, .conflictOfInterest, .notEligible, .batchCap, .shareCap, .belowAsk:
            false
        }
    }
}

/// A worker takes the next task, of one batch or of any; or the next few.
package struct ClaimTask: Sendable {
    /// How many leases anybody may hold; workers may want fewer.
    package static let mostAtOnce = WorkLimits.tasksAtOnceMost
    /// How many more batches are asked for at once when the first were in vain, and how often.
    private static let furtherPageSize = 100
    private static let furtherPages = 50

    let market: Market
    let order: OrderOfService
    /// None where the same must come of the same: hints go by real time.
    private var hints: ServiceHints? { market.database.hasManualClock ? nil : market.hints }

    package init(market: Market, order: OrderOfService = .standard) {
        (self.market, self.order) = (market, order)
    }

    /// Without a batch, goes through the open ones in the order of service and takes a task of the first for which the
    /// worker is eligible and has the hours, and which pays what they ask for. One that they name is taken as it is.
    ///
    /// - Parameter actor: the worker.
    /// - Throws: ``ClaimRefusal``; ``NotFound`` for a batch that is not there.
    package func callAsFunction(
        from batch: (requester: Requester.ID, id: Batch.ID)? = nil, by actor: Principal.ID
    ) async throws -> Assignment {
        try await market.change { change in
            guard let first = try await take(1, from: batch, by: actor, in: change).first else {
                throw ClaimRefusal.noWork
            }
            return first
        }
    }

    /// The same for several tasks at once, all of one batch and each of another task: as many as there are and as the
    /// worker has room for.
    ///
    /// - Parameter count: 1 to 100.
    /// - Returns: at least one.
    /// - Throws: ``BadInput``; ``ClaimRefusal``; ``NotFound``.
    package func several(
        _ count: Int, from batch: (requester: Requester.ID, id: Batch.ID)? = nil, by actor: Principal.ID
    ) async throws -> [Assignment] {
        guard (1...Self.mostAtOnce).contains(count) else {
            throw BadInput("count", "must be 1 to \(Self.mostAtOnce)")
        }
        return try await market.change { try await take(count, from: batch, by: actor, in: $0) }
    }

    private func take(
        _ count: Int, from batch: (requester: Requester.ID, id: Batch.ID)?, by actor: Principal.ID, in change: Change
    ) async throws -> [Assignment] {
        let (row, change) = try await change.lockingForChange(Worker.ID(actor.uuid))
        var claimant = try await Claimant(row, in: change)
        guard let batch else { return try await takeByPolicy(count, to: &claimant, in: change) }
        guard let offering = try await change.transaction.offering(batch.id, of: batch.requester) else {
            throw NotFound("batch")
        }
        guard offering.state == .open else { throw ClaimRefusal.batchNotOpen(offering.state) }
        if offering.hasAllotments {
            let won = try await change.leaseAwarded(of: offering, to: &claimant, event: "task_claimed", most: count)
            guard won.isEmpty else { return won }
        }
        switch offering.door {
        case .claim: break
        case .offer: throw ClaimRefusal.offeredOnly
        case .bid: throw ClaimRefusal.awardedOnly
        }
        return try await change.lease(
            from: offering, to: &claimant, event: "task_claimed", most: count, hints: hints
        )
    }

    /// Tries the open batches in the order of service, those last in which nothing was open a moment ago; when nothing
    /// came of the first hundreds, all others with open slots. What others are taking right now is waited for in one
    /// batch only, at the end, so that no two claims wait for each other. Of the refusals the most telling is reported:
    /// hours that are used up, then work that is taken, then the first rule that was not met.
    private func takeByPolicy(
        _ count: Int, to claimant: inout Claimant, in change: Change
    ) async throws -> [Assignment] {
        let transaction = change.transaction
        let met = try await transaction.metRequirements(claimant.reading.stored, by: claimant.reading.facts)
        let asks = claimant.reading.asks
        let draw = change.make(Assignment.self).lot
        var keys = order.order(
            try await transaction.candidates(
                meeting: met, to: claimant.bonds, byAge: order.isByAge(draw: draw), asking: asks), draw: draw
        ).map(\.batch)
        let now = ContinuousClock.now
        let wasEmpty = { (batch: Batch.Key) in hints?.isEmpty(batch.id.uuid, at: now) ?? false }
        keys = keys.filter { !wasEmpty($0) } + keys.filter(wasEmpty)
        var search = ClaimSearch(count: count, asks: asks, hints: hints)
        if let taken = try await search.take(keys, to: &claimant, in: change) { return taken }
        for _ in 0..<Self.furtherPages where search.tried.count >= 100 {
            let further = try await transaction.candidates(
                beyond: search.tried, meeting: met, to: claimant.bonds, asking: asks, limit: Self.furtherPageSize
            ).map(\.batch)
            if further.isEmpty { break }
            if let taken = try await search.take(further, to: &claimant, in: change) { return taken }
        }
        if let busy = search.busy, let taken = try await search.take([busy], waiting: true, to: &claimant, in: change) {
            return taken
        }
        if let refusal = search.mostTelling { throw refusal }
        if let below = try await transaction.belowAsk(asks, meeting: met, to: claimant.bonds) { throw below }
        // Nothing that the worker is known to meet: the first of the others tells why.
        guard let first = try await transaction.firstOffering(to: claimant.bonds.workforce) else {
            throw ClaimRefusal.noOpenBatch
        }
        return try await change.lease(from: first, to: &claimant, event: "task_claimed", most: count, asking: asks)
    }
}

/// A claim on its way through the batches.
private struct ClaimSearch {
    /// How many batches are read at once.
    private static let pageSize = 8

    let count: Int
    let asks: Asks
    let hints: ServiceHints?
    private(set) var tried: [Batch.ID] = []
    /// The first batch of which others have all that is open in their hands right now.
    private(set) var busy: Batch.Key?
    private var refusals: [ClaimRefusal] = []

    init(count: Int, asks: Asks, hints: ServiceHints?) { (self.count, self.asks, self.hints) = (count, asks, hints) }

    var mostTelling: ClaimRefusal? {
        refusals.first(where: \.isOfHours) ?? refusals.first { $0 == .noWork } ?? refusals.first
    }

    /// - Returns: `nil` when none of these batches had anything for the worker.
    mutating func take(
        _ keys: [Batch.Key], waiting: Bool = false, to claimant: inout Claimant, in change: Change
    ) async throws -> [Assignment]? {
        var keys = keys[...]
        while !keys.isEmpty {
            let page = keys.prefix(Self.pageSize)
            keys = keys.dropFirst(Self.pageSize)
            tried += page.map(\.id)
            let offerings = Dictionary(
                try await change.transaction.offerings(Array(page)).map { ($0.key, $0) },
                uniquingKeysWith: { first, _ in first }
            )
            for offering in page.compactMap({ offerings[$0] }) where offering.state == .open {
                guard offering.hasOpenSlot, !offering.isOverdue(at: change.instant) else {
                    hints?.foundNothing(of: offering.batch.uuid)
                    continue
                }
                do {
                    return try await change.lease(
                        from: offering, to: &claimant, event: "task_claimed", most: count, waiting: waiting,
                        hints: hints, asking: asks
                    )
                } catch let refusal as ClaimRefusal {
                    refusals.append(refusal)
                    if busy == nil, refusal == .noWork { busy = offering.key }
                }
            }
        }
        return nil
    }
}

extension Transaction {
    /// The refusal of the first batch with open work that nothing but an ask keeps from the worker, as far as is known;
    /// looked for only when there is nothing else to say.
    fileprivate func belowAsk(
        _ asks: Asks, meeting requirements: [Requirement.ID], to bonds: WorkerBonds
    ) async throws -> ClaimRefusal? {
        guard !asks.entries.isEmpty else { return nil }
        let keys = try await candidates(meeting: requirements, to: bonds, byAge: false).prefix(20).map(\.batch)
        let found = try await offerings(keys).filter { $0.state == .open && $0.hasOpenSlot && !asks.admit($0) }
        let first = keys.lazy.compactMap { key in found.first { $0.key == key } }.first
        return try first.map { .belowAsk(paysHourly: try $0.hourly) }
    }
}
