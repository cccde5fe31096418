import Formats
import Foundation
import Marketplace
import Matching
import Store
import TestSupport
import Testing

@Suite("Auctions replayed from the audit log", .scratchDatabase)
struct AuctionReplayTests {
    private struct Event {
        let action: String
        let facts: JSON
        let instant: Date
    }

    private func events(of auction: Auction.Key, _ house: AuctionHouse) async throws -> [Event] {
        try await house.market.database.read {
            try await $0.rows(
                """
                select action, facts, occurred_at from audit_event
                 where subject = 'auction' and subject_id = \(auction.id)
                 order by event_id
                """)
        }.map { Event(action: try $0["action"], facts: try $0["facts"], instant: try $0["occurred_at"]) }
    }

    /// The market that the log tells of. Amounts are not in it, but what they were committed to is: an opened bid is
    /// taken only if it is the one that the log has.
    private func replay(_ events: [Event], of auction: Auction, _ house: AuctionHouse) async throws -> AuctionMarket {
        var standing: [String: JSON] = [:]
        var closing: JSON?
        for event in events {
            let bid = event.facts["bid"]?.stringValue ?? ""
            switch event.action {
            case "bid_placed", "bid_changed": standing[bid] = event.facts
            case "bid_withdrawn", "bid_set_aside": standing[bid] = nil
            case "auction_closed": closing = event.facts
            default: break
            }
        }
        let closed = try #require(closing)
        var bidders: [AuctionMarket.Bidder] = []
        for (bid, facts) in standing {
            let row = try await house.market.database.read {
                try await $0.oneRow(
                    """
                    select worker_id, amount_minor, quality_minor,
                           encode(sha256('guildhall/bid/1'::bytea || decode(replace(bid_id::text, '-', ''), 'hex')
                                         || int8send(version::bigint) || int8send(amount_minor) || salt), 'hex')
                               as commitment
                      from bid where bid_id = \(bid)::uuid and version = \(facts["version"]?.integerValue ?? 0)
                    """)
            }
            let commitment: String = try row["commitment"]
            #expect(facts["commitment"] == .string(commitment))
            let worker: Worker.ID = try row["worker_id"]
            bidders.append(
                .init(
                    id: worker.uuid.bits, qualityMinor: try row["quality_minor"], bidMinor: try row["amount_minor"],
                    quantity: Int(try #require(facts["quantity"]?.integerValue))))
        }
        let opening = try #require(events.first { $0.action == "auction_opened" }).facts
        let seed = try #require(closed["seed"]?.stringValue.flatMap(Digest.init(hexadecimal:)))
        return try AuctionMarket(
            id: auction.id.uuid.bits, seed: seed.bytes, tasks: Int(try #require(closed["tasks"]?.integerValue)),
            redundancy: Int(try #require(closed["redundancy"]?.integerValue)),
            floorMinor: try #require(opening["floor_minor"]?.integerValue),
            ceilingMinor: try #require(opening["ceiling_minor"]?.integerValue),
            reserveScoreMinor: auction.reserveScoreMinor ?? -AuctionMarket.Bounds.scoreMax,
            budgetMinor: auction.budgetMinor, stepBasisPoints: auction.stepBasisPoints ?? 200, bidders: bidders)
    }

    @Test("come to the recorded result, byte for byte, in either lane", arguments: AuctionLane.allCases)
    func identical(lane: AuctionLane) async throws {
        let house = try await AuctionHouse()
        let workers = try await house.workers(8)
        let auction = try await house.open(house.batch("b", tasks: 5, redundancy: 2, minutes: 5)) {
            ($0.lane, $0.qualityValueMinor, $0.defaultBasisPoints) = (lane, 3, 5_000)
            if lane == .clock { $0.budgetMinor = 9_000 }
        }
        for (place, worker) in workers.enumerated() {
            try await house.bid(worker, 2_000 + 37 * Int64(place), 1, in: auction)
        }
        // Changed, withdrawn, withdrawn and placed again; never within a millisecond, which is how events are ordered.
        Scratch.clock.advance(by: 1)
        for (place, worker) in workers.prefix(6).enumerated() {
            try await house.bid(worker, 700 + 111 * Int64(place), 1 + place % 3, in: auction)
        }
        Scratch.clock.advance(by: 1)
        for worker in [workers[6], workers[7]] {
            _ = try await WithdrawBid(market: house.market)(from: auction, by: Principal.ID(worker.uuid))
        }
        Scratch.clock.advance(by: 1)
        try await house.bid(workers[7], 901, 4, in: auction)
        try await house.close(auction)
        let events = try await events(of: auction, house)
        let shown = try await house.shown(auction)
        let market = try await replay(events, of: shown, house)
        #expect(market.bidders.count == 7)
        let result = try market.clear(lane)
        let bytes = market.json.canonicalBytes() + result.json.canonicalBytes()
        let recorded = try #require(events.first { $0.action == "auction_cleared" }).facts
        #expect(recorded["hash"] == .string(Digest(of: bytes).hexadecimal))
        let stored = try await house.market.database.read {
            try await $0.oneRow("select market, result from auction where auction_id = \(auction.id)")
        }
        let (storedMarket, storedResult): (JSON, JSON) = (try stored["market"], try stored["result"])
        #expect(storedMarket.canonicalBytes() + storedResult.canonicalBytes() == bytes)
        #expect(result.unitsFilled > 0)
    }
}
