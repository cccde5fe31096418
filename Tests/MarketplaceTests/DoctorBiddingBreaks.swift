import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

/// How the checks about bidding are made to fail; see `doctorBreaks`. On a market of its own.
let doctorBiddingBreaks: [(check: DoctorCheck, statements: [SQL])] = [
    (
        .sealedBids,
        [
            """
            update bid set state = 'opened', amount_minor = 700, salt = sha256('s')
              from auction where auction.auction_id = bid.auction_id and auction.state = 'open'
            """
        ]
    ),
    (.sealedBids, ["update auction set closed_at = closes_at - interval '1 second' where state = 'awarded'"]),
    (
        .sealedBids,
        [
            """
            update bid set placed_at = closes_at
              from auction where auction.auction_id = bid.auction_id and auction.state = 'awarded'
            """
        ]
    ),
    (.qualityFrozen, ["update auction_quality set low_bps = low_bps + 1"]),
    (
        .qualityFrozen,
        [
            """
            update bid set quality_minor = quality_minor + 1
              from auction where auction.auction_id = bid.auction_id and auction.state = 'open'
            """
        ]
    ),
    (
        .qualityFrozen,
        [
            """
            update bid set low_bps = low_bps + 100, quality_minor = quality_minor + quality_value_minor
              from auction where auction.auction_id = bid.auction_id and auction.state = 'open'
            """
        ]
    ),
    (.awardsRecomputed, ["update bid set amount_minor = amount_minor + 1 where state = 'opened'"]),
    (
        .awardsRecomputed,
        ["update auction set result = jsonb_set(result, '{payment_minor}', '1') where state = 'awarded'"]
    ),
    (.awardsRecomputed, ["update auction set record_hash = sha256('x') where state = 'awarded'"]),
    (
        .awardsRecomputed,
        [
            """
            update bid_version set commitment = sha256('x')
             where bid_id in (select bid_id from bid where state = 'opened')
            """
        ]
    ),
    (.awardsRecomputed, ["update award set total_minor = total_minor + 1"]),
    // A reservation that is gone, one of another's slot, one at another price, and two slots of one task.
    (
        .reservations,
        [
            """
            update slot set allotment_id = null
              from award where award.allotment_id = slot.allotment_id and award.state = 'awarded'
            """
        ]
    ),
    (
        .reservations,
        [
            """
            update allotment set holder_id = award.worker_id, held_until = '2026-04-01'
              from award, award as own
             where own.allotment_id = allotment.allotment_id and own.state = 'accepted' and award.state = 'awarded'
            """
        ]
    ),
    (
        .reservations,
        [
            """
            update allotment set pay_minor = pay_minor + 1
              from award where award.allotment_id = allotment.allotment_id and award.state = 'accepted'
            """
        ]
    ),
    (
        .reservations,
        [
            """
            update slot set allotment_id = own.allotment_id
              from award as own, award as other
             where own.state = 'awarded' and other.state = 'accepted' and slot.allotment_id = other.allotment_id
            """
        ]
    ),
]

@Suite("The doctor of bidding", .scratchDatabase)
struct DoctorBiddingTests {
    /// An auction whose winners have accepted, and not answered yet; another that takes bids.
    private func biddingMarket() async throws -> SmallMarket {
        let house = try await AuctionHouse()
        let workers = try await house.workers(4)
        try await house.know([workers[0]: 9_000, workers[1]: 8_000])
        let cleared = try await house.open(house.batch("cleared", tasks: 2)) { $0.qualityValueMinor = 10 }
        for (worker, amount) in zip(workers, [1_000, 1_100, 1_200, 1_300] as [Int64]) {
            try await house.bid(worker, amount, in: cleared)
        }
        try await house.close(cleared)
        _ = try await house.accept(#require(try await house.awards(workers[0]).first))
        let open = try await house.open(house.batch("open", tasks: 2)) { $0.qualityValueMinor = 10 }
        for worker in workers { try await house.bid(worker, 1_000, in: open) }
        while try await SealAudit(market: house.market)() > 0 {}
        Scratch.clock.advance(by: 61)
        while try await SweepEligibility(market: house.market)() > 0 {}
        return house.small
    }

    @Test("finds a market clean in which auctions are under way and over")
    func clean() async throws {
        #expect(try await biddingMarket().ills() == [])
    }

    @Test("finds exactly the rule that was broken", arguments: doctorBiddingBreaks.indices)
    func finds(index: Int) async throws {
        let (check, statements) = doctorBiddingBreaks[index]
        let small = try await biddingMarket()
        let changed = try await Scratch.asOwner { transaction in
            var changed = 0
            for statement in statements { changed += try await transaction.execute(statement) }
            return changed
        }
        #expect(changed > 0)
        #expect(try await small.ills() == [check])
    }
}
