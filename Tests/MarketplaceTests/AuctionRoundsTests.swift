import Formats
import Foundation
import Matching
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Rounds of auctions", .scratchDatabase)
struct AuctionRoundsTests {
    private func newest(_ house: AuctionHouse) async throws -> Auction {
        try #require(
            try await ListAuctions(market: house.market)(of: house.small.requester, by: house.small.manager).first)
    }

    @Test("are not opened by hand while awards of the one before wait, so that nobody gets two slots of one task")
    func unsettled() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 1, redundancy: 3, minutes: 5)
        let workers = try await house.workers(7)
        let first = try await house.open(batch) { ($0.ceilingMinor, $0.reserveScoreMinor) = (2_000, -1_150) }
        for (place, worker) in workers.prefix(4).enumerated() {
            try await house.bid(worker, [1_000, 1_100, 1_200, 1_150][place], in: first)
        }
        try await house.close(first)
        // Three have won: 1,000, 1,100 and 1,150.
        #expect(try await house.won(first).count == 3)
        let refused = await refusal(AuctionRefusal.self) { try await house.open(batch) }
        #expect(refused == .unsettled(3))
        for worker in [workers[0], workers[1], workers[3]] {
            try await house.decline(#require(try await house.awards(worker).first))
        }
        #expect(await refusal(AuctionRefusal.self) { try await house.open(batch) } == .unsettled(3))
        try await house.settle()
        let second = try await house.open(batch)
        for worker in workers.suffix(3) { try await house.bid(worker, 1_500, in: second) }
        try await house.close(second)
        #expect(try await house.won(second).count == 3)
        #expect(try await house.small.ills() == [])
    }

    @Test("of the clock lane end when the sum is spent to the last minor unit, and the requester is told")
    func budgetSpent() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 4, minutes: 5)
        let workers = try await house.workers(4)
        let auction = try await house.open(batch) {
            ($0.lane, $0.budgetMinor, $0.ceilingMinor, $0.rounds) = (.clock, 3_000, 1_000, 3)
        }
        for worker in workers.prefix(3) { try await house.bid(worker, 1_000, in: auction) }
        try await house.close(auction)
        for worker in workers.prefix(3) {
            let award = try #require(try await house.awards(worker).first)
            #expect(award.total.minorUnits == 1_000)
            _ = try await house.accept(award)
        }
        #expect(try await house.follow() == 0)
        #expect(try await house.shown(auction).roundsLeft == 0)
        #expect(try await house.told("auction_rest", house.small.manager).first?.facts["units"] == 1)
        #expect(try await house.follow() == 0)
        #expect(try await house.told("auction_rest", house.small.manager).count == 1)
        #expect(try await house.small.ills() == [])
    }

    @Test("end when the pay floor has risen above the ceiling, and the requester is told")
    func floorRose() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 2, minutes: 60)
        let workers = try await house.workers(3)
        let auction = try await house.open(batch) {
            ($0.ceilingMinor, $0.reserveScoreMinor, $0.rounds) = (1_000, -600, 3)
        }
        for worker in workers { try await house.bid(worker, 900, in: auction) }
        try await house.close(auction)
        _ = try await SetPayFloor(market: house.market)(
            PayFloor(hourly: Money(4_000, house.small.usd), medianOf: 2, reason: "Test"), by: house.small.checker)
        #expect(try await house.follow() == 0)
        #expect(try await house.shown(auction).roundsLeft == 0)
        #expect(try await house.told("auction_rest", house.small.manager).first?.facts["units"] == 2)
        #expect(try await house.small.ills() == [])
    }

    @Test("after the last one the end of a reservation tells of what was not taken, and it can be bid for again")
    func reservationOver() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 8, minutes: 10)
        let workers = try await house.workers(6)
        let auction = try await house.open(batch) { $0.reservedSeconds = 86_400 }
        try await house.bid(workers[0], 1_001, 7, in: auction)
        try await house.bid(workers[1], 1_500, 1, in: auction)
        try await house.bid(workers[2], 1_700, 1, in: auction)
        try await house.close(auction)
        for worker in workers.prefix(2) {
            _ = try await house.accept(#require(try await house.awards(worker).first))
        }
        // Five at once; two wait until the reservation ends. Both allotments of the award end at the same time.
        #expect(try await house.small.ills() == [])
        Scratch.clock.advance(by: 86_401)
        #expect(try await EndReservations(market: house.market)(most: 1, by: house.small.manager) == 0)
        #expect(try await house.small.ills().contains(.reservations) == false)
        #expect(try await house.settle().ended == 2)
        let told = try await house.told("auction_rest", house.small.manager)
        #expect(told.count == 1 && told.first?.facts["units"] == 2)
        let rows = try await house.market.database.read {
            try await $0.rows("select unused_units, unused_minor, total_minor from award order by units desc")
        }
        #expect(try rows.map { try $0["unused_units"] as Int } == [2, 0])
        #expect(try (rows[0]["unused_minor"] as Int64) * 7 / 2 <= (rows[0]["total_minor"] as Int64) + 7)
        let second = try await house.shown(house.open(batch))
        #expect(second.tasks == 2 && second.round == 2)
        #expect(try await house.settle().ended == 0)
    }

    @Test("of the clock lane have what the sum leaves when only what was taken counts")
    func budgetBack() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 8, minutes: 10)
        let workers = try await house.workers(3)
        let auction = try await house.open(batch) {
            ($0.lane, $0.budgetMinor, $0.ceilingMinor, $0.reservedSeconds) = (.clock, 8_000, 1_000, 3_600)
            ($0.rounds, $0.widenBasisPoints) = (1, 0)
        }
        try await house.bid(workers[0], 1_000, 6, in: auction)
        for worker in workers.suffix(2) { try await house.bid(worker, 1_000, in: auction) }
        try await house.close(auction)
        for worker in workers { _ = try await house.accept(#require(try await house.awards(worker).first)) }
        #expect(try await house.follow() == 0)
        Scratch.clock.advance(by: 3_601)
        #expect(try await house.settle().ended == 3)
        #expect(try await house.follow() == 1)
        let second = try await newest(house)
        // Five of six were taken at once.
        #expect(second.round == 2 && second.tasks == 1 && second.budgetMinor == 1_000)
    }

    @Test("keep their length and how far bids may move the close, whatever bids did before")
    func extended() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 1, minutes: 5)
        let workers = try await house.workers(3)
        let auction = try await house.open(batch) {
            ($0.snipeSeconds, $0.extensionSeconds, $0.extensionMostSeconds) = (60, 120, 150)
            ($0.ceilingMinor, $0.reserveScoreMinor, $0.widenBasisPoints, $0.rounds) = (2_000, -600, 1_000, 2)
        }
        Scratch.clock.advance(by: 3_590)
        for worker in workers { try await house.bid(worker, 1_900, in: auction) }
        let first = try await house.shown(auction)
        #expect(first.closesAt > first.openedAt + 3_600)
        try await house.close(auction)
        #expect(try await house.follow() == 1)
        let second = try await newest(house)
        #expect(second.closesAt == second.openedAt + 3_600)
        #expect(second.closesLatestAt == second.closesAt + 150 && second.extensionMostSeconds == 150)
        #expect(try await house.small.ills() == [])
    }

    @Test("have no more tasks, and no more money, than one auction can clear")
    func supplyMost() throws {
        let most = AuctionMarket.Bounds.tasksMax
        let many = try #require(AuctionSupply(openSlots: Array(repeating: 1, count: most + 5), ceilingMinor: 100))
        #expect(many.tasks == most && many.redundancy == 1)
        let dear = AuctionMarket.Bounds.amountMax
        let few = try #require(AuctionSupply(openSlots: Array(repeating: 200, count: 20_000), ceilingMinor: dear))
        #expect(few.redundancy == AuctionMarket.Bounds.redundancyMax && few.tasks == 10_000)
        let market = try AuctionMarket(
            id: 1, seed: Array(repeating: 0, count: 32), tasks: few.tasks, redundancy: few.redundancy, floorMinor: 1,
            ceilingMinor: dear, bidders: [])
        #expect(market.unitsWanted == 1_000_000)
    }

    @Test("leave winners their time to accept before the deadline")
    func timeToAccept() async throws {
        let house = try await AuctionHouse()
        let due = Scratch.clock.now() + 10_000
        let batch = try await house.batch("b", tasks: 1, minutes: 5, dueAt: due)
        func open(_ seconds: Int) async throws {
            _ = try await house.open(batch) {
                ($0.extensionMostSeconds, $0.acceptanceSeconds) = (150, seconds)
            }
        }
        #expect(await refusal(BadInput.self) { try await open(6_251) }?.field == "closes_at")
        try await open(6_250)
    }
}
