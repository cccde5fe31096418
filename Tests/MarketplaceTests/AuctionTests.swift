import Formats
import Foundation
import Marketplace
import Matching
import Store
import TestSupport
import Testing

@Suite("Auctions", .scratchDatabase)
struct AuctionTests {
    @Test("give the work to the least bids, at the least losing bid, and the winner takes it at that price")
    func endToEnd() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 2)
        let workers = try await house.workers(4)
        let auction = try await house.open(batch)
        for (worker, amount) in zip(workers, [1_000, 1_200, 1_500, 1_900] as [Int64]) {
            try await house.bid(worker, amount, in: auction)
        }
        try await house.close(auction)
        #expect(try await house.shown(auction).state == .awarded)
        #expect(try await house.won(auction) == [workers[0]: [1, 1_500], workers[1]: [1, 1_500]])
        let award = try #require(try await house.awards(workers[0]).first)
        let refused = await refusal(ClaimRefusal.self) { try await house.small.claim(workers[0], batch) }
        #expect(refused == .awardedOnly)
        let lease = try #require(try await house.accept(award).first)
        #expect(lease.terms["pay_minor"] == 1_500)
        #expect(lease.terms["fee_minor"] == 150)
        try await house.small.submit(lease)
        try await house.small.review(lease)
        #expect(try await house.small.balance(.payable(to: workers[0], house.small.usd)) == 1_500)
        #expect(await refusal(ClaimRefusal.self) { try await house.small.claim(workers[3], batch) } == .awardedOnly)
        #expect(try await house.small.ills() == [])
        #expect(try await house.faults(auction) == [])
    }

    @Test("count quality in money, frozen at the opening")
    func quality() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 1)
        let workers = try await house.workers(3)
        try await house.know([workers[0]: 9_000, workers[1]: 7_050])
        let auction = try await house.open(batch) {
            $0.qualityValueMinor = 33
            ($0.baselineBasisPoints, $0.defaultBasisPoints) = (7_100, 6_000)
        }
        // What is found out later does not count.
        Scratch.clock.advance(by: 1)
        try await house.know([workers[1]: 9_999, workers[2]: 9_999])
        for worker in workers { try await house.bid(worker, 2_000, in: auction) }
        let qualities = try await house.small.market.database.read {
            try await $0.rows("select worker_id, quality_minor, low_bps, estimate_version from bid")
        }
        var found: [Worker.ID: [Int64?]] = [:]
        for row in qualities {
            found[try row["worker_id"]] = [try row["quality_minor"], try row["low_bps"], try row["estimate_version"]]
        }
        // 33 × 19 hundredths; 33 × −0.5 rounded down; 33 × −11.
        #expect(found == [workers[0]: [627, 9_000, 2], workers[1]: [-17, 7_050, 2], workers[2]: [-363, 6_000, nil]])
        try await house.close(auction)
        // The best pays off: 627 − (−17 − 2000).
        #expect(try await house.won(auction) == [workers[0]: [1, 2_644]])
        #expect(try await house.small.ills() == [])
    }

    @Test("give each task's answers to as many different workers, also to those who take several")
    func redundancy() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 5, redundancy: 3, minutes: 10)
        let workers = try await house.workers(6)
        let auction = try await house.open(batch)
        for (place, worker) in workers.enumerated() {
            try await house.bid(worker, 1_000 + Int64(place), [4, 3, 5, 2, 1, 5][place], in: auction)
        }
        try await house.close(auction)
        let won = try await house.won(auction)
        #expect(won.values.map { Int($0[0]) }.reduce(0, +) == 15)
        #expect(workers.map { won[$0].map { Int($0[0]) } ?? 0 } == [4, 3, 5, 2, 1, 0])
        #expect(try await house.small.ills() == [])
        for worker in workers.prefix(5) {
            let award = try #require(try await house.awards(worker).first)
            let leases = try await house.accept(award)
            #expect(Set(leases.map(\.task)).count == award.units)
            #expect(leases.reduce(0) { $0 + ($1.terms["pay_minor"]?.integerValue ?? 0) } == award.total.minorUnits)
        }
        #expect(try await house.small.ills() == [])
    }

    @Test("let what is won wait for its winner beyond the tasks at once, until the reservation ends")
    func reservation() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 8, minutes: 10)
        let workers = try await house.workers(3)
        let auction = try await house.open(batch) { $0.reservedSeconds = 86_400 }
        try await house.bid(workers[0], 1_000, 8, in: auction)
        try await house.bid(workers[1], 1_500, 1, in: auction)
        try await house.bid(workers[2], 1_700, 1, in: auction)
        try await house.close(auction)
        let award = try #require(try await house.awards(workers[0]).first)
        // Two units displace the others' bids, six nobody's: 1700 + 1500 … the ceiling for the rest.
        #expect(award.units == 8)
        let leases = try await house.accept(award)
        #expect(leases.count == 5)
        #expect(try await house.small.ills() == [])
        try await house.small.submit(leases[0])
        let later = try await house.small.claim(workers[0], batch)
        #expect(Set(leases.map(\.task)).contains(later.task) == false)
        Scratch.clock.advance(by: 86_401)
        _ = try await ExpireLeases(market: house.market)(by: house.small.manager)
        #expect(try await EndReservations(market: house.market)(by: house.small.manager) == 0)
        #expect(try await house.settle().ended == 1)
        #expect(await refusal(ClaimRefusal.self) { try await house.small.claim(workers[0], batch) } == .awardedOnly)
        #expect(try await house.small.ills() == [])
    }

    @Test("with fewer than three bidders fall back to claims at the posted rate")
    func fallBack() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 2)
        let workers = try await house.workers(2)
        let auction = try await house.open(batch)
        for worker in workers { try await house.bid(worker, 1_000, in: auction) }
        try await house.close(auction)
        #expect(try await house.shown(auction).state == .fallenBack)
        #expect(try await house.small.claim(workers[0], batch).terms["pay_minor"] == .integer(SmallMarket.pay))
        #expect(try await house.small.ills() == [])
    }

    @Test("in the clock lane keep the budget and pay everyone staying the same")
    func clockLane() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 4)
        let workers = try await house.workers(4)
        let auction = try await house.open(batch) {
            ($0.lane, $0.budgetMinor, $0.stepBasisPoints) = (.clock, 3_000, 500)
        }
        for (worker, amount) in zip(workers, [700, 800, 900, 2_500] as [Int64]) {
            try await house.bid(worker, amount, in: auction)
        }
        try await house.close(auction)
        let won = try await house.won(auction)
        #expect(Set(won.keys) == Set(workers.prefix(3)))
        #expect(Set(won.values.map { $0[1] }).count == 1)
        #expect(won.values.reduce(0) { $0 + $1[1] } <= 3_000)
        #expect(won.values.allSatisfy { $0[1] >= 900 })
        #expect(try await house.small.ills() == [])
    }

    @Test("are cancelled when their batch ends before, and nothing is opened")
    func cancelled() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 2)
        let workers = try await house.workers(3)
        let auction = try await house.open(batch)
        for worker in workers { try await house.bid(worker, 1_000, in: auction) }
        _ = try await CloseBatch(market: house.market)(batch, of: house.small.requester, by: house.small.manager)
        try await house.close(auction)
        #expect(try await house.shown(auction).state == .cancelled)
        #expect(try await house.small.count("select count(*) as n from bid where amount_minor is not null") == 0)
        #expect(try await house.small.ills() == [])
    }

    @Test("move their close for bids in the last seconds, up to the latest")
    func sniping() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 2)
        let workers = try await house.workers(3)
        let auction = try await house.open(batch) {
            ($0.snipeSeconds, $0.extensionSeconds, $0.extensionMostSeconds) = (60, 120, 150)
        }
        let closes = try await house.shown(auction).closesAt
        try await house.bid(workers[0], 1_000, in: auction)
        #expect(try await house.shown(auction).closesAt == closes)
        Scratch.clock.advance(by: 3_590)
        #expect(try await house.bid(workers[1], 1_000, in: auction).closesAt == closes + 110)
        Scratch.clock.advance(by: 100)
        #expect(try await house.bid(workers[2], 1_000, in: auction).closesAt == closes + 150)
        Scratch.clock.advance(by: 59)
        #expect(try await house.bid(workers[0], 900, in: auction).closesAt == closes + 150)
        Scratch.clock.advance(by: 1)
        #expect(await refusal(BidRefusal.self) { try await house.bid(workers[0], 800, in: auction) } == .closed)
        try await house.close(auction)
        #expect(try await house.small.ills() == [])
    }

    @Test("of uneven leftovers take the most units that all want as many workers")
    func supply() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 3, redundancy: 3)
        try await Scratch.asOwner {
            try await $0.execute(
                """
                update slot set state = 'withdrawn'
                 where (task_id, slot_no) in (select task_id, slot_no from slot
                                               where task_id = (select min(task_id::text)::uuid from slot)
                                               order by slot_no limit 2)
                """)
        }
        let auction = try await house.shown(house.open(batch))
        #expect(auction.tasks == 2 && auction.redundancy == 3)
    }

    @Test("are told to each side in one sentence for each lane")
    func sentences() {
        for sentence in LaneSentence.allCases {
            for text in [sentence.forWorkers, sentence.forRequesters] {
                #expect(text.hasSuffix(".") && text.count { $0 == "." } == 1)
            }
        }
        #expect(AuctionLane.allCases.map { LaneSentence($0).rawValue } == AuctionLane.allCases.map(\.rawValue))
    }
}

extension AuctionHouse {
    func workers(_ count: Int, _ name: String = "w", weeklyMinutes: Int = 2_400) async throws -> [Worker.ID] {
        var workers: [Worker.ID] = []
        for number in 0..<count {
            workers.append(try await small.worker("\(name)\(number)", weeklyMinutes: weeklyMinutes))
        }
        return workers
    }

    /// Writes what an estimator of version 2 found of lawyers.
    func know(_ lows: [Worker.ID: Int]) async throws {
        let skill = try #require(Skill("lawyer"))
        try await WriteSkillEstimates(market: market)(
            lows.map {
                try SkillEstimate(
                    worker: $0.key, skill: skill, version: 2, meanBps: $0.value, lowBps: $0.value, highBps: 10_000,
                    evidence: 10
                )
            }, by: small.manager)
    }
}
