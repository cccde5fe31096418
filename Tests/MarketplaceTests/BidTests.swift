import Formats
import Foundation
import Marketplace
import Matching
import Store
import TestSupport
import Testing

@Suite("Bids", .scratchDatabase)
struct BidTests {
    /// In the order of precedence; each row has the faults of all the rows after it, too.
    enum Case: String, CaseIterable {
        case notAWorker, notActive, closed, batchNotOpen, barred, hadBefore, notEligible, outOfBand, tooMany, hours

        var code: String {
            switch self {
            case .notAWorker: "not_a_worker"
            case .notActive: "worker_not_active"
            case .closed: "auction_closed"
            case .batchNotOpen: "batch_not_open"
            case .barred: "excluded"
            case .hadBefore: "had_work_of_batch"
            case .notEligible: "not_eligible"
            case .outOfBand: "bid_out_of_band"
            case .tooMany: "bid_too_many"
            case .hours: "bid_hours"
            }
        }

        func holds(_ other: Case) -> Bool {
            (Case.allCases.firstIndex(of: other) ?? 0) >= (Case.allCases.firstIndex(of: self) ?? 0)
        }
    }

    @Test("are refused for the first reason that holds", arguments: Case.allCases)
    func precedence(first: Case) async throws {
        let house = try await AuctionHouse()
        let small = house.small
        let needsLawyer = first.holds(.notEligible)
        let worker = try await small.worker("w", weeklyMinutes: 20)
        let batch = try await house.batch(
            "b", tasks: 2, requirement: needsLawyer ? .profession(.lawyer, leastTier: .expert) : .all([]))
        let auction = try await house.open(batch)
        if first.holds(.hadBefore) {
            // An award of an earlier round, as if there had been one.
            try await Self.giveAward(of: auction, to: worker)
        }
        if first.holds(.barred) {
            _ = try await ExcludeWorker(market: small.market)(
                worker, from: small.requester, reason: "Quarrel", by: small.manager)
        }
        if first.holds(.batchNotOpen) {
            try await PauseBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        }
        if first.holds(.closed) { Scratch.clock.advance(by: 3_600) }
        if first.holds(.notActive) { try await PauseWorker(market: small.market)(worker, by: small.manager) }
        let draft = BidDraft(
            amountMinor: first.holds(.outOfBand) ? 5_001 : 1_000, quantity: first.holds(.tooMany) ? 3 : 2)
        let actor = first.holds(.notAWorker) ? small.reviewer : Principal.ID(worker.uuid)
        let refused = await refusal(BidRefusal.self) {
            try await PlaceBid(market: small.market)(draft, in: auction, by: actor)
        }
        #expect(refused?.code == first.code)
        #expect(try await small.count("select count(*) as n from bid where version > 0 and state = 'sealed'") == 0)
    }

    private static func giveAward(of auction: Auction.Key, to worker: Worker.ID) async throws {
        try await Scratch.asOwner { transaction in
            try await transaction.execute(
                """
                with given as (
                    insert into bid
                    select requester_id, gen_random_uuid(), auction_id, \(worker), 'withdrawn', 1, 1, 30, '2026-03-02',
                           opened_at, null, 0, 0
                      from auction where auction_id = \(auction.id)
                    returning requester_id, bid_id, auction_id
                ),
                versions as (
                    insert into bid_version
                    select requester_id, bid_id, 1, 1, '2026-03-02', '2026-03-02', null, null from given
                ),
                aside as (
                    insert into allotment (requester_id, allotment_id, batch_id, kind, pay_minor, fee_minor)
                    select requester_id, gen_random_uuid(), batch_id, 'award', 1000, 100
                      from auction where auction_id = \(auction.id)
                    returning allotment_id
                )
                insert into award (requester_id, award_id, auction_id, bid_id, worker_id, state, units, total_minor,
                                   awarded_at, accept_by, allotment_id)
                select requester_id, gen_random_uuid(), auction_id, bid_id, \(worker), 'awarded', 1, 1000, '2026-03-02',
                       '2026-03-09', allotment_id
                  from given, aside
                """)
        }
    }

