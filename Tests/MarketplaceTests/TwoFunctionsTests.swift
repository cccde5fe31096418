import Formats
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

    @Test("a lease and a judgement at the same time end in one of them")
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

    @Test("who has read an answer to a task for review is passed by it, judged or not")
    func readForReview() async throws {
        let small = try await SmallMarket()
        let (ann, rita) = (try await small.lawyer("ann"), try await both(small, "rita"))
        let batch = try await small.batch(small.draft("b", redundancy: 2), tasks: 1)
        let work = try await small.claim(ann, batch)
        try await small.submit(work)
        _ = try await ReadSubmission(market: small.market)(
            work.id, of: small.requester, by: Principal.ID(rita.uuid))
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(rita, batch) } == .noWork)
        _ = try await small.claim(small.lawyer("ben"), batch)
        #expect(try await small.ills() == [])
    }

    @Test("who answered, judged or read a task neither checks it again nor judges the check, however often")
    func recheck() async throws {
        let small = try await SmallMarket()
        let desk = try await GuidelineDesk(small)
        let (ann, ben) = (try await both(small, "ann"), try await both(small, "ben"))
        let (rita, sue) = (try await both(small, "rita"), try await both(small, "sue"))
        let first = try await small.claim(ann, try await small.batch(small.draft("b"), tasks: 1))
        try await small.submit(first)
        _ = try await judge(first, small, by: rita)
        try await desk.publish("Two.", .everything)
        let batch = try await desk.open(2, "again").batch
        _ = try await PublishBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        for person in [ann, rita] {
            #expect(await refusal(ClaimRefusal.self) { try await small.claim(person, batch) } == .noWork)
        }
        let check = try await small.claim(ben, batch)
        try await small.submit(check, "b")
        let queue = ReviewQueue(market: small.market)
        for person in [ann, rita] {
            let actor = Principal.ID(person.uuid)
            #expect(try await queue(of: batch, from: small.requester, by: actor).isEmpty)
            #expect(
                await refusal(ReviewRefusal.self) {
                    try await ReadSubmission(market: small.market)(check.id, of: small.requester, by: actor)
                } == .reviewerHadOriginal)
            #expect(
                await refusal(ReviewRefusal.self) { try await judge(check, small, by: person) } == .reviewerHadOriginal)
        }
        #expect(try await queue(of: batch, from: small.requester, by: Principal.ID(sue.uuid)).count == 1)
        _ = try await judge(check, small, by: sue)
        // The check of the check goes back to the first of them.
        try await desk.publish("Three.", .versions(2...2))
        let last = try await desk.open(3, "and again").batch
        _ = try await PublishBatch(market: small.market)(last, of: small.requester, by: small.manager)
        for person in [ann, ben, rita, sue] {
            #expect(await refusal(ClaimRefusal.self) { try await small.claim(person, last) } == .noWork)
        }
        _ = try await small.claim(small.lawyer("eve"), last)
        #expect(try await small.ills() == [])
    }
}

@Suite("Who may review", .scratchDatabase)
struct ReviewerTests {
    /// An answer to a task that names Acme Inc, in a batch of a sensitivity.
    private func submitted(
        _ small: SmallMarket, sensitivity: Int = 0, parties: [String] = []
    ) async throws -> Assignment {
        let ann = try await small.lawyer("ann")
        if sensitivity > 0 {
            _ = try await GrantClearance(market: small.market)(
                sensitivity, to: ann, reasons: "Vetted.", by: small.manager)
        }
        let batch = try await small.batch(small.draft("b", sensitivity: sensitivity), tasks: 0, publish: false)
        let (drafts, more) = AsyncStream<TaskDraft>.makeStream()
        more.yield(TaskDraft(externalKey: "k", payload: ["text": "x"], parties: try PartyName.list(parties)))
        more.finish()
        _ = try await AddTasks(market: small.market)(drafts, to: batch, of: small.requester, by: small.manager)
        _ = try await PublishBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        let work = try await small.claim(ann, batch)
        try await small.submit(work)
        return work
    }

    @Test("only with the clearance that the content asks of its workers")
    func clearance() async throws {
        let small = try await SmallMarket()
        let work = try await submitted(small, sensitivity: 2)
        let rita = try await small.worker("rita")
        try await small.grant(.reviewer, to: rita)
        let actor = Principal.ID(rita.uuid)
        let (queue, read) = (ReviewQueue(market: small.market), ReadSubmission(market: small.market))
        let judge = ReviewSubmission(market: small.market)
        for level in [0, 1] {
            if level > 0 {
                _ = try await GrantClearance(market: small.market)(1, to: rita, reasons: "x", by: small.manager)
            }
            #expect(
                await refusal(ReviewRefusal.self) {
                    try await queue(of: work.batch, from: small.requester, by: actor)
                } == .notCleared(2))
            #expect(
                await refusal(ReviewRefusal.self) {
                    try await read(work.id, of: small.requester, by: actor)
                } == .notCleared(2))
            #expect(
                await refusal(ReviewRefusal.self) {
                    try await judge(work.id, of: small.requester, .accepted, reasons: "", by: actor)
                } == .notCleared(2))
        }
        Scratch.clock.advance(by: 1)
        _ = try await GrantClearance(market: small.market)(2, to: rita, reasons: "x", by: small.manager)
        #expect(try await queue(of: work.batch, from: small.requester, by: actor).count == 1)
        #expect(try await read(work.id, of: small.requester, by: actor).payload == ["text": "x"])
        _ = try await judge(work.id, of: small.requester, .accepted, reasons: "", by: actor)
        #expect(try await small.ills() == [])
        try await Scratch.asOwner {
            _ = try await $0.execute("delete from worker_clearance where worker_id = \(rita) and level = 2")
        }
        #expect(try await small.ills() == [.clearanceAsked])
    }

    @Test("not with an interest in a party of the task")
    func interest() async throws {
        let small = try await SmallMarket()
        let work = try await submitted(small, parties: ["Acme Inc"])
        let rita = try await small.worker("rita")
        try await small.grant(.reviewer, to: rita)
        let actor = Principal.ID(rita.uuid)
        _ = try await DeclareInterest(market: small.market)(.holding, in: "ACME Inc", of: rita, by: small.manager)
        #expect(try await ReviewQueue(market: small.market)(of: work.batch, from: small.requester, by: actor).isEmpty)
        let party = PartyName.normalised("Acme Inc")
        #expect(
            await refusal(ReviewRefusal.self) {
                try await ReadSubmission(market: small.market)(work.id, of: small.requester, by: actor)
            } == .conflictOfInterest(party))
        #expect(
            await refusal(ReviewRefusal.self) {
                try await ReviewSubmission(market: small.market)(
                    work.id, of: small.requester, .accepted, reasons: "", by: actor)
            } == .conflictOfInterest(party))
        _ = try await small.review(work)
        #expect(try await small.ills() == [])
    }
}
