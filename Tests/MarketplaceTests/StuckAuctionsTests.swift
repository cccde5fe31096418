import Formats
import Foundation
import Marketplace
import Scheduler
import Store
import TestSupport
import Testing

@Suite("Auctions that cannot be gone on with", .scratchDatabase)
struct StuckAuctionsTests {
    /// Auctions with three bids each, for one task, whose time is up.
    private func due(_ count: Int, _ house: AuctionHouse) async throws -> [Auction.Key] {
        let workers = try await house.workers(3)
        var auctions: [Auction.Key] = []
        for number in 0..<count {
            let auction = try await house.open(house.batch("b\(number)", tasks: 1, minutes: 1)) {
                $0.acceptanceSeconds = 3_600
            }
            for (place, worker) in workers.enumerated() {
                try await house.bid(worker, 1_000 + 100 * Int64(place), in: auction)
            }
            auctions.append(auction)
        }
        Scratch.clock.advance(by: 3_600)
        return auctions.sorted { "\($0.id)" < "\($1.id)" }
    }

    @Test("however many they are, keep no other from its close; the fault is told when nothing else is done")
    func closing() async throws {
        let house = try await AuctionHouse()
        let auctions = try await due(6, house)
        let broken = Set(auctions.prefix(5))
        try await Scratch.asOwner {
            _ = try await $0.execute(
                """
                update auction set wrapped = sha256('x') || substr(wrapped, 33)
                 where auction_id = any(\(broken.map(\.id))::uuid[])
                """)
        }
        let pass = AuctionPass()
        let close = CloseAuctions(market: house.market)
        var pieces = 0
        let fault = await refusal(VaultRefusal.self) {
            while try await close(steps: 2, in: pass, by: house.small.manager).hasMore, pieces < 40 { pieces += 1 }
        }
        #expect(fault != nil && pieces < 40)
        for auction in auctions {
            #expect(try await house.shown(auction).state == (broken.contains(auction) ? .open : .awarded))
        }
    }

    @Test("among awards keep no other from its lapse, and no round from being opened")
    func settling() async throws {
        let house = try await AuctionHouse()
        let auctions = try await due(3, house)
        try await house.finish()
        Scratch.clock.advance(by: 3_600)
        let rest = try await house.open(house.batch("rest", tasks: 1, minutes: 1)) {
            ($0.ceilingMinor, $0.reserveScoreMinor, $0.rounds) = (2_000, -501, 1)
        }
        for worker in try await house.workers(3, "r") { try await house.bid(worker, 900, in: rest) }
        try await house.close(rest)
        #expect(try await house.shown(rest).state == .unfilled)
        // The others' record cannot be cleared any more, so that nobody can move up in them.
        try await Scratch.asOwner {
            _ = try await $0.execute(
                """
                update auction set rule_version = 99 where auction_id = any(\(auctions.prefix(2).map(\.id))::uuid[])
                """)
        }
        let round = AwardRound(market: house.market, by: house.small.manager)
        var opened = 0
        let fault = await refusal(AuctionReadingRefusal.self) {
            for _ in 0..<20 { opened += try await round.runOnce().counts[.auctionsOpened] ?? 0 }
        }
        #expect(fault == .rulesUnknown(99))
        #expect(opened == 1)
        let states = try await house.market.database.read {
            try await $0.rows("select state::text from award where auction_id = \(auctions[2].id) order by state")
        }
        #expect(try states.map { try $0["state"] as String } == ["awarded", "lapsed"])
    }
}
