import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

/// A market whose rate has a band, 5.00 to 50.00 USD around 20.00, and batches that are bid for.
struct AuctionHouse: Sendable {
    let small: SmallMarket
    var market: Market { small.market }

    init(_ small: SmallMarket) async throws {
        self.small = small
        Scratch.clock.advance(by: 1)
        let line: JSON = [
            "profession": "lawyer", "tier": "expert", "task_kind": "extraction", "unit": "task", "currency": "USD",
            "amount_minor": .integer(SmallMarket.pay), "least_minor": 500, "most_minor": 5_000,
        ]
        let draft = try await DraftRateCard(market: small.market)(["name": "Band", "rates": [line]], by: small.maker)
        try await ApproveRateCard(market: small.market)(
            draft.version, contentHash: draft.contentHash, by: small.checker)
        try await PublishRateCard(market: small.market)(draft.version, by: small.maker)
    }

    init() async throws { try await self.init(SmallMarket()) }

    func batch(
        _ name: String, tasks: Int, redundancy: Int = 1, minutes: Int = 30, requirement: Requirement = .all([]),
        dueAt: Date? = nil
    ) async throws -> Batch.ID {
        try await small.batch(
            small.draft(
                name, door: .bid, requirement: requirement, redundancy: redundancy, minutes: minutes, dueAt: dueAt),
            tasks: tasks
        )
    }

    /// An auction that closes in an hour.
    func open(_ batch: Batch.ID, _ change: (inout AuctionTerms) -> Void = { _ in }) async throws -> Auction.Key {
        var terms = AuctionTerms(closesAt: Scratch.clock.now() + 3_600)
        change(&terms)
        let id = try await OpenAuction(market: market)(
            of: Batch.Key(requester: small.requester, id: batch), on: terms, by: small.manager)
        return Auction.Key(requester: small.requester, id: id)
    }

    @discardableResult
    func bid(_ worker: Worker.ID, _ amount: Int64, _ quantity: Int = 1, in auction: Auction.Key) async throws
        -> BidReceipt
    {
        try await PlaceBid(market: market)(
            BidDraft(amountMinor: amount, quantity: quantity), in: auction, by: Principal.ID(worker.uuid))
    }

    /// Lets the time of an auction end and takes it to its awards.
    func close(_ auction: Auction.Key) async throws {
        let seen = try await shown(auction)
        if Scratch.clock.now() < seen.closesAt {
            Scratch.clock.advance(by: seen.closesAt.timeIntervalSince(Scratch.clock.now()))
        }
        try await finish()
    }

    func finish() async throws {
        let pass = AuctionPass()
        while try await CloseAuctions(market: market)(in: pass, by: small.manager).hasMore {}
    }

    func shown(_ auction: Auction.Key) async throws -> Auction {
        try await ListAuctions(market: market).one(auction, by: small.manager)
    }

    /// Lets awards whose time is over go and others move up, until nothing is left to do.
    @discardableResult
    func settle() async throws -> (lapsed: Int, ended: Int, movedUp: Int) {
        var all = (lapsed: 0, ended: 0, movedUp: 0)
        while true {
            let piece = try await SettleAwards(market: market)(by: small.manager)
            (all.lapsed, all.ended) = (all.lapsed + piece.lapsed, all.ended + piece.ended)
            all.movedUp += piece.movedUp
            guard piece.lapsed + piece.ended + piece.movedUp > 0 else { return all }
        }
    }

    /// Opens the next rounds.
    @discardableResult
    func follow() async throws -> Int { try await AuctionRest(market: market)(by: small.manager).opened }

    /// What somebody was told of one kind, the newest first.
    func told(_ kind: String, _ recipient: Principal.ID) async throws -> [Notice] {
        try await ListNotices(market: market)(by: recipient).map(\.notice).filter { $0.kind == kind }
    }

    func decline(_ award: Award) async throws {
        try await DeclineAward(market: market)(award.key, by: Principal.ID(award.worker.uuid))
    }

    func awards(_ worker: Worker.ID) async throws -> [Award] {
        try await MyAwards(market: market)(by: Principal.ID(worker.uuid))
    }

    func accept(_ award: Award) async throws -> [Assignment] {
        try await AcceptAward(market: market)(award.key, by: Principal.ID(award.worker.uuid)).leases
    }

    /// How many units everybody was given, and for how much.
    func won(_ auction: Auction.Key) async throws -> [Worker.ID: [Int64]] {
        let rows = try await market.database.read {
            try await $0.rows(
                """
                select worker_id, units, total_minor from award
                 where requester_id = \(auction.requester) and auction_id = \(auction.id) order by award_id
                """)
        }
        var won: [Worker.ID: [Int64]] = [:]
        for row in rows { won[try row["worker_id"], default: []] += [try row["units"], try row["total_minor"]] }
        return won
    }

    func faults(_ auction: Auction.Key) async throws -> [String] {
        try await VerifyAuction(market: market)(auction, by: small.manager).faults
    }
}
