package import Formats
internal import Foundation
internal import Store

/// What a worker bids.
package struct BidDraft: Sendable {
    /// The least that is taken for one assignment, in minor units of the auction's currency.
    package let amountMinor: Int64
    /// How many assignments at most, 1 to 1,000,000.
    package let quantity: Int
    /// From which day on, by the worker's wall clock; `nil` for at once.
    package let earliest: CalendarDate?

    package init(amountMinor: Int64, quantity: Int, earliest: CalendarDate? = nil) {
        (self.amountMinor, self.quantity, self.earliest) = (amountMinor, quantity, earliest)
    }
}

/// A worker bids in an auction, or changes their bid. It is free; the newest version counts; it binds from the close
/// on.
package struct PlaceBid: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker.
    /// - Throws: ``BadInput``; ``NotFound``; ``BidRefusal``; ``ContentRefusal/keysMissing``; ``VaultRefusal``. None of
    ///   them says what was bid.
    package func callAsFunction(
        _ draft: BidDraft, in auction: Auction.Key, by actor: Principal.ID
    ) async throws -> BidReceipt {
        guard (1...1_000_000).contains(draft.quantity) else { throw BadInput("quantity", "must be 1 to 1,000,000") }
        return try await market.change { change in
            let (row, change) = try await change.lockingForChange(Worker.ID(actor.uuid))
            let bidder = try await Bidder(row, in: change)
            let (held, current) = try await change.holdOpen(auction)
            return try await current.place(draft, in: held, by: bidder)
        }
    }
}

/// A worker takes their bid back.
package struct WithdrawBid: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker.
    /// - Throws: ``NotFound``; ``BidRefusal/notAWorker``, ``BidRefusal/closed``, ``BidRefusal/noBid``.
    package func callAsFunction(from auction: Auction.Key, by actor: Principal.ID) async throws -> BidReceipt {
        try await market.change { change in
            let (row, change) = try await change.lockingForChange(Worker.ID(actor.uuid))
            guard let row else { throw BidRefusal.notAWorker }
            let (held, current) = try await change.holdOpen(auction)
            let transaction = current.transaction
            guard let bid = try await transaction.bid(of: row.id, in: auction),
                let next = bid.state.after(.withdraw)
            else { throw BidRefusal.noBid }
            try await transaction.updateBid(bid, to: next, version: bid.version + 1)
            try await transaction.insertVersion(
                bid.version + 1, of: bid.id, auction.requester, bid.quantity, bid.earliest, sealed: nil, commitment: nil
            )
            try await current.record(
                "bid_withdrawn", by: actor, on: "auction", auction.id.uuid, in: .requester(auction.requester),
                facts: ["bid": .string("\(bid.id)"), "version": .integer(Int64(bid.version + 1))]
            )
            return BidReceipt(bid: bid.id, version: bid.version + 1, commitment: nil, closesAt: held.closesAt)
        }
    }
}

/// A worker who is about to bid: active, and kept as they are until the transaction ends.
private struct Bidder: Sendable {
    let worker: WorkerRow
    let day: CalendarDate
    let reading: ClaimantReading

    /// - Throws: ``BidRefusal/notAWorker``, ``BidRefusal/notActive(_:)``.
    init(_ row: WorkerRow?, in change: Change) async throws {
        guard let row else { throw BidRefusal.notAWorker }
        day = try WorkWeek.day(of: change.instant, timeZone: row.timeZone)
        let monday = try WorkWeek.start(of: change.instant, timeZone: row.timeZone)
        guard let reading = try await change.transaction.claimant(row.id, on: day, weekStartsOn: monday),
            reading.isWorker
        else { throw BidRefusal.notAWorker }
        guard row.state == .active else { throw BidRefusal.notActive(row.state) }
        (worker, self.reading) = (row, reading)
    }
}

extension Change {
    /// An auction whose close cannot come before this transaction's end, and the change at the instant after the wait
    /// for that: whoever closes the auction waits for all bids that were in time, and sees them.
    ///
    /// A bid that may move the close takes the auction for itself, any other shares it with other bids.
    /// - Throws: ``NotFound``; ``BidRefusal/closed``.
    fileprivate func holdOpen(_ key: Auction.Key) async throws -> (Auction, Change) {
        guard let seen = try await transaction.auction(key) else { throw NotFound("auction") }
        // Read a moment too early, so that the lock need not be raised.
        let mayMove = seen.close(movedBy: instant + 2) != nil
        let (row, after) = try await transaction.waiting(
            for: Transaction.auctionStatement(key, mayMove ? .movingBid : .bid))
        guard let held = try row.map(Auction.init) else { throw NotFound("auction") }
        guard held.state == .open, after.instant < held.closesAt else { throw BidRefusal.closed }
        return (held, self.after(after))
    }

