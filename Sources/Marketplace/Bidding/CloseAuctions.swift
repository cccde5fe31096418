internal import Formats
internal import Foundation
internal import Matching
internal import Store

/// What a piece of closing auctions came to.
package struct AuctionProgress: Hashable, Sendable {
    package internal(set) var closed = 0
    package internal(set) var bidsOpened = 0
    package internal(set) var cleared = 0
    package internal(set) var awardsWritten = 0
    /// Whether to go on at once.
    package internal(set) var hasMore = false
}

/// Takes auctions whose time is up, by PostgreSQL's clock, from the close to their awards: opens the bids, clears,
/// writes the awards. Each step is a bounded transaction; cut off anywhere, it goes on where it was and ends the same.
package struct CloseAuctions: Sendable {
    /// Bids opened, awards written, and slots of these awards, in one transaction.
    static let bidsMax = 1_000
    static let awardsMax = 500
    static let slotsMax = 2_000
    /// Steps in one piece.
    package static let stepsMax = 50

    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded piece. Several may run at once.
    ///
    /// - Parameters:
    ///   - steps: how many transactions at most, 1 to 1,000.
    ///   - pass: which auctions were looked at before.
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``ContentRefusal/keysMissing``; ``VaultRefusal`` of an auction that
    ///   cannot be opened, when all others were taken on.
    package func callAsFunction(
        steps: Int = stepsMax, in pass: AuctionPass = AuctionPass(), by actor: Principal.ID
    ) async throws -> AuctionProgress {
        guard (1...1_000).contains(steps) else { throw BadInput("steps", "must be 1 to 1,000") }
        var progress = AuctionProgress()
        let due = try await market.database.read { transaction in
            try await transaction.authorize(actor, as: .operator)
            return try await transaction.unfinishedAuctions(after: pass.last, limit: steps)
        }
        var left = steps
        var last = pass.last
        for auction in due where left > 0 {
            try await pass.passBy {
                while left > 0, try await step(auction, by: actor, &progress) { left -= 1 }
            }
            // Otherwise there may be more to do for it.
            if left > 0 { last = auction.id }
        }
        progress.hasMore = try pass.end(
            at: last, isOver: left > 0 && due.count < steps, hasGoneOn: progress != AuctionProgress())
        return progress
    }

    /// - Returns: whether something was done, so that there may be more to do.
    private func step(
        _ key: Auction.Key, by actor: Principal.ID, _ progress: inout AuctionProgress
    ) async throws -> Bool {
        let step = try await market.change { change -> AuctionStep in
            guard let (auction, batch, change) = try await change.lockToSettle(key) else { return .none }
            return try await change.advance(auction, of: batch, by: actor)
        }
        switch step {
        case .none: return false
        case .closed: progress.closed += 1
        case .opened(let bids): progress.bidsOpened += bids
        case .cleared: progress.cleared += 1
        case .awarded(let awards): progress.awardsWritten += awards
        }
        return true
    }
}

extension Batch {
    /// Whether its work can be won: it is in work, behind the door `bid`, and its deadline has not come.
    func isBidFor(at instant: Date) -> Bool {
        state.isInWork && door == .bid && (dueAt.map { instant < $0 } ?? true)
    }
}

/// What one transaction did.
private enum AuctionStep: Sendable {
    case none, closed, cleared
    case opened(Int)
    case awarded(Int)
}

extension Change {
    /// An auction and its batch, kept from everybody else: bids that were in time are in, and no more come; the change
    /// is at the instant after the wait for them.
    ///
    /// - Returns: `nil` when there is no such auction.
    func lockToSettle(_ key: Auction.Key) async throws -> (Auction, Batch, Change)? {
        guard let seen = try await transaction.auction(key),
            let batch = try await transaction.lockBatch(seen.batch, of: key.requester)
        else { return nil }
        let (row, after) = try await transaction.waiting(for: Transaction.auctionStatement(key, .close))
        guard let auction = try row.map(Auction.init) else { return nil }
        return (auction, batch, self.after(after))
    }

    /// The next step of a locked auction.
    fileprivate func advance(_ auction: Auction, of batch: Batch, by actor: Principal.ID) async throws -> AuctionStep {
        switch auction.state {
        case .open:
            guard instant >= auction.closesAt else { return .none }
            try await closeBidding(auction, of: batch, by: actor)
            return .closed
        case .closed:
            let bids = try await transaction.sealedBids(of: auction.key, limit: CloseAuctions.bidsMax)
            guard bids.isEmpty else {
                try await open(bids, of: auction, batch, by: actor)
                return .opened(bids.count)
            }
            try await clear(auction, of: batch, by: actor)
            return .cleared
        case .awarding:
            return .awarded(try await writeAwards(of: auction, batch, by: actor))
        case .awarded, .fallenBack, .unfilled, .cancelled:
            return .none
        }
    }

    /// Ends the bidding of a locked auction: its seed is revealed, and what there is to be had is counted. Without
    /// anything to be had nothing is opened.
    func closeBidding(_ auction: Auction, of batch: Batch, by actor: Principal.ID) async throws {
        let isAlive = batch.isBidFor(at: instant)
        let supply =
            isAlive
            ? AuctionSupply(
                openSlots: try await transaction.freeSlots(of: batch.key).map(\.numbers.count),
                ceilingMinor: auction.ceilingMinor) : nil
        guard let supply, let closed = auction.state.after(.close) else {
            try await transaction.cancelAuction(auction)
            return try await recordAuction("auction_cancelled", of: auction, by: actor)
        }
        let (key, sealedSeed) = try await auctionKey(of: auction.key)
        let seed = try key.open(seed: sealedSeed)
        try await transaction.closeAuction(auction, to: closed, seed: seed, supply)
        try await recordAuction(
            "auction_closed", of: auction, by: actor,
            facts: [
                "seed": .string(seed.hexadecimal), "tasks": .integer(Int64(supply.tasks)),
                "redundancy": .integer(Int64(supply.redundancy)),
            ]
        )
    }

