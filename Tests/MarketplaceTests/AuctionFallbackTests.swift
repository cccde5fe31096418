import Formats
import Foundation
import Marketplace
import Matching
import Store
import TestSupport
import Testing

/// The posted pay of an assignment is 2,000 everywhere here.
@Suite("Auctions with too few bidders", .scratchDatabase)
struct AuctionFallbackTests {
    private func closed(
        _ house: AuctionHouse, tasks: Int, bids: Int = 2, _ change: (inout AuctionTerms) -> Void
    ) async throws -> (auction: Auction.Key, batch: Batch.ID, workers: [Worker.ID]) {
        let batch = try await house.batch("b", tasks: tasks, minutes: 5)
        let workers = try await house.workers(3)
        let auction = try await house.open(batch, change)
        for worker in workers.prefix(bids) { try await house.bid(worker, 1_000, in: auction) }
        try await house.close(auction)
        return (auction, batch, workers)
    }

    @Test("fall back by themselves where the posted pay is within the ceiling; requester and bidders are told")
    func within() async throws {
        let house = try await AuctionHouse()
        let (auction, batch, workers) = try await closed(house, tasks: 2) {
            $0.ceilingMinor = SmallMarket.pay
        }
        #expect(try await house.shown(auction).state == .fallenBack)
        for person in [house.small.manager] + workers.prefix(2).map({ Principal.ID($0.uuid) }) {
            let told = try await house.told("auction_fell_back", person)
            #expect(told.count == 1)
            #expect(told.first?.facts["units"] == 2 && told.first?.facts["batch"] == .string("\(batch)"))
        }
        #expect(try await house.told("auction_fell_back", Principal.ID(workers[2].uuid)) == [])
        #expect(try await house.small.claim(workers[2], batch).terms["pay_minor"] == .integer(SmallMarket.pay))
        #expect(try await house.small.ills() == [])
    }

    @Test("stay where the posted pay is above the ceiling, and the requester is told of what is left")
    func aboveCeiling() async throws {
        let house = try await AuctionHouse()
        let (auction, batch, workers) = try await closed(house, tasks: 2) {
            $0.ceilingMinor = SmallMarket.pay - 1
        }
        #expect(try await house.shown(auction).state == .unfilled)
        #expect(await refusal(ClaimRefusal.self) { try await house.small.claim(workers[2], batch) } == .awardedOnly)
        #expect(try await house.told("auction_rest", house.small.manager).first?.facts["units"] == 2)
        #expect(try await house.told("auction_fell_back", house.small.manager) == [])
        #expect(try await house.small.ills() == [])
        #expect(try await house.faults(auction) == [])
    }

    @Test("of the clock lane fall back only where all that is left fits the sum", arguments: [7_999, 8_000])
    func clock(budget: Int64) async throws {
        let house = try await AuctionHouse()
        let (auction, batch, workers) = try await closed(house, tasks: 4) {
            ($0.lane, $0.budgetMinor) = (.clock, budget)
        }
        let fits = budget == 8_000
        #expect(try await house.shown(auction).state == (fits ? .fallenBack : .unfilled))
        #expect(try await house.told(fits ? "auction_fell_back" : "auction_rest", house.small.manager).count == 1)
        if fits {
            #expect(try await house.small.claim(workers[0], batch).terms["pay_minor"] == .integer(SmallMarket.pay))
        } else {
            let refused = await refusal(ClaimRefusal.self) { try await house.small.claim(workers[0], batch) }
            #expect(refused == .awardedOnly)
        }
        #expect(try await house.small.ills() == [])
    }

    @Test("that do not fall back are followed by the rounds that are left, and end when none is")
    func rounds() async throws {
        let house = try await AuctionHouse()
        let (first, _, _) = try await closed(house, tasks: 2, bids: 0) {
            ($0.ceilingMinor, $0.widenBasisPoints, $0.rounds) = (1_000, 5_000, 1)
        }
        #expect(try await house.shown(first).state == .unfilled)
        #expect(try await house.told("auction_rest", house.small.manager) == [])
        #expect(try await house.follow() == 1)
        let second = try #require(
            try await ListAuctions(market: house.market)(of: house.small.requester, by: house.small.manager).first)
        #expect(second.round == 2 && second.ceilingMinor == 1_500)
        try await house.close(second.key)
        #expect(try await house.shown(second.key).state == .unfilled)
        #expect(try await house.told("auction_rest", house.small.manager).count == 1)
        #expect(try await house.small.ills() == [])
    }
}