    fileprivate func place(_ draft: BidDraft, in auction: Auction, by bidder: Bidder) async throws -> BidReceipt {
        let worker = bidder.worker.id
        let earliest = draft.earliest ?? bidder.day
        try await check(draft, earliest, in: auction, by: bidder)
        let old = try await transaction.bid(of: worker, in: auction.key)
        let key = try await auctionKey(of: auction.key).key
        if let old, try old.says(draft, from: earliest, under: key) {
            return BidReceipt(bid: old.id, version: old.version, commitment: old.commitment, closesAt: auction.closesAt)
        }
        guard old.map({ $0.version < Bid.versionsMax }) ?? true else { throw BidRefusal.changedTooOften }
        let (id, version) = (old?.id ?? make(Bid.self), (old?.version ?? 0) + 1)
        let amount = SealedAmount(draft.amountMinor)
        let sealed = try key.seal(amount, of: id, version: version)
        let commitment = amount.commitment(of: id, version: version)
        let minutes = draft.quantity * auction.expectedMinutes
        if let old, let next = old.state.after(.place) {
            try await transaction.updateBid(
                old, to: next, version: version, draft.quantity, minutes: minutes, earliest)
        } else {
            let frozen = try await transaction.frozenQuality(of: worker, in: auction.key)
            let low = frozen?.lowBasisPoints ?? auction.quality.defaultBasisPoints
            try await transaction.insertBid(
                id, in: auction.key, of: worker, draft.quantity, minutes: minutes, earliest,
                estimate: frozen?.version, low: low, qualityMinor: auction.quality.worth(ofLow: low)
            )
        }
        try await transaction.insertVersion(
            version, of: id, auction.requester, draft.quantity, earliest, sealed: sealed, commitment: commitment
        )
        let moved = auction.close(movedBy: instant)
        if let moved { try await transaction.moveClose(of: auction, to: moved) }
        try await record(
            version == 1 ? "bid_placed" : "bid_changed", by: Principal.ID(worker.uuid), on: "auction",
            auction.id.uuid, in: .requester(auction.requester),
            facts: [
                "bid": .string("\(id)"), "version": .integer(Int64(version)),
                "quantity": .integer(Int64(draft.quantity)), "commitment": .string(commitment.hexadecimal),
                "closes_at": moved.map { .string($0.ISO8601Format()) } ?? .null,
            ]
        )
        return BidReceipt(bid: id, version: version, commitment: commitment, closesAt: moved ?? auction.closesAt)
    }

    /// - Throws: ``BidRefusal``, in its order; ``BadInput`` for a day that cannot be.
    private func check(
        _ draft: BidDraft, _ earliest: CalendarDate, in auction: Auction, by bidder: Bidder
    ) async throws {
        guard let offering = try await transaction.offering(auction.batch, of: auction.requester),
            offering.state == .open, !offering.isOverdue(at: instant)
        else { throw BidRefusal.batchNotOpen }
        if let bar = offering.bar(to: bidder.reading.bonds) { throw BidRefusal.barred(bar) }
        guard try await !transaction.hasHadWork(of: auction.batchKey, bidder.worker.id) else {
            throw BidRefusal.hadBefore
        }
        let requirement = try await transaction.requirement(offering.requirement, hash: offering.requirementHash)
        if case .ineligible(let fault) = requirement.evaluate(normal: bidder.reading.facts, at: instant) {
            throw BidRefusal.notEligible(fault)
        }
        guard (auction.floorMinor...auction.ceilingMinor).contains(draft.amountMinor) else {
            throw BidRefusal.outOfBand(floor: auction.floorMinor, ceiling: auction.ceilingMinor)
        }
        guard draft.quantity <= auction.tasks else { throw BidRefusal.tooMany(auction.tasks) }
        let end = offering.dueAt ?? auction.usualEnd
        let last = try WorkWeek.day(of: end, timeZone: bidder.worker.timeZone)
        guard earliest >= bidder.day, earliest <= last else {
            throw BadInput("earliest", "must be from today to the day the work is due")
        }
        let needed = try await transaction.minutesBidFor(by: bidder.worker.id, but: auction.key)
        try await mustFit(needed + draft.quantity * auction.expectedMinutes, from: earliest, until: last, bidder)
    }

    /// All live bids, what was won and not taken yet, and this bid within the hours that are free from the day on which
    /// the worker would begin until the last one.
    private func mustFit(
        _ minutes: Int, from first: CalendarDate, until last: CalendarDate, _ bidder: Bidder
    ) async throws {
        let worker = bidder.worker.id
        guard let availability = try await transaction.availability(of: worker) else { throw BidRefusal.notAWorker }
        let free = availability.freeMinutes(
            from: first, through: last, limits: bidder.reading.limits,
            committed: try await transaction.committedMinutes(of: worker, from: first, through: last),
            committedInWeeks: try await transaction.committedWeeks(
                of: worker, from: first.weekStart ?? first, through: last)
        )
        guard minutes <= free else { throw BidRefusal.hours(needed: minutes, free: free) }
    }
}

extension Bid {
    /// Whether it is live and just that, so that placing it again changes nothing.
    fileprivate func says(
        _ draft: BidDraft, from day: CalendarDate, under key: AuctionKey
    ) throws(VaultRefusal) -> Bool {
        guard state == .sealed, quantity == draft.quantity, earliest == day, let sealed else { return false }
        return try key.open(sealed, of: id, version: version).minorUnits == draft.amountMinor
    }
}

extension Auction {
    /// Until when its work is done where the batch has no deadline.
    fileprivate var usualEnd: Date { closesLatestAt + TimeInterval(acceptanceSeconds + reservedSeconds) }
}

extension Availability {
    /// How many weeks are looked at.
    private static let weeksMax = 53

    /// Minutes that a worker can still take from one day to another: on each day those open and within its cap, in each
    /// week within the week's.
    ///
    /// - Parameters:
    ///   - committed: minutes by day, and by the Monday of the week; what is not there is 0.
    func freeMinutes(
        from first: CalendarDate, through last: CalendarDate, limits: WorkLimits, committed: [CalendarDate: Int],
        committedInWeeks: [CalendarDate: Int]
    ) -> Int {
        var free = 0
        var day = first
        for _ in 0..<Self.weeksMax {
            guard day <= last, let monday = day.weekStart else { break }
            var open = 0
            while day <= last, day.weekStart == monday {
                open += max(0, min(openMinutes(on: day), limits.dailyMinutesMax - (committed[day] ?? 0)))
                guard let next = CalendarDate(daysSince2000: day.daysSince2000 + 1) else { break }
                day = next
            }
            free += max(0, min(open, limits.weeklyMinutesMax - (committedInWeeks[monday] ?? 0)))
        }
        return free
    }
}