    private func open(_ bids: [Bid], of auction: Auction, _ batch: Batch, by actor: Principal.ID) async throws {
        let key = try await auctionKey(of: auction.key).key
        let hindrances = try await hindrances(of: bids.map(\.worker), at: batch)
        try await setAside(bids.filter { hindrances[$0.worker] != nil }, of: auction, hindrances, by: actor)
        var opened: [(bid: Bid, amount: SealedAmount)] = []
        for bid in bids where hindrances[bid.worker] == nil {
            guard let sealed = bid.sealed, bid.state.after(.open) != nil else { throw VaultRefusal.unreadable }
            opened.append((bid, try key.open(sealed, of: bid.id, version: bid.version)))
        }
        try await transaction.openBids(opened, of: auction.key)
        try await recordAuction("bids_opened", of: auction, by: actor, facts: ["bids": .integer(Int64(opened.count))])
    }

    /// Bids of who may not do the work any more, suspended, gone, barred or not eligible since: they are never read,
    /// and nobody waits for an answer that cannot come.
    private func setAside(
        _ bids: [Bid], of auction: Auction, _ hindrances: [Worker.ID: LapseReason], by actor: Principal.ID
    ) async throws {
        guard !bids.isEmpty, BidState.sealed.after(.withdraw) != nil else { return }
        try await transaction.setAside(bids.map(\.id), of: auction.key)
        try await transaction.tell(
            "bid_set_aside",
            bids.map { bid in
                Told(
                    id: make(), recipient: Principal.ID(bid.worker.uuid),
                    facts: [
                        "auction": .string("\(auction.id)"), "bid": .string("\(bid.id)"),
                        "reason": hindrances[bid.worker].map { .string($0.rawValue) } ?? .null,
                    ])
            })
        try await record(
            "bid_set_aside", by: actor, on: "auction", in: .requester(auction.requester),
            bids.map { bid in
                let reason = hindrances[bid.worker].map { JSON.string($0.rawValue) } ?? .null
                return (auction.id.uuid, ["bid": .string("\(bid.id)"), "reason": reason])
            })
    }

    /// All bids are open: what came of them is worked out and stored, and the key is forgotten.
    private func clear(_ auction: Auction, of batch: Batch, by actor: Principal.ID) async throws {
        let record = try AuctionRecord(clearing: auction, bids: try await transaction.bidders(in: auction))
        let event: AuctionEvent =
            switch record.result.outcome {
            case .tooFewBidders: try await mayFallBack(auction, batch) ? .fallBack : .findNobody
            case .cleared, .partlyFilled: .clear
            case .reserveNotMet, .everyoneLeft, .budgetTooSmall: .findNobody
            }
        guard let next = auction.state.after(event) else { throw StoreError.unexpectedRowCount(0) }
        try await transaction.storeRecord(record, of: auction, to: next)
        if next == .fallenBack {
            try await fallBack(auction, batch, bidders: record.market.bidders.map { Worker.ID(UUID(bits: $0.id)) })
        } else {
            try await tellOfRest(of: auction, units: record.result.unitsUnfilled)
        }
        try await recordAuction(
            "auction_cleared", of: auction, by: actor,
            facts: [
                "outcome": .string(record.result.outcome.rawValue),
                "bidders": .integer(Int64(record.market.bidders.count)),
                "units_filled": .integer(Int64(record.result.unitsFilled)),
                "payment_minor": .integer(record.result.paymentMinor), "hash": .string(record.hash.hexadecimal),
            ]
        )
    }

    /// Whether the posted pay is within what the requester named: no more than the ceiling, and in the clock lane for
    /// all that is left no more than the sum. Of a pay that rises it is what it may rise to.
    private func mayFallBack(_ auction: Auction, _ batch: Batch) async throws -> Bool {
        let curve = try await transaction.escalator(of: batch.id, batch.requester, batch.pay.currency)
        let pay = max(batch.pay.minorUnits, curve?.cap.minorUnits ?? 0)
        guard pay <= auction.ceilingMinor else { return false }
        guard let budgetMinor = auction.budgetMinor else { return true }
        return try await Int128(pay) * Int128(freeUnits(of: batch)) <= Int128(budgetMinor)
    }

    /// The work goes by claims from now on; the requester and whoever has bid are told.
    private func fallBack(_ auction: Auction, _ batch: Batch, bidders: [Worker.ID]) async throws {
        try await transaction.fallBack(batch.key)
        var told = bidders.map { Principal.ID($0.uuid) }
        if let opener = try await transaction.firstOpener(of: batch.key) { told.append(opener) }
        let units = try await freeUnits(of: batch)
        try await transaction.tell(
            "auction_fell_back",
            told.map { recipient in
                Told(
                    id: make(), recipient: recipient,
                    facts: [
                        "auction": .string("\(auction.id)"), "requester": .string("\(auction.requester)"),
                        "batch": .string("\(auction.batch)"), "units": .integer(Int64(units)),
                        "pay": .string("\(batch.pay)"),
                    ])
            })
    }

    /// How many slots nobody has and nobody is kept for.
    func freeUnits(of batch: Batch) async throws -> Int {
        try await transaction.freeSlots(of: batch.key).reduce(0) { $0 + $1.numbers.count }
    }

    func recordAuction(
        _ action: String, of auction: Auction, by actor: Principal.ID, facts: JSON = .object([:])
    ) async throws {
        try await record(
            action, by: actor, on: "auction", auction.id.uuid, in: .requester(auction.requester), facts: facts)
    }
}
