import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Auctions whose closing is cut off", .scratchDatabase, .turnLimit(minutes: 20))
struct AuctionCrashTests {
    /// Every fourth or seventh statement in each run, so that each way of being cut comes; all of them in a soak.
    private static let isSoak = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1"

    @Test("before any of its statements, and around any COMMIT, end with the same awards when they are resumed")
    func anywhere() async throws {
        let house = try await AuctionHouse()
        let workers = try await house.workers(5)
        var (statement, totals): (Int, Set<[[Int64]]>) = (1, [])
        var wasCut = true
        while wasCut {
            let auction = try await house.open(house.batch("b\(statement)", tasks: 4, minutes: 1))
            for (place, worker) in workers.enumerated() {
                try await house.bid(worker, 1_000 + 101 * Int64(place), 1 + place % 2, in: auction)
            }
            let seen = try await house.shown(auction)
            Scratch.clock.advance(by: seen.closesAt.timeIntervalSince(Scratch.clock.now()))
            wasCut = try await Scratch.killed(before: statement) { market in
                while try await CloseAuctions(market: market)(by: house.small.manager).hasMore {}
            }
            try await house.finish()
            #expect(try await house.shown(auction).state == .awarded, "cut before \(statement)")
            #expect(try await house.faults(auction) == [], "cut before \(statement)")
            let won = try await house.won(auction)
            totals.insert(workers.map { won[$0] ?? [] })
            for worker in workers {
                for award in try await house.awards(worker) where award.state == .awarded {
                    try await DeclineAward(market: house.market)(award.key, by: Principal.ID(worker.uuid))
                }
            }
            statement += Self.isSoak ? 1 : 4
        }
        #expect(totals.count == 1)
        #expect(statement > 30, "the closing was never cut late")
        #expect(try await house.small.ills() == [])
    }

    @Test("end the same where lapses, moving up or the opening of the next round are cut off and resumed")
    func sequel() async throws {
        let house = try await AuctionHouse()
        let workers = try await house.workers(5)
        var (statement, outcomes): (Int, Set<[String]>) = (1, [])
        var wasCut = true
        while wasCut {
            let auction = try await house.open(house.batch("s\(statement)", tasks: 3, minutes: 1)) {
                ($0.acceptanceSeconds, $0.rounds, $0.widenBasisPoints) = (3_600, 1, 1_000)
                $0.ceilingMinor = 3_000
            }
            for (place, worker) in workers.enumerated() {
                try await house.bid(worker, 1_000 + 101 * Int64(place), in: auction)
            }
            try await house.close(auction)
            let cleared = Scratch.clock.now()
            _ = try await house.accept(#require(try await award(of: workers[0], in: auction, house)))
            try await house.decline(#require(try await award(of: workers[1], in: auction, house)))
            wasCut = try await Scratch.killed(before: statement) { try await sequel(house, $0, after: cleared) }
            try await sequel(house, house.market, after: cleared)
            outcomes.insert(try await outcome(auction, house))
            #expect(try await house.faults(auction) == [], "cut before \(statement)")
            statement += Self.isSoak ? 1 : 7
        }
        #expect(outcomes.count == 1, "\(outcomes)")
        #expect(outcomes.first?.contains("round 2: 2 tasks, open") == true, "\(outcomes)")
        #expect(statement > 30, "it was never cut late")
        #expect(try await house.small.ills() == [])
    }

    /// The third winner lets the award lapse, two move up and let theirs lapse, and what is left is bid for again.
    private func sequel(_ house: AuctionHouse, _ market: Market, after cleared: Date) async throws {
        for hours in 1...2 {
            let now = cleared + Double(hours) * 3_600
            if Scratch.clock.now() < now { Scratch.clock.advance(by: now.timeIntervalSince(Scratch.clock.now())) }
            while true {
                let piece = try await SettleAwards(market: market)(by: house.small.manager)
                guard piece.lapsed + piece.movedUp > 0 || piece.hasMore else { break }
            }
        }
        _ = try await AuctionRest(market: market)(by: house.small.manager)
    }

    private func award(of worker: Worker.ID, in auction: Auction.Key, _ house: AuctionHouse) async throws -> Award? {
        try await house.awards(worker).first { $0.auction == auction }
    }

    /// Who has what, and which rounds there are.
    private func outcome(_ auction: Auction.Key, _ house: AuctionHouse) async throws -> [String] {
        try await house.market.database.read {
            try await $0.rows(
                """
                select external_key || ' ' || award.state || ' ' || units || ' ' || total_minor || ' ' || is_moved_up
                           as line
                  from award join worker using (worker_id)
                 where auction_id = \(auction.id)
                 union all
                select 'round ' || round_no || ': ' || task_count || ' tasks, ' || state
                  from auction
                 where batch_id = (select batch_id from auction where auction_id = \(auction.id))
                 order by line
                """)
        }.map { try $0["line"] }
    }
}
