import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Ratings of requesters", .scratchDatabase)
struct RatingTests {
    private func pay(_ small: SmallMarket) async throws {
        let batch = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        try await ApprovePayoutBatch(market: small.market)(batch.id, contentHash: batch.contentHash, by: small.checker)
        try await IssuePayoutBatch(market: small.market)(batch.id, by: small.maker)
    }

    @Test("are given once for each batch, after its pay has left, by whoever worked on it")
    func given() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        let ben = try await small.lawyer("ben")
        let batch = try await small.batch(small.draft("b"), tasks: 2)
        try await small.earn(ann, batch)
        let rate = RateRequester(market: small.market)
        let good = try RequesterRating(clarity: 5, fairness: 4, paySpeed: 3)
        func go(_ rating: RequesterRating, _ worker: Worker.ID) async throws {
            try await rate(rating, of: small.requester, for: batch, by: Principal.ID(worker.uuid))
        }
        #expect(await refusal(RatingRefusal.self) { try await go(good, ann) } == .notPaid)
        try await pay(small)
        try await go(good, ann)
        try await go(good, ann)
        let other = try RequesterRating(clarity: 1, fairness: 4, paySpeed: 3)
        #expect(await refusal(RatingRefusal.self) { try await go(other, ann) } == .alreadyRated)
        #expect(await refusal(RatingRefusal.self) { try await go(good, ben) } == .notPaid)
        await #expect(throws: AccessRefusal.self) {
            try await rate(good, of: small.requester, for: batch, by: small.reviewer)
        }
        await #expect(throws: NotFound.self) {
            try await rate(good, of: small.requester, for: Batch.ID(ann.uuid), by: Principal.ID(ann.uuid))
        }
        for (clarity, fairness, paySpeed) in [(0, 1, 1), (1, 6, 1), (1, 1, 0)] {
            #expect(throws: BadInput.self) {
                try RequesterRating(clarity: clarity, fairness: fairness, paySpeed: paySpeed)
            }
        }
        #expect(try await small.count("select count(*) as n from requester_rating") == 1)
        #expect(try await small.ills() == [])
    }

    @Test("are shown from five workers on, each of whom counts once, with an interval")
    func shown() async throws {
        let small = try await SmallMarket()
        let show = ShowRequesterScore(market: small.market)
        let batch = try await small.batch(small.draft("b"), tasks: 5)
        let more = try await small.batch(small.draft("more"), tasks: 1)
        let workers = [
            try await small.lawyer("a"), try await small.lawyer("b"), try await small.lawyer("c"),
            try await small.lawyer("d"), try await small.lawyer("e"),
        ]
        for worker in workers { try await small.earn(worker, batch) }
        try await small.earn(workers[0], more)
        try await pay(small)
        let rate = RateRequester(market: small.market)
        for (place, worker) in workers.enumerated() {
            #expect(try await show(of: small.requester, by: Principal.ID(worker.uuid)) == nil)
            let rating = try RequesterRating(clarity: place + 1, fairness: 5, paySpeed: 1)
            try await rate(rating, of: small.requester, for: batch, by: Principal.ID(worker.uuid))
        }
        let score = try #require(try await show(of: small.requester, by: small.manager))
        #expect(score.workers == 5 && score.clarity.milli == 3_000)
        // 1.96 × √2.5 ÷ √5, and the least spread of half a point.
        #expect(score.clarity.lowMilli == 1_614 && score.clarity.highMilli == 4_386)
        #expect(score.fairness == .init(milli: 5_000, lowMilli: 4_562, highMilli: 5_000))
        #expect(score.paySpeed.milli == 1_000 && score.paySpeed.lowMilli == 1_000)
        // 1 and 5 of one worker are 3, and no sixth worker.
        try await rate(
            RequesterRating(clarity: 5, fairness: 5, paySpeed: 1), of: small.requester, for: more,
            by: Principal.ID(workers[0].uuid))
        let after = try #require(try await show(of: small.requester, by: small.manager))
        #expect(after.workers == 5 && after.clarity.milli == 3_400)
        await #expect(throws: AccessRefusal.self) { try await show(of: small.requester, by: small.reviewer) }
        await #expect(throws: NotFound.self) {
            try await show(of: Requester.ID(workers[0].uuid), by: small.manager)
        }
    }

    private static let violations: [(constraint: String, statement: SQL)] = [
        ("requester_rating_clarity_possible", "update requester_rating set clarity = 0"),
        ("requester_rating_fairness_possible", "update requester_rating set fairness = 6"),
        ("requester_rating_pay_speed_possible", "update requester_rating set pay_speed = 6"),
    ]

    @Test("what their table forbids answers by the constraint's name")
    func constraints() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        let batch = try await small.batch(small.draft("b"), tasks: 1)
        try await small.earn(ann, batch)
        try await pay(small)
        try await RateRequester(market: small.market)(
            RequesterRating(clarity: 1, fairness: 1, paySpeed: 1), of: small.requester, for: batch,
            by: Principal.ID(ann.uuid))
        try await expectRefused(Self.violations)
    }
}
