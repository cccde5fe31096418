import Formats
import Foundation
import Matching
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Awards that are not taken", .scratchDatabase)
struct AwardEndsTests {
    /// Bids of 1,000, 1,100 … for tasks of 5 minutes, cleared; winners have an hour to accept.
    private func cleared(
        _ house: AuctionHouse, tasks: Int, bidders: Int, requirement: Requirement = .all([]), dueAt: Date? = nil,
        _ make: (Int) async throws -> Worker.ID
    ) async throws -> (workers: [Worker.ID], auction: Auction.Key, batch: Batch.ID) {
        let batch = try await house.batch("b", tasks: tasks, minutes: 5, requirement: requirement, dueAt: dueAt)
        var workers: [Worker.ID] = []
        for number in 0..<bidders { workers.append(try await make(number)) }
        let auction = try await house.open(batch) { $0.acceptanceSeconds = 3_600 }
        for (place, worker) in workers.enumerated() {
            try await house.bid(worker, 1_000 + 100 * Int64(place), in: auction)
        }
        try await house.close(auction)
        return (workers, auction, batch)
    }

    private func reasons(_ auction: Auction.Key, _ house: AuctionHouse) async throws -> [Worker.ID: String?] {
        let rows = try await house.market.database.read {
            try await $0.rows(
                """
                select worker_id, lapse_reason::text as reason from award
                 where auction_id = \(auction.id) and state = 'lapsed'
                """)
        }
        var reasons: [Worker.ID: String?] = [:]
        for row in rows { reasons[try row["worker_id"]] = try row["reason"] as String? }
        return reasons
    }

    @Test("lapse for what kept the winner from accepting, who is told; only silence is counted by the screens")
    func reasons() async throws {
        let house = try await AuctionHouse()
        let lawyers = Requirement.profession(.lawyer, leastTier: .expert)
        let (workers, auction, batch) = try await cleared(house, tasks: 3, bidders: 5, requirement: lawyers) {
            try await house.small.lawyer("l\($0)")
        }
        _ = try await SuspendWorker(market: house.market)(
            workers[0], rule: "r", facts: [:], reasons: "Because.", by: house.small.manager)
        _ = try await ExcludeWorker(market: house.market)(
            workers[1], from: house.small.requester, reason: "Quarrel", by: house.small.manager)
        Scratch.clock.advance(by: 3_600)
        #expect(try await house.settle().lapsed == 3)
        #expect(
            try await reasons(auction, house) == [
                workers[0]: "not_active", workers[1]: "not_eligible", workers[2]: "unanswered",
            ])
        for (worker, reason) in zip(workers, ["not_active", "not_eligible", "unanswered"] as [JSON]) {
            let told = try await house.told("award_lapsed", Principal.ID(worker.uuid))
            #expect(told.count == 1 && told.first?.facts["reason"] == reason)
        }
        // Who moved up cannot accept from a batch that has ended.
        _ = try await CloseBatch(market: house.market)(batch, of: house.small.requester, by: house.small.manager)
        Scratch.clock.advance(by: 3_600)
        #expect(try await house.settle().lapsed == 2)
        #expect(try await reasons(auction, house)[workers[3]] == "batch_over")
        let place = try #require(try await place(house))
        let found = try await house.market.database.read {
            try await $0.clearedBids(of: place, auctions: 10, limit: 100)
        }
        #expect(found.map(\.lapsed).reduce(0, +) == 1)
        #expect(found.first { $0.lapsed == 1 }?.worker == workers[2])
        #expect(try await house.small.ills() == [])
    }

    @Test("are declined, or accepted and left, on record for the screens")
    func counted() async throws {
        let house = try await AuctionHouse()
        let (workers, _, _) = try await cleared(house, tasks: 2, bidders: 4) { try await house.small.worker("w\($0)") }
        try await house.decline(#require(try await house.awards(workers[0]).first))
        let batch = try await house.batch("long", tasks: 8, minutes: 5)
        let auction = try await house.open(batch) { $0.reservedSeconds = 3_600 }
        for (place, worker) in workers.suffix(3).enumerated() {
            try await house.bid(worker, 1_000 + Int64(place), place == 0 ? 7 : 1, in: auction)
        }
        try await house.close(auction)
        let award = try #require(try await house.awards(workers[1]).first { $0.units == 7 })
        #expect(try await house.accept(award).count < 7)
        Scratch.clock.advance(by: 3_601)
        try await house.settle()
        let place = try #require(try await place(house))
        let found = try await house.market.database.read {
            try await $0.clearedBids(of: place, auctions: 10, limit: 100)
        }
        #expect(found.filter { $0.worker == workers[0] }.map(\.declined) == [1])
        #expect(found.filter { $0.worker == workers[1] }.map(\.unused).max() ?? 0 >= 2)
        #expect(found.filter { $0.worker == workers[3] }.allSatisfy { $0.unused == 0 && $0.declined == 0 })
    }

    @Test("of too many for the screens the latest are kept")
    func latest() async throws {
        let house = try await AuctionHouse()
        let (_, first, _) = try await cleared(house, tasks: 1, bidders: 3) { try await house.small.worker("a\($0)") }
        Scratch.clock.advance(by: 60)
        let second = try await house.open(house.batch("later", tasks: 1, minutes: 5))
        for number in 0..<3 {
            try await house.bid(try await house.small.worker("b\(number)"), 900 + Int64(number), in: second)
        }
        try await house.close(second)
        let place = try #require(try await place(house))
        let found = try await house.market.database.read {
            try await $0.clearedBids(of: place, auctions: 10, limit: 4)
        }
        #expect(found.count == 4)
        #expect(found.filter { $0.auction == second.id.uuid }.count == 3)
        #expect(found.first?.auction == first.id.uuid)
    }

    @Test("are not given to anybody after the deadline of the batch")
    func deadline() async throws {
        let house = try await AuctionHouse()
        let due = Scratch.clock.now() + 8_000
        let (workers, auction, _) = try await cleared(house, tasks: 1, bidders: 4, dueAt: due) {
            try await house.small.worker("w\($0)")
        }
        Scratch.clock.advance(by: 3_600)
        #expect(try await house.settle().movedUp == 1)
        let moved = try #require(try await house.awards(workers[1]).first)
        // The hour is cut at the deadline.
        #expect(moved.acceptBy == due)
        Scratch.clock.advance(by: 3_600)
        let outcome = try await house.settle()
        #expect(outcome.lapsed == 1 && outcome.movedUp == 0)
        #expect(try await reasons(auction, house)[workers[1]] == "batch_over")
        #expect(try await house.faults(auction) == [])
    }

    private func place(_ house: AuctionHouse) async throws -> ScreenBids.Place? {
        try await house.market.database.transaction {
            try await $0.takeScreenedPlaces(since: Scratch.start, every: 0, limit: 1).first
        }
    }
}
