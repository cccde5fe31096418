import Foundation
import Marketplace
import Store
import Synchronization
import TestSupport
import Testing

@Suite("Auctions whose closing is cut off", .scratchDatabase, .timeLimit(.minutes(15)))
struct AuctionCrashTests {
    /// A pool that reaches the test's database through the proxy.
    private func behind(_ proxy: CuttingProxy) throws -> Database {
        let direct = Scratch.here.connectionString
        let folder = try #require(direct.firstMatch(of: /host='([^']*)'/)?.output.0)
        return Scratch.connect {
            $0.connectionString = direct.replacingOccurrences(of: folder, with: "host='\(proxy.folder)'")
            $0.poolSize = 1
            $0.acquireTimeout = .milliseconds(300)
        }
    }

    @Test("before any of its statements, and around any COMMIT, end with the same awards when they are resumed")
    func anywhere() async throws {
        let house = try await AuctionHouse()
        let workers = try await house.workers(5)
        let server = String(
            try #require(Scratch.here.connectionString.firstMatch(of: /host='([^']*)'/)?.output.1))
        var (statement, totals): (Int, Set<[[Int64]]>) = (1, [])
        var wasCut = true
        while wasCut {
            let auction = try await house.open(house.batch("b\(statement)", tasks: 4, minutes: 1))
            for (place, worker) in workers.enumerated() {
                try await house.bid(worker, 1_000 + 101 * Int64(place), 1 + place % 2, in: auction)
            }
            let seen = try await house.shown(auction)
            Scratch.clock.advance(by: seen.closesAt.timeIntervalSince(Scratch.clock.now()))
            wasCut = try await closeCut(before: statement, auction, of: house, server)
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
            statement += 1
        }
        #expect(totals.count == 1)
        #expect(statement > 30, "the closing was never cut late")
        #expect(try await house.small.ills() == [])
    }

    /// Closes behind a proxy that takes no more once it has cut: as a process that was killed.
    ///
    /// - Returns: whether there were as many statements.
    private func closeCut(
        before number: Int, _ auction: Auction.Key, of house: AuctionHouse, _ server: String
    ) async throws -> Bool {
        let seen = Mutex(0)
        let isDead: @Sendable () -> Bool = {
            seen.withLock { count in
                count += 1
                return count >= number
            }
        }
        let proxy = try CuttingProxy(serverFolder: server, cutsBefore: isDead) {
            seen.withLock { count in
                count += 1
                guard count >= number else { return .never }
                return CuttingProxy.Cut.allCases[1 + number % 3]
            }
        }
        defer { proxy.stop() }
        let database = try behind(proxy)
        let market = Market(database: database, identifiers: Scratch.here.identifiers, keys: Scratch.keys)
        do {
            while try await CloseAuctions(market: market)(by: house.small.manager).hasMore {}
        } catch is StoreError {
            // Cut off; somebody else goes on.
        }
        await database.shutdown()
        return proxy.cuts > 0
    }
}
