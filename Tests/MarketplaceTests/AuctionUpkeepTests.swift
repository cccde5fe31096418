import Formats
import Foundation
import Marketplace
import Matching
import Store
import TestSupport
import Testing

@Suite("The upkeep of auctions", .scratchDatabase)
struct AuctionUpkeepTests {
    @Test("one that cannot be opened keeps no other from its awards, and is told of when all else is done")
    func stuck() async throws {
        let house = try await AuctionHouse()
        let workers = try await house.workers(3)
        var auctions: [Auction.Key] = []
        for name in ["a", "b", "c"] {
            auctions.append(try await house.open(house.batch(name, tasks: 1, minutes: 5)))
            for (place, worker) in workers.enumerated() {
                try await house.bid(worker, 1_000 + 100 * Int64(place), in: auctions[auctions.count - 1])
            }
        }
        let broken = try #require(auctions.min { "\($0.id)" < "\($1.id)" })
        try await Scratch.asOwner {
            try await $0.execute(
                """
                update auction set wrapped = sha256('x') || substr(wrapped, 33) where auction_id = \(broken.id)
                """)
        }
        Scratch.clock.advance(by: 3_600)
        await #expect(throws: VaultRefusal.self) { try await house.finish() }
        for auction in auctions {
            #expect(try await house.shown(auction).state == (auction == broken ? .open : .awarded))
        }
        await #expect(throws: VaultRefusal.self) {
            try await CloseAuctions(market: house.market)(by: house.small.manager)
        }
    }

    @Test("bids of who was suspended since are never opened; nobody waits for their answer")
    func suspended() async throws {
        let house = try await AuctionHouse()
        let workers = try await house.workers(5)
        let auction = try await house.open(house.batch("b", tasks: 1))
        for (place, worker) in workers.enumerated() {
            try await house.bid(worker, 1_000 + 100 * Int64(place), in: auction)
        }
        _ = try await SuspendWorker(market: house.market)(
            workers[0], rule: "r", facts: [:], reasons: "Because.", by: house.small.manager)
        try await CloseWorker(market: house.market)(ownAccount: workers[1])
        try await house.close(auction)
        #expect(try await house.won(auction) == [workers[2]: [1, 1_300]])
        let counts = try await house.small.count(
            """
            select count(*) as n from bid where state = 'withdrawn' and amount_minor is null
            """)
        #expect(counts == 2)
        let told = try await ListNotices(market: house.market)(by: Principal.ID(workers[0].uuid))
        #expect(told.contains { $0.notice.kind == "bid_set_aside" })
        #expect(try await house.faults(auction) == [])
        #expect(try await house.small.ills() == [])
    }

    @Test("bids of who is barred, or no longer meets what the work demands, are never opened")
    func notEligible() async throws {
        let house = try await AuctionHouse()
        let auction = try await house.open(
            house.batch("b", tasks: 1, requirement: .profession(.lawyer, leastTier: .expert)))
        var workers: [Worker.ID] = []
        for number in 0..<5 { workers.append(try await house.small.lawyer("l\(number)")) }
        for (place, worker) in workers.enumerated() {
            try await house.bid(worker, 1_000 + 100 * Int64(place), in: auction)
        }
        _ = try await ExcludeWorker(market: house.market)(
            workers[0], from: house.small.requester, reason: "Quarrel", by: house.small.manager)
        Scratch.clock.advance(by: 1)
        try await GrantTier(market: house.market)(
            .specialist, in: .lawyer, to: workers[1], loss: TierLoss(rule: "r", facts: [:], reasons: "Because."),
            by: house.small.manager)
        try await house.close(auction)
        #expect(try await house.won(auction) == [workers[2]: [1, 1_300]])
        for worker in workers.prefix(2) {
            let told = try await house.told("bid_set_aside", Principal.ID(worker.uuid))
            #expect(told.first?.facts["reason"] == "not_eligible")
        }
        #expect(try await house.faults(auction) == [])
    }

    @Test("hundreds of late awards lapse, and others move up, by bounded pieces that come to what one would")
    func pieces() async throws {
        let house = try await AuctionHouse()
        let workers = try await house.workers(460)
        let auction = try await house.open(house.batch("b", tasks: 230, minutes: 5)) { $0.acceptanceSeconds = 3_600 }
        for (place, worker) in workers.enumerated() {
            try await house.bid(worker, 1_000 + Int64(place), in: auction)
        }
        try await house.close(auction)
        #expect(try await house.won(auction).count == 230)
        Scratch.clock.advance(by: 3_600)
        let settle = SettleAwards(market: house.market)
        var (lapsed, movedUp, pieces) = ([Int](), [Int](), 0)
        while true {
            let piece = try await settle(by: house.small.manager)
            guard piece.lapsed + piece.movedUp > 0 else { break }
            (lapsed, movedUp, pieces) = (lapsed + [piece.lapsed], movedUp + [piece.movedUp], pieces + 1)
            #expect(piece.lapsed <= 200 && piece.movedUp <= 200)
        }
        #expect(lapsed.reduce(0, +) == 230 && movedUp.reduce(0, +) == 230 && pieces >= 3)
        // Nobody moves up before all that was late has lapsed: the others pay by the market without them.
        let won = try await house.won(auction)
        for worker in workers.suffix(230) { #expect(won[worker] == [1, 5_000]) }
        #expect(try await house.small.ills() == [])
        #expect(try await house.faults(auction) == [])
    }

    @Test("what is left after the last round waits for its requester, who is told once, and may be posted")
    func post() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 3, minutes: 5)
        let key = Batch.Key(requester: house.small.requester, id: batch)
        let workers = try await house.workers(5)
        let auction = try await house.open(batch) { ($0.ceilingMinor, $0.reserveScoreMinor) = (2_000, -1_000) }
        let post = PostRest(market: house.market)
        #expect(await refusal(PostRefusal.self) { try await post(of: key, by: house.small.manager) } == .running)
        for (place, worker) in workers.prefix(4).enumerated() {
            try await house.bid(worker, place < 2 ? 900 : 1_500, in: auction)
        }
        try await house.close(auction)
        #expect(await refusal(PostRefusal.self) { try await post(of: key, by: house.small.manager) } == .unsettled(2))
        _ = try await house.accept(#require(try await house.awards(workers[0]).first))
        let other = try #require(try await house.awards(workers[1]).first)
        try await DeclineAward(market: house.market)(other.key, by: Principal.ID(workers[1].uuid))
        #expect(await refusal(PostRefusal.self) { try await post(of: key, by: house.small.manager) } == .unsettled(1))
        _ = try await SettleAwards(market: house.market)(by: house.small.manager)
        _ = try await SettleAwards(market: house.market)(by: house.small.manager)
        let told = try await told(house)
        #expect(told.count == 1 && told.first?.facts["units"] == 1 && told.first?.facts["batch"] == .string("\(batch)"))
        #expect(await refusal(ClaimRefusal.self) { try await house.small.claim(workers[4], batch) } == .awardedOnly)
        await #expect(throws: AccessRefusal.self) { try await post(of: key, by: Principal.ID(workers[0].uuid)) }
        try await post(of: key, by: house.small.manager)
        #expect(
            await refusal(PostRefusal.self) { try await post(of: key, by: house.small.manager) } == .otherDoor(.claim))
        #expect(try await house.small.claim(workers[4], batch).terms["pay_minor"] == .integer(SmallMarket.pay))
        #expect(try await house.small.ills() == [])
    }

    @Test("rounds that have no time before the deadline end, and the requester is told; others go on")
    func noTime() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 2, minutes: 5, dueAt: Scratch.clock.now() + 5_000)
        let workers = try await house.workers(3)
        let auction = try await house.open(batch) {
            ($0.ceilingMinor, $0.reserveScoreMinor, $0.widenBasisPoints, $0.rounds) = (2_000, -1_000, 5_000, 3)
            $0.acceptanceSeconds = 1_000
        }
        for worker in workers { try await house.bid(worker, 1_900, in: auction) }
        try await house.close(auction)
        #expect(try await house.shown(auction).state == .unfilled)
        #expect(try await AuctionRest(market: house.market)(by: house.small.manager).opened == 0)
        #expect(try await house.shown(auction).roundsLeft == 0)
        let told = try await told(house)
        #expect(told.first?.facts["units"] == 2)
    }

    @Test("the doctor works out again what is of the last week, and each older auction once in a month")
    func doctor() async throws {
        let house = try await AuctionHouse()
        let workers = try await house.workers(3)
        let auction = try await house.open(house.batch("b", tasks: 1))
        for (place, worker) in workers.enumerated() {
            try await house.bid(worker, 1_000 + 100 * Int64(place), in: auction)
        }
        try await house.close(auction)
        try await Scratch.asOwner { _ = try await $0.execute("update auction set record_hash = sha256('x')") }
        func isFound(_ doctor: Doctor) async throws -> Bool {
            try await doctor.outcome(of: .awardsRecomputed) != .clean
        }
        #expect(try await isFound(Doctor(market: house.market)))
        Scratch.clock.advance(by: 8 * 86_400)
        var days = 0
        for _ in 0..<60 {
            if try await isFound(Doctor(market: house.market)) { days += 1 }
            #expect(try await isFound(Doctor(market: house.market, isFull: true)))
            Scratch.clock.advance(by: 86_400)
        }
        #expect(days == 2)
    }

    /// What the person who opened the auction was told of what is left.
    private func told(_ house: AuctionHouse) async throws -> [Notice] {
        try await ListNotices(market: house.market)(by: house.small.manager).map(\.notice).filter {
            $0.kind == "auction_rest"
        }
    }
}