    @Test("are one for a worker: changed, withdrawn and placed again until the close; the newest counts")
    func versions() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 2)
        let workers = try await house.workers(4)
        let auction = try await house.open(batch)
        let actor = Principal.ID(workers[0].uuid)
        let first = try await house.bid(workers[0], 1_000, in: auction)
        let second = try await house.bid(workers[0], 1_100, 2, in: auction)
        #expect(second.bid == first.bid && second.version == 2 && second.commitment != first.commitment)
        let third = try await WithdrawBid(market: house.market)(from: auction, by: actor)
        #expect(third.version == 3 && third.commitment == nil)
        let none = await refusal(BidRefusal.self) {
            try await WithdrawBid(market: house.market)(from: auction, by: actor)
        }
        #expect(none == .noBid)
        let fourth = try await house.bid(workers[0], 1_200, in: auction)
        try await house.bid(workers[1], 700, in: auction)
        _ = try await WithdrawBid(market: house.market)(from: auction, by: Principal.ID(workers[1].uuid))
        try await house.bid(workers[2], 1_300, in: auction)
        try await house.bid(workers[3], 1_400, in: auction)
        let mine = try #require(try await MyBids(market: house.market)(by: actor).first)
        #expect(mine.amountMinor == 1_200)
        #expect(mine.bid.commitment == fourth.commitment)
        #expect(mine.scoreMinor == nil && mine.outcome == nil)
        try await house.close(auction)
        #expect(try await house.won(auction) == [workers[0]: [1, 1_400], workers[2]: [1, 1_400]])
        let (own, table) = try await MyBids(market: house.market).one(in: auction, by: actor)
        #expect(own.scoreMinor == -1_200)
        #expect(own.outcome?.cutOffScoreMinor == -1_300)
        #expect(own.outcome?.totalMinor == 1_400)
        // Any bid up to the price would have earned the same, any above it nothing.
        #expect(table.allSatisfy { $0.paymentMinor == ($0.bidMinor <= 1_400 ? 1_400 : 0) })
        #expect(table.count == 21 && table.contains { $0.bidMinor == 1_200 })
        let closed = await refusal(BidRefusal.self) {
            try await WithdrawBid(market: house.market)(from: auction, by: actor)
        }
        #expect(closed == .closed)
        #expect(try await house.small.ills() == [])
    }

    @Test("of all auctions together need no more minutes than are free until the work is due")
    func hours() async throws {
        let house = try await AuctionHouse()
        // Two weeks, partly: Monday to the Tuesday after the next.
        let due = Scratch.start + 8 * 86_400
        let one = try await house.batch("one", tasks: 20, minutes: 60, dueAt: due)
        let two = try await house.batch("two", tasks: 20, minutes: 60, dueAt: due)
        let worker = try await house.small.worker("w", weeklyMinutes: 600)
        let (first, second) = (try await house.open(one), try await house.open(two))
        try await house.bid(worker, 1_000, 15, in: first)
        let refused = await refusal(BidRefusal.self) { try await house.bid(worker, 1_000, 6, in: second) }
        #expect(refused == .hours(needed: 1_260, free: 1_200))
        try await house.bid(worker, 1_000, 5, in: second)
        // A change takes the place of what was bid before.
        try await house.bid(worker, 1_000, 10, in: first)
        try await house.bid(worker, 1_000, 10, in: second)
    }

    @Test("count the hours from the day on which the worker would begin")
    func hoursFromEarliest() async throws {
        let house = try await AuctionHouse()
        let due = Scratch.start + 8 * 86_400
        let batch = try await house.batch("b", tasks: 40, minutes: 60, dueAt: due)
        // 600 minutes in the week that is left after Monday the 9th, or in both.
        let worker = try await house.small.worker("w", weeklyMinutes: 600)
        let auction = try await house.open(batch)
        func place(_ quantity: Int, from day: String) async throws {
            _ = try await PlaceBid(market: house.market)(
                BidDraft(amountMinor: 1_000, quantity: quantity, earliest: CalendarDate(iso: day)), in: auction,
                by: Principal.ID(worker.uuid))
        }
        let refused = await refusal(BidRefusal.self) { try await place(11, from: "2026-03-09") }
        #expect(refused == .hours(needed: 660, free: 600))
        try await place(10, from: "2026-03-09")
        try await place(20, from: "2026-03-02")
    }

    @Test("count against the hours as long as their bidder may still move up")
    func hoursOfMovingUp() async throws {
        let house = try await AuctionHouse()
        let due = Scratch.start + 6 * 86_400
        let workers = try await house.workers(4, weeklyMinutes: 600)
        let first = try await house.open(house.batch("one", tasks: 2, minutes: 300, dueAt: due))
        for (place, worker) in workers.enumerated() {
            try await house.bid(worker, 1_000 + 100 * Int64(place), 2, in: first)
        }
        try await house.close(first)
        let second = try await house.open(house.batch("two", tasks: 2, minutes: 300, dueAt: due))
        let last = workers[3]
        let refused = await refusal(BidRefusal.self) { try await house.bid(last, 1_000, 1, in: second) }
        #expect(refused == .hours(needed: 900, free: 600))
        _ = try await house.accept(#require(try await house.awards(workers[0]).first))
        // Everything is answered; nobody moves up any more.
        try await house.bid(last, 1_000, 1, in: second)
    }

    @Test("that say the same again change nothing: no version, no salt, no later close")
    func sameAgain() async throws {
        let house = try await AuctionHouse()
        let worker = try await house.small.worker("w")
        let auction = try await house.open(house.batch("b", tasks: 3, minutes: 5)) {
            ($0.snipeSeconds, $0.extensionSeconds, $0.extensionMostSeconds) = (60, 120, 600)
        }
        let first = try await house.bid(worker, 1_000, 2, in: auction)
        Scratch.clock.advance(by: 3_590)
        let again = try await house.bid(worker, 1_000, 2, in: auction)
        #expect(again == first)
        #expect(try await house.shown(auction).closesAt == first.closesAt)
        #expect(try await house.small.count("select count(*) as n from bid_version") == 1)
        let changed = try await house.bid(worker, 1_000, 3, in: auction)
        #expect(changed.version == 2 && changed.closesAt > first.closesAt)
        // Taken back and placed again it is a new version.
        _ = try await WithdrawBid(market: house.market)(from: auction, by: Principal.ID(worker.uuid))
        #expect(try await house.bid(worker, 1_000, 3, in: auction).version == 4)
    }

    @Test("are free of what was typed wrong: each bad field is named", arguments: [0, 1_000_001])
    func badQuantity(quantity: Int) async throws {
        let house = try await AuctionHouse()
        let auction = try await house.open(house.batch("b", tasks: 1))
        let worker = try await house.small.worker("w")
        let refused = await refusal(BadInput.self) { try await house.bid(worker, 1_000, quantity, in: auction) }
        #expect(refused?.field == "quantity")
        let early = await refusal(BadInput.self) {
            try await PlaceBid(market: house.market)(
                BidDraft(amountMinor: 1_000, quantity: 1, earliest: CalendarDate(iso: "2026-03-01")), in: auction,
                by: Principal.ID(worker.uuid))
        }
        #expect(early?.field == "earliest")
    }

    @Test("of any amount are refused outside of the band, by a reason that does not repeat them")
    func band() async throws {
        let house = try await AuctionHouse()
        let auction = try await house.open(house.batch("b", tasks: 1))
        let worker = try await house.small.worker("w")
        for amount in [.min, -1, 0, 499, 5_001, .max] as [Int64] {
            let refused = await refusal(BidRefusal.self) { try await house.bid(worker, amount, in: auction) }
            #expect(refused == .outOfBand(floor: 500, ceiling: 5_000))
        }
        try await house.bid(worker, 500, in: auction)
        try await house.bid(worker, 5_000, in: auction)
    }
}
