import Formats
import Foundation
import Marketplace
import Matching
import Store
import TestSupport
import Testing

/// What `auction verify` and the doctor find that was changed behind the program's back.
@Suite("The proof of an auction", .scratchDatabase)
struct AuctionProofTests {
    /// Two of five have won, one has declined, and the third has moved up, at 1,300.
    private func movedUp(
        _ house: AuctionHouse, _ lane: AuctionLane = .sealed
    ) async throws -> (workers: [Worker.ID], auction: Auction.Key) {
        let workers = try await house.workers(5)
        let auction = try await house.open(house.batch("b", tasks: 2, minutes: 5)) {
            $0.lane = lane
            if lane == .clock { $0.budgetMinor = 2_900 }
        }
        for (place, worker) in workers.enumerated() {
            try await house.bid(worker, 1_000 + 100 * Int64(place), in: auction)
        }
        try await house.close(auction)
        Scratch.clock.advance(by: 1)
        try await house.decline(#require(try await house.awards(workers[0]).first))
        Scratch.clock.advance(by: 1)
        try await house.settle()
        return (workers, auction)
    }

    private static let changes: [(name: String, statement: SQL)] = [
        ("a price of who moved up", "update award set total_minor = total_minor + 1 where is_moved_up"),
        ("an award of who has not moved up by the rule", "update award set is_moved_up = true where state = 'awarded'"),
        ("more units than were wanted", "update award set units = 9, total_minor = 9 * total_minor where is_moved_up"),
        ("a quantity", "update bid set quantity = quantity + 1, minutes = minutes + 5"),
        ("a day", "update bid set earliest_on = earliest_on + 1"),
        ("the reserve", "update auction set reserve_score_minor = reserve_score_minor - 1"),
        ("the widening", "update auction set widen_bps = 77"),
        ("the window", "update auction set acceptance_seconds = acceptance_seconds + 60"),
        ("the skill", "update auction set skill = 'physician'"),
        ("how far bids may move the close", "update auction set extension_most_seconds = 7"),
    ]

    @Test("finds each thing that was changed", arguments: changes.indices)
    func finds(index: Int) async throws {
        let house = try await AuctionHouse()
        let (_, auction) = try await movedUp(house)
        #expect(try await house.faults(auction) == [])
        let changed = try await Scratch.asOwner { try await $0.execute(Self.changes[index].statement) }
        #expect(changed > 0)
        #expect(try await house.faults(auction) != [], "\(Self.changes[index].name)")
    }

    @Test("finds awards that are all gone, and none where their tasks were withdrawn before")
    func missing() async throws {
        let house = try await AuctionHouse()
        let (_, auction) = try await movedUp(house)
        let deleted = try await Scratch.asOwner {
            try await $0.execute("update slot set allotment_id = null where allotment_id is not null")
            return try await $0.execute("delete from award")
        }
        #expect(deleted == 3)
        #expect(try await house.faults(auction).count >= 2)
        try await Scratch.asOwner { _ = try await $0.execute("update slot set state = 'withdrawn'") }
        #expect(try await house.faults(auction) == [])
    }

    @Test("finds a sum of the clock lane that was passed")
    func sum() async throws {
        let house = try await AuctionHouse()
        let (_, auction) = try await movedUp(house, .clock)
        #expect(try await house.faults(auction) == [])
        try await Scratch.asOwner {
            _ = try await $0.execute("update award set state = 'awarded', answered_at = null, is_replaced = false")
        }
        let faults = try await house.faults(auction)
        #expect(faults.contains { $0.contains("more than the sum") || $0.contains("more units than were wanted") })
    }

    @Test("of an auction by rules that nobody knows is told as such, and the doctor goes on")
    func rules() async throws {
        let house = try await AuctionHouse()
        let (_, auction) = try await movedUp(house)
        try await Scratch.asOwner { _ = try await $0.execute("update auction set rule_version = 99") }
        let refused = await refusal(AuctionReadingRefusal.self) { try await house.faults(auction) }
        #expect(refused == .rulesUnknown(99))
        #expect(try await house.small.ills() == [.awardsRecomputed])
    }

    @Test("holds when people move up one after another, and one of them gives it back")
    func again() async throws {
        let house = try await AuctionHouse()
        let (workers, auction) = try await movedUp(house)
        try await house.decline(#require(try await house.awards(workers[2]).first))
        try await house.settle()
        Scratch.clock.advance(by: 1)
        try await house.decline(#require(try await house.awards(workers[1]).first))
        try await house.settle()
        #expect(try await house.won(auction).count == 5)
        #expect(try await house.faults(auction) == [])
        #expect(try await house.small.ills() == [])
    }

    @Test("the table of what other bids would have earned is worked out once for all who ask")
    func kept() async throws {
        let house = try await AuctionHouse()
        let (workers, auction) = try await movedUp(house)
        let mine = MyBids(market: house.market)
        let first = try await mine.one(in: auction, by: Principal.ID(workers[3].uuid)).alternatives
        // What is kept is asked by the hash of the record: bids are not read again.
        try await Scratch.asOwner {
            _ = try await $0.execute("update bid set amount_minor = 4000 where worker_id = \(workers[4])")
        }
        #expect(try await mine.one(in: auction, by: Principal.ID(workers[3].uuid)).alternatives == first)
        #expect(try await mine.one(in: auction, by: Principal.ID(workers[2].uuid)).alternatives.count >= 20)
    }
}
