import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Nobody in two functions on one item", .scratchDatabase)
struct TwoFunctionsTests {
    /// A worker who is a reviewer, too.
    private func both(_ small: SmallMarket, _ key: String) async throws -> Worker.ID {
        let worker = try await small.lawyer(key)
        try await small.grant(.reviewer, to: worker)
        return worker
    }

    private func judge(_ work: Assignment, _ small: SmallMarket, by person: Worker.ID) async throws -> Review {
        try await ReviewSubmission(market: small.market)(
            work.id, of: small.requester, .accepted, reasons: "", by: Principal.ID(person.uuid))
    }

    @Test(
        "whoever had a task, whatever became of it, neither sees nor reads nor judges answers to it",
        arguments: ["returned", "expired", "submitted", "accepted"])
    func workedOn(end: String) async throws {
        let small = try await SmallMarket()
        let (ann, rita) = (try await small.lawyer("ann"), try await both(small, "rita"))
        let batch = try await small.batch(small.draft("b", redundancy: 2), tasks: 1)
        let own = try await small.claim(rita, batch)
        switch end {
        case "returned":
            try await ReturnTask(market: small.market)(
                own.id, token: own.leaseToken, .notMyField, by: Principal.ID(rita.uuid))
        case "expired":
            Scratch.clock.set(to: own.leaseUntil)
            _ = try await ExpireLeases(market: small.market)(by: small.manager)
        case "submitted": try await small.submit(own)
        case _:
            try await small.submit(own)
            try await small.review(own)
        }
        let work = try await small.claim(ann, batch)
        try await small.submit(work)
        let person = Principal.ID(rita.uuid)
        let queue = ReviewQueue(market: small.market)
        #expect(try await queue(of: batch, from: small.requester, by: person).isEmpty)
        #expect(
            await refusal(ReviewRefusal.self) {
                try await ReadSubmission(market: small.market)(work.id, of: small.requester, by: person)
            } == .reviewerWorkedOnTask)
        #expect(await refusal(ReviewRefusal.self) { try await judge(work, small, by: rita) } == .reviewerWorkedOnTask)
        _ = try await small.review(work)
        #expect(try await small.ills() == [])
    }

    @Test("a worker reviews what they had no part in; their own is refused as their own")
    func elsewhere() async throws {
        let small = try await SmallMarket()
        let (ann, rita) = (try await small.lawyer("ann"), try await both(small, "rita"))
        let batch = try await small.batch(small.draft("b"), tasks: 2)
        let (own, work) = (try await small.claim(rita, batch), try await small.claim(ann, batch))
        try await small.submit(own)
        try await small.submit(work)
        #expect(await refusal(ReviewRefusal.self) { try await judge(own, small, by: rita) } == .reviewerIsAuthor)
        _ = try await judge(work, small, by: rita)
        #expect(try await small.ills() == [])
    }

    @Test("who has judged an answer to a task is passed by it, and gets the next one")
    func judged() async throws {
        let small = try await SmallMarket()
        let (ann, rita) = (try await small.lawyer("ann"), try await both(small, "rita"))
        let batch = try await small.batch(small.draft("b", redundancy: 2), tasks: 1)
        let work = try await small.claim(ann, batch)
        try await small.submit(work)
        _ = try await judge(work, small, by: rita)
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(rita, batch) } == .noWork)
        let other = try await small.batch(small.draft("c"), tasks: 1)
        #expect(try await small.claim(rita).batch == other)
        #expect(try await small.ills() == [])
    }

    @Test("a lease and a judgement at the same time end in one of them", .timeLimit(.minutes(15)))
    func race() async throws {
        let small = try await SmallMarket()
        let (ann, rita) = (try await small.lawyer("ann"), try await both(small, "rita"))
        let batch = try await small.batch(small.draft("b", redundancy: 2), tasks: 1)
        let work = try await small.claim(ann, batch)
        try await small.submit(work)
        async let lease = try? small.claim(rita, batch)
        async let review = try? judge(work, small, by: rita)
        let (taken, judged) = await (lease, review)
        #expect((taken == nil) != (judged == nil))
        #expect(try await small.ills() == [])
    }
}
