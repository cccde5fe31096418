import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Reviews", .scratchDatabase)
struct QualityTests {
    private func submitted(redundancy: Int = 1) async throws -> (SmallMarket, Worker.ID, Assignment) {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let batch = try await small.batch(small.draft("b", redundancy: redundancy), tasks: 1)
        let work = try await small.claim(worker, batch)
        try await small.submit(work)
        return (small, worker, work)
    }

    @Test(
        "pay the share accepted, the fee by the same share, and leave the rest in the hold",
        arguments: [
            (Judgement.accepted, Int64(2_000), Int64(200)),
            (.acceptedInPart(basisPoints: 5_000), 1_000, 100),
            (.acceptedInPart(basisPoints: 3_333), 667, 67),
            (.acceptedInPart(basisPoints: 3), 1, 0),
            (.rejected, 0, 0),
        ])
    func arithmetic(judgement: Judgement, pay: Int64, fee: Int64) async throws {
        let (small, worker, work) = try await submitted()
        let review = try await small.review(work, judgement)
        #expect(review.earned?.minorUnits ?? 0 == pay)
        #expect((review.decision == nil) == (judgement == .accepted))
        #expect(try await small.balance(.payable(to: worker, small.usd)) == pay)
        #expect(try await small.balance(.fees(small.usd)) == fee)
        #expect(try await small.balance(.hold(ofBatch: work.batch.uuid, small.usd)) == 2_200 - pay - fee)
        #expect(try await small.ills() == [])
    }

    @Test("cannot give a share that is less than the smallest coin")
    func nothing() async throws {
        let (small, _, work) = try await submitted()
        #expect(
            await refusal(BadInput.self) {
                try await small.review(work, .acceptedInPart(basisPoints: 2))
            }?.field == "share_bps")
    }

    @Test("are refused for the first reason that holds")
    func precedence() async throws {
        let (small, worker, work) = try await submitted()
        let review = ReviewSubmission(market: small.market)
        #expect(
            await refusal(AccessRefusal.self) {
                try await review(work.id, of: small.requester, .accepted, reasons: "", by: small.maker)
            } == .roleMissing(.reviewer))
        #expect(
            await refusal(NotFound.self) {
                let unknown = Assignment.ID(small.requester.uuid)
                return try await review(unknown, of: small.requester, .accepted, reasons: "", by: small.reviewer)
            } != nil)
        try await Scratch.asOwner { transaction in
            try await transaction.execute(
                """
                insert into role_grant (role_grant_id, principal_id, role, granted_by, in_force)
                values (gen_random_uuid(), \(worker), 'reviewer', \(small.manager),
                        \(InstantRange(from: Scratch.start, until: nil)))
                """)
        }
        #expect(
            await refusal(ReviewRefusal.self) {
                try await review(work.id, of: small.requester, .accepted, reasons: "", by: Principal.ID(worker.uuid))
            } == .reviewerIsAuthor)
        #expect(
            await refusal(BadInput.self) {
                try await review(work.id, of: small.requester, .rejected, reasons: " ", by: small.reviewer)
            }?.field == "reasons")
        try await small.review(work)
        #expect(await refusal(ReviewRefusal.self) { try await small.review(work) } == .alreadyReviewed)
        let batch = try await small.batch(small.draft("c"), tasks: 1)
        let leased = try await small.claim(worker, batch)
        #expect(await refusal(ReviewRefusal.self) { try await small.review(leased) } == .notSubmitted(.leased))
    }

    @Test("count once, though many judge at the same time")
    func concurrently() async throws {
        let (small, worker, work) = try await submitted()
        let outcomes = await withTaskGroup { group in
            for index in 0..<12 {
                group.addTask {
                    await Result.of { try await small.review(work, index % 2 == 0 ? .accepted : .rejected) }
                }
            }
            return await group.reduce(into: [Result<Review, any Error>]()) { $0.append($1) }
        }
        #expect(outcomes.compactMap { try? $0.get() }.count == 1)
        #expect(outcomes.compactMap { $0.failure as? ReviewRefusal } == Array(repeating: .alreadyReviewed, count: 11))
        #expect(try await [0, 2_000].contains(small.balance(.payable(to: worker, small.usd))))
        #expect(try await small.ills() == [])
    }

    @Test("reopen a rejected slot for somebody else, never for the same worker")
    func reopened() async throws {
        let (small, worker, work) = try await submitted()
        try await small.review(work, .rejected)
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker, work.batch) } == .noWork)
        let other = try await small.lawyer("other")
        let again = try await small.claim(other, work.batch)
        #expect(again.task == work.task)
        try await small.submit(again)
        try await small.review(again)
        #expect(try await small.count("select count(*) as n from task where state = 'closed'") == 1)
        #expect(try await small.ills() == [])
    }

    @Test("close a task when its last slot is done, though both are judged at the same time")
    func lastSlot() async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        for round in 0..<8 {
            let batch = try await small.batch(small.draft("b\(round)", redundancy: 2), tasks: 4)
            var works: [Assignment] = []
            for _ in 0..<4 {
                works.append(try await small.claim(ann, batch))
                works.append(try await small.claim(ben, batch))
            }
            for work in works { try await small.submit(work) }
            try await withThrowingTaskGroup { group in
                for work in works { group.addTask { _ = try await small.review(work) } }
                try await group.waitForAll()
            }
            #expect(try await small.count("select count(*) as n from task where state <> 'closed'") == 0)
        }
    }

    @Test("are asked for by pages, without the reviewer's own work")
    func queue() async throws {
        let (small, _, work) = try await submitted(redundancy: 2)
        let queue = ReviewQueue(market: small.market)
        let items = try await queue(of: work.batch, from: small.requester, by: small.reviewer)
        #expect(items.map(\.assignment) == [work.id])
        let read = try await ReadSubmission(market: small.market)(work.id, of: small.requester, by: small.reviewer)
        #expect(read.answer == ["label": "a"])
        #expect(try await small.count("select count(*) as n from content_reading where purpose = 'review'") == 1)
        #expect(try await queue(of: work.batch, from: small.requester, after: work.id, by: small.reviewer).isEmpty)
    }
}
