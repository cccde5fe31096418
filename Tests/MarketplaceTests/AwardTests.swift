import Formats
import Foundation
import Marketplace
import Matching
import Store
import TestSupport
import Testing

@Suite("Awards", .scratchDatabase)
struct AwardTests {
    /// Five bids of 1,000 to 1,400 for two tasks, cleared.
    private func cleared(
        _ house: AuctionHouse, _ change: (inout AuctionTerms) -> Void = { _ in }
    ) async throws -> (workers: [Worker.ID], auction: Auction.Key) {
        let batch = try await house.batch("b", tasks: 2)
        let workers = try await house.workers(5)
        let auction = try await house.open(batch) {
            $0.acceptanceSeconds = 3_600
            change(&$0)
        }
        for (place, worker) in workers.enumerated() {
            try await house.bid(worker, 1_000 + 100 * Int64(place), in: auction)
        }
        try await house.close(auction)
        return (workers, auction)
    }

    @Test("that lapse are recorded, and the next moves up at the price that the rule gives")
    func lapse() async throws {
        let house = try await AuctionHouse()
        let (workers, auction) = try await cleared(house)
        _ = try await house.accept(#require(try await house.awards(workers[0]).first))
        Scratch.clock.advance(by: 3_600)
        let late = try #require(try await house.awards(workers[1]).first)
        #expect(await refusal(AwardRefusal.self) { try await house.accept(late) } == .late)
        let settle = SettleAwards(market: house.market)
        let settled = try await settle(by: house.small.manager)
        #expect(settled.lapsed == 1 && settled.movedUp == 1)
        #expect(try await settle(by: house.small.manager).movedUp == 0)
        // Without the second the third wins, and displaces the fourth.
        #expect(
            try await house.won(auction) == [
                workers[0]: [1, 1_200], workers[1]: [1, 1_200], workers[2]: [1, 1_300],
            ])
        #expect(try await house.awards(workers[1]).first?.state == .lapsed)
        let next = try #require(try await house.awards(workers[2]).first)
        #expect(next.isMovedUp)
        #expect(try await house.accept(next).first?.terms["pay_minor"] == 1_300)
        #expect(try await house.small.ills() == [])
        #expect(try await house.faults(auction) == [])
    }

