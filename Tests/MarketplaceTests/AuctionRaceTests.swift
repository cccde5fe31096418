import Foundation
import Marketplace
import Store
import Synchronization
import TestSupport
import Testing

@Suite("Bids that race with the close", .scratchDatabase)
struct AuctionRaceTests {
    @Test("500 in the last second by 50 connections: each is in or late, and the award counts exactly those in")
    func lastSecond() async throws {
        // PostgreSQL's own clock, as the program runs.
        let database = Scratch.connect(serverClock: true) { $0.poolSize = 50 }
        let market = Market(database: database, identifiers: RandomIdentifiers(), keys: Scratch.keys)
        let small = try await SmallMarket(market: market)
        let house = try await AuctionHouse(small)
        let workers = try await withThrowingTaskGroup { group in
            for number in 0..<100 { group.addTask { try await small.worker("w\(number)") } }
            return try await group.reduce(into: [Worker.ID]()) { $0.append($1) }
        }
        let batch = try await house.batch("b", tasks: 10)
        let now = try await database.read { $0.instant }
        var terms = AuctionTerms(closesAt: now + 3)
        terms.reserveScoreMinor = -5_000
        let id = try await OpenAuction(market: market)(
            of: Batch.Key(requester: small.requester, id: batch), on: terms, by: small.manager)
        let auction = Auction.Key(requester: small.requester, id: id)
        // Whoever closes is there at once, and again and again.
        let isDone = Atomic<Bool>(false)
        async let closing: Void = {
            while !isDone.load(ordering: .relaxed) {
                _ = try await CloseAuctions(market: market)(by: small.manager)
            }
        }()
        let left = terms.closesAt.timeIntervalSince(try await database.read { $0.instant })
        try await Task.sleep(for: .seconds(max(left - 1, 0)))
        let outcomes = await withTaskGroup { group in
            for round in 0..<5 {
                for (place, worker) in workers.enumerated() {
                    group.addTask {
                        try? await Task.sleep(for: .milliseconds(round * 250 + place))
                        let amount = 1_000 + Int64(100 * round + place)
                        return (worker, await Result.of { try await house.bid(worker, amount, in: auction) })
                    }
                }
            }
            return await group.reduce(into: [(Worker.ID, Result<BidReceipt, any Error>)]()) { $0.append($1) }
        }
        try await Task.sleep(for: .milliseconds(1_000))
        while try await house.shown(auction).state != .awarded, try await house.shown(auction).state != .fallenBack {
            try await Task.sleep(for: .milliseconds(50))
        }
        isDone.store(true, ordering: .relaxed)
        try await closing
        try await check(outcomes, auction, terms.closesAt, house, database)
        await database.shutdown()
    }

    /// Each bid is in or late, and exactly those in are in what was cleared.
    private func check(
        _ outcomes: [(Worker.ID, Result<BidReceipt, any Error>)], _ auction: Auction.Key, _ closesAt: Date,
        _ house: AuctionHouse, _ database: Database
    ) async throws {
        let id = auction.id
        var newest: [Worker.ID: Int] = [:]
        var late = 0
        for (worker, outcome) in outcomes {
            switch outcome {
            case .success(let receipt): newest[worker] = max(newest[worker] ?? 0, receipt.version)
            case .failure(BidRefusal.closed): late += 1
            case .failure(let error): Issue.record("neither in nor late: \(error)")
            }
        }
        #expect(outcomes.count == 500)
        #expect(late > 0, "nobody was late")
        #expect(newest.count > 2, "nobody was in time")
        let stored = try await database.read {
            try await $0.rows("select worker_id, version, state, placed_at from bid where auction_id = \(id)")
        }
        var counted: [Worker.ID: Int] = [:]
        for row in stored {
            counted[try row["worker_id"]] = try row["version"]
            #expect(try row["state"] as String == "opened")
            #expect(try (row["placed_at"] as Date) < closesAt)
        }
        #expect(counted == newest)
        #expect(try await house.faults(auction) == [])
        let inMarket: Int = try await database.read {
            try await $0.oneRow(
                "select jsonb_array_length(market -> 'bids') as n from auction where auction_id = \(id)")["n"]
        }
        #expect(inMarket == newest.count)
        #expect(try await house.small.ills() == [])
    }

    @Test("that move the close all get through, and it never passes the latest")
    func moving() async throws {
        let house = try await AuctionHouse()
        let database = Scratch.connect { $0.poolSize = 16 }
        let market = Market(database: database, identifiers: Scratch.here.identifiers, keys: Scratch.keys)
        let workers = try await house.workers(20)
        let auction = try await house.open(house.batch("b", tasks: 5)) {
            ($0.snipeSeconds, $0.extensionSeconds, $0.extensionMostSeconds) = (60, 90, 45)
        }
        Scratch.clock.advance(by: 3_590)
        let closes = try await house.shown(auction).closesAt
        try await withThrowingTaskGroup { group in
            for worker in workers {
                group.addTask {
                    try await PlaceBid(market: market)(
                        BidDraft(amountMinor: 1_000, quantity: 1), in: auction, by: Principal.ID(worker.uuid))
                }
            }
            for try await receipt in group { #expect(receipt.closesAt == closes + 45) }
        }
        try await house.close(auction)
        #expect(try await house.won(auction).count == 5)
        #expect(try await house.small.ills() == [])
        await database.shutdown()
    }
}
