import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Opinions of several people", .scratchDatabase)
struct OpinionTests {
    private static let weights = ["party": 1, "date": 1, "amount": 1]

    private func sheet(_ party: FieldMark.Mark, _ date: FieldMark.Mark, _ amount: FieldMark.Mark) -> ReviewSheet {
        ReviewSheet(marks: [
            FieldMark("party", party), FieldMark("date", date, quote: "2 May"), FieldMark("amount", amount),
        ])
    }

    @Test(
        "what is paid follows from the weights of the fields, to the minor unit, and nothing is lost",
        arguments: [
            ([FieldMark.Mark.right, .right, .right], Int64(2_000), Int64(200)),
            ([.right, .wrong, .right], 1_333, 133), ([.right, .missing, .wrong], 667, 67),
            ([.wrong, .wrong, .missing], 0, 0),
        ])
    func weighed(marks: [FieldMark.Mark], pay: Int64, fee: Int64) async throws {
        var policy = ReviewPolicy.unset
        policy.fieldWeights = Self.weights
        let desk = try await JudgingDesk(policy: policy)
        let ann = try await desk.small.lawyer("ann")
        let wallet = try await desk.small.balance(.wallet(of: desk.small.requester, desk.small.usd))
        let work = try await desk.submitted(by: ann)[0]
        let review = try await desk.judge(work, nil, sheet: sheet(marks[0], marks[1], marks[2]), by: 0)
        #expect(review.earned?.minorUnits ?? 0 == pay)
        #expect(try await desk.pay(of: ann) == pay)
        #expect(try await desk.small.balance(.fees(desk.small.usd)) == fee)
        #expect(try await desk.small.ills() == [])
        try await desk.small.takeToEnd(work.batch)
        #expect(
            try await desk.small.balance(.wallet(of: desk.small.requester, desk.small.usd)) == wallet - pay - fee)
        #expect(try await desk.small.ills() == [])
    }

    @Test("where fields are weighed, each is marked, a part follows from them, and a rejection names its evidence")
    func evidence() async throws {
        var policy = ReviewPolicy.unset
        policy.fieldWeights = Self.weights
        policy.rubric = ["clarity": 5]
        let desk = try await JudgingDesk(policy: policy)
        let work = try await desk.submitted(by: desk.small.lawyer("ann"))[0]
        let none = ReviewSheet(marks: [FieldMark("party", .right)])
        func field(_ judgement: Judgement?, _ sheet: ReviewSheet) async -> String? {
            await refusal(BadInput.self) { try await desk.judge(work, judgement, sheet: sheet, by: 0) }?.field
        }
        #expect(await field(nil, none) == "fields")
        #expect(await field(.rejected, none) == "fields")
        #expect(await field(.accepted, sheet(.right, .wrong, .right)) == "fields")
        #expect(await field(.acceptedInPart(basisPoints: 5_000), none) == "verdict")
        #expect(await field(.accepted, ReviewSheet(scores: ["clarity": 6])) == "scores")
        #expect(await field(.accepted, ReviewSheet(scores: ["beauty": 1])) == "scores")
        let review = try await desk.judge(
            work, .rejected,
            sheet: ReviewSheet(
                marks: [FieldMark("party", .wrong, quote: "ACME")], scores: ["clarity": 2], rule: "not_in_the_text"),
            by: 0)
        let decision = try #require(review.decision)
        let row = try await desk.small.market.database.read {
            try await $0.oneRow(
                """
                select rule, facts -> 'sheet' -> 'fields' -> 0 ->> 'quote' as quote, automated
                  from decision where decision_id = \(decision)
                """)
        }
        #expect(try row["rule"] == "not_in_the_text")
        #expect(try row["quote"] == "ACME")
        #expect(try row["automated"] == "none")
    }

    @Test("a second person looks without knowing the first, and pay comes when both agree")
    func agreed() async throws {
        let desk = try await JudgingDesk(policy: JudgingDesk.always)
        let ann = try await desk.small.lawyer("ann")
        let work = try await desk.submitted(by: ann)[0]
        let first = try await desk.judge(work, .accepted, by: 0)
        #expect(first.stage == .waitsForSecond)
        #expect(try await desk.pay(of: ann) == 0)
        #expect(await refusal(ReviewRefusal.self) { try await desk.judge(work, .accepted, by: 0) } == .opinionGiven)
        let queue = ReviewQueue(market: desk.small.market)
        let small = desk.small
        #expect(try await queue(of: work.batch, from: small.requester, by: desk.reviewers[0]).isEmpty)
        #expect(try await queue(of: work.batch, from: small.requester, by: desk.reviewers[1]).count == 1)
        let second = try await desk.judge(work, .accepted, by: 1)
        #expect(second.stage == .final)
        #expect(try await desk.pay(of: ann) == SmallMarket.pay)
        #expect(try await small.ills() == [])
        let records = try await ListReviewers(market: small.market)(by: small.manager)
        #expect(records.map(\.compared) == [1, 1] && records.map(\.agreed) == [1, 1])
        #expect(records[0].weightMillionths == 666_666)
    }

    @Test("where two differ a third decides, and nobody is two of them", arguments: [Judgement.accepted, .rejected])
    func adjudicated(last: Judgement) async throws {
        let desk = try await JudgingDesk(policy: JudgingDesk.always)
        let ann = try await desk.small.lawyer("ann")
        let work = try await desk.submitted(by: ann)[0]
        try await desk.judge(work, .accepted, by: 0)
        #expect(try await desk.judge(work, .rejected, by: 1).stage == .waitsForAdjudicator)
        for earlier in 0...1 {
            #expect(
                await refusal(ReviewRefusal.self) { try await desk.judge(work, last, by: earlier) } == .opinionGiven)
        }
        let review = try await desk.judge(work, last, by: 2)
        #expect(review.stage == .final)
        #expect((review.decision == nil) == (last == .accepted))
        #expect(try await desk.pay(of: ann) == (last == .accepted ? SmallMarket.pay : 0))
        #expect(try await desk.small.count("select count(*) as n from opinion") == 3)
        #expect(try await desk.small.ills() == [])
    }

    @Test("of two shares that are near each other the higher is paid; those further apart differ")
    func tolerance() async throws {
        let desk = try await JudgingDesk(policy: JudgingDesk.always)
        let ann = try await desk.small.lawyer("ann")
        let works = try await desk.submitted(by: ann, 2)
        try await desk.judge(works[0], .acceptedInPart(basisPoints: 6_000), by: 0)
        #expect(try await desk.judge(works[0], .acceptedInPart(basisPoints: 6_500), by: 1).stage == .final)
        #expect(try await desk.pay(of: ann) == 1_300)
        try await desk.judge(works[1], .acceptedInPart(basisPoints: 6_000), by: 0)
        #expect(
            try await desk.judge(works[1], .acceptedInPart(basisPoints: 6_501), by: 1).stage == .waitsForAdjudicator)
    }

    @Test("of many who judge at once three at most are heard, and it is paid or rejected once")
    func concurrently() async throws {
        let desk = try await JudgingDesk(policy: JudgingDesk.always, reviewers: 8)
        let ann = try await desk.small.lawyer("ann")
        for (number, work) in try await desk.submitted(by: ann, 6).enumerated() {
            await withTaskGroup { group in
                for reviewer in 0..<8 {
                    group.addTask {
                        _ = try? await desk.judge(
                            work, (reviewer + number) % 2 == 0 ? .accepted : .rejected, by: reviewer)
                    }
                }
            }
        }
        #expect(try await desk.small.count("select count(*) as n from review") == 6)
        #expect(
            try await desk.small.count(
                "select count(*) as n from (select from opinion group by assignment_id having count(*) > 3) as more")
                == 0)
        #expect(try await desk.small.ills() == [])
    }

    @Test("the lot is the same whenever it is drawn, and falls about as often as the chance says")
    func lot() async throws {
        var policy = ReviewPolicy.unset
        policy.secondBasisPoints = 3_000
        policy.aloneBasisPoints = 10_000
        let desk = try await JudgingDesk(policy: policy)
        let ann = try await desk.small.lawyer("ann")
        var waiting = 0
        for work in try await desk.submitted(by: ann, 40) {
            if try await desk.judge(work, .accepted, by: 0).stage == .waitsForSecond { waiting += 1 }
        }
        #expect((4...22).contains(waiting))
        #expect(
            try await desk.small.count("select count(*) as n from opinion where asks_second and risk_bps = 3000")
                == waiting)
    }

    @Test("risk grows with value, newcomers, differing answers and load")
    func risk() async throws {
        var policy = ReviewPolicy()
        policy.secondBasisPoints = 1
        policy.valueFromMinor = 2_000
        policy.valueBasisPoints = 10
        policy.newcomerBasisPoints = 100
        policy.newcomerBelow = 1
        policy.disagreementBasisPoints = 1_000
        policy.loadAbove = 1
        policy.loadBasisPoints = 5_000
        let desk = try await JudgingDesk(policy: policy)
        let small = desk.small
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let batch = try await small.batch(small.draft("b", redundancy: 2), tasks: 2)
        for (worker, label) in [(ann, "a"), (ben, "b")] {
            for _ in 0..<2 {
                let work = try await small.claim(worker, batch)
                try await small.submit(work, label)
                try await desk.judge(work, .accepted, by: 0)
                Scratch.clock.advance(by: 1)
            }
        }
        let risks: [Int] = try await small.market.database.read {
            try await $0.rows("select risk_bps from opinion order by given_at").map { try $0["risk_bps"] }
        }
        #expect(risks == [111, 11, 6_111, 6_011])
    }

    @Test("whoever decides between two sees what both said, and the queue says so; a second sees nothing of a first")
    func disputed() async throws {
        let desk = try await JudgingDesk(policy: JudgingDesk.always)
        let small = desk.small
        let work = try await desk.submitted(by: try await small.lawyer("ann"))[0]
        func seen(by place: Int) async throws -> (listed: Bool?, opinions: [OpinionSeen]) {
            let listed = try await ReviewQueue(market: small.market)(
                of: work.batch, from: small.requester, by: desk.reviewers[place])
            let read = try await ReadSubmission(market: small.market)(
                work.id, of: small.requester, by: desk.reviewers[place])
            return (listed.first?.isDisputed, read.opinions)
        }
        try await desk.judge(work, .accepted, by: 0)
        var found = try await seen(by: 1)
        #expect(found.listed == false && found.opinions.isEmpty)
        try await desk.judge(work, .acceptedInPart(basisPoints: 6_000), by: 1)
        found = try await seen(by: 2)
        #expect(found.listed == true && found.opinions.map(\.role) == [.first, .second])
        #expect(found.opinions.map(\.verdict) == [.accepted, .acceptedInPart])
        #expect(found.opinions.map(\.shareBasisPoints) == [10_000, 6_000])
        #expect(found.opinions.map(\.reasons) == ["", "Not as asked."])
        // Who has had their say sees no more than that.
        found = try await seen(by: 0)
        #expect(found.listed == nil && found.opinions.isEmpty)
        #expect(
            try await small.count(
                """
                select count(*) as n from content_reading
                 where reader_id = \(desk.reviewers[2]) and purpose = 'review'
                """) == 1)
        try await desk.judge(work, .accepted, by: 2)
        #expect(
            try await small.count(
                "select count(*) as n from review_tally where judged = 1 and alone = 0") == 2)
        #expect(try await small.ills() == [])
    }
}