    @Test("can be declined until they lapse, and once only")
    func decline() async throws {
        let house = try await AuctionHouse()
        let (workers, auction) = try await cleared(house)
        let award = try #require(try await house.awards(workers[0]).first)
        let decline = DeclineAward(market: house.market)
        await #expect(throws: NotFound("award")) {
            try await decline(award.key, by: Principal.ID(workers[1].uuid))
        }
        try await decline(award.key, by: Principal.ID(workers[0].uuid))
        let again = await refusal(AwardRefusal.self) { try await house.accept(award) }
        #expect(again == .answered(.declined))
        #expect(try await SettleAwards(market: house.market)(by: house.small.manager).movedUp == 1)
        #expect(try await house.won(auction)[workers[2]] == [1, 1_300])
        #expect(try await house.small.ills() == [])
        let bid = await refusal(BidRefusal.self) { try await house.bid(workers[0], 1_000, in: auction) }
        #expect(bid == .closed)
    }

    @Test("that nobody moves up for are bid for again, in a wider band, under another key and seed")
    func rest() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 3)
        let workers = try await house.workers(6)
        let first = try await house.open(batch) {
            ($0.ceilingMinor, $0.reserveScoreMinor) = (1_000, -1_000)
            ($0.widenBasisPoints, $0.rounds) = (5_000, 2)
        }
        for worker in workers.prefix(3) { try await house.bid(worker, 900, in: first) }
        try await house.close(first)
        let rest = AuctionRest(market: house.market)
        // As long as an award is not answered nobody knows what is left.
        #expect(try await rest(by: house.small.manager).opened == 0)
        for worker in workers.prefix(3) {
            for award in try await house.awards(worker) {
                if worker == workers[0] {
                    _ = try await house.accept(award)
                } else {
                    try await DeclineAward(market: house.market)(award.key, by: Principal.ID(worker.uuid))
                }
            }
        }
        _ = try await SettleAwards(market: house.market)(by: house.small.manager)
        #expect(try await rest(by: house.small.manager).opened == 1)
        #expect(try await rest(by: house.small.manager).opened == 0)
        let list = try await ListAuctions(market: house.market)(of: house.small.requester, by: house.small.manager)
        let second = try #require(list.first)
        #expect(second.round == 2 && second.tasks == 2 && second.roundsLeft == 1)
        #expect(second.ceilingMinor == 1_500 && second.reserveScoreMinor == -1_500)
        #expect(second.commitment != (try await house.shown(first)).commitment)
        let had = await refusal(BidRefusal.self) { try await house.bid(workers[0], 1_400, in: second.key) }
        #expect(had == .hadBefore)
        for worker in workers.suffix(3) { try await house.bid(worker, 1_400, in: second.key) }
        try await house.close(second.key)
        #expect(try await house.won(second.key).count == 2)
        #expect(try await house.small.ills() == [])
    }

    @Test("of an accepted auction show the requester cost and quality, and no single bid")
    func report() async throws {
        let house = try await AuctionHouse()
        let (workers, auction) = try await cleared(house) {
            ($0.qualityValueMinor, $0.baselineBasisPoints, $0.defaultBasisPoints) = (1, 0, 5_000)
        }
        _ = try await house.accept(#require(try await house.awards(workers[0]).first))
        let report = try await ReportAuction(market: house.market)(auction, by: house.small.manager)
        #expect(report.unitsFilled == 2 && report.unitsAccepted == 1 && report.unitsAwarded == 1)
        #expect(report.cost.minorUnits == 2_400)
        // Each could have asked for the ceiling of 5,000.
        #expect(report.costAtReserve.minorUnits == 10_000)
        #expect(report.costAtRate.minorUnits == 2 * SmallMarket.pay)
        #expect(report.expectedQualityBps == 5_000)
        let open = try await house.open(house.batch("open", tasks: 1))
        await #expect(throws: AuctionReadingRefusal.notCleared(.open)) {
            try await ReportAuction(market: house.market)(open, by: house.small.manager)
        }
    }

    @Test("are explained line by line and verified from the stored bids, for operators only")
    func explained() async throws {
        let house = try await AuctionHouse()
        let (workers, auction) = try await cleared(house)
        let explain = ExplainAuction(market: house.market)
        let (lines, rest) = try await explain(auction, by: house.small.manager)
        let text = lines.joined(separator: "\n")
        #expect(rest == 0)
        for worker in workers { #expect(text.contains("\(worker)")) }
        #expect(text.contains("2 of 2 units, 2400 paid"))
        let verified = try await VerifyAuction(market: house.market)(auction, by: house.small.second)
        #expect(verified.bids == 5 && verified.faults == [])
        #expect(text.contains(verified.hash.hexadecimal))
        await #expect(throws: AccessRefusal.self) { try await explain(auction, by: Principal.ID(workers[0].uuid)) }
        await #expect(throws: AccessRefusal.self) {
            try await VerifyAuction(market: house.market)(auction, by: house.small.reviewer)
        }
    }

    @Test(
        "and whatever else is stored are found to differ when they are changed",
        arguments: [
            "update bid set amount_minor = amount_minor + 1 where amount_minor = 1400",
            "update bid set quality_minor = quality_minor + 1 where amount_minor = 1400",
            "update auction set market = jsonb_set(market, '{tasks}', '3')",
            "update auction set result = jsonb_set(result, '{payment_minor}', '1')",
            "update auction set record_hash = sha256('x')",
            "update award set total_minor = total_minor + 1",
            "update award set units = units + 1, total_minor = 2400 where total_minor = 1200",
        ] as [SQL])
    func tampered(statement: SQL) async throws {
        let house = try await AuctionHouse()
        let (_, auction) = try await cleared(house)
        #expect(try await house.faults(auction) == [])
        try await Scratch.asOwner { _ = try await $0.execute(statement) }
        #expect(try await house.faults(auction) != [])
    }

    @Test("of bids in any order are the same")
    func anyOrder() async throws {
        let house = try await AuctionHouse()
        let workers = try await house.workers(6)
        var totals: Set<[[Int64]]> = []
        for (round, order) in [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 0, 5, 2, 4, 1]].enumerated() {
            let auction = try await house.open(house.batch("b\(round)", tasks: 4, minutes: 5))
            for place in order {
                try await house.bid(workers[place], 1_000 + 37 * Int64(place), 1 + place % 2, in: auction)
            }
            try await house.close(auction)
            let won = try await house.won(auction)
            totals.insert(workers.map { won[$0] ?? [] })
        }
        #expect(totals.count == 1)
    }
}
