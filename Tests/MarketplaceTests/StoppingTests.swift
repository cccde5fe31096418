import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Stopping", .scratchDatabase)
struct StoppingTests {
    /// An answer costs 22.00 USD: one error costs fifty of them, so that 98 % are wanted.
    private static let twoToFour = AdaptiveRedundancy(
        most: 4, agreementBasisPoints: 10_000, errorCost: 50 * (SmallMarket.pay + SmallMarket.fee))

    /// A desk whose project has had a full fit of sixty tasks: four workers of whom one is wrong on every sixth.
    private func taught() async throws -> (desk: LabelDesk, crew: [Worker.ID]) {
        let desk = try await LabelDesk()
        let (batch, crew) = (try await desk.batch("taught", redundancy: 4, tasks: 60), try await desk.crew(5))
        for (number, worker) in crew.prefix(4).enumerated() {
            for task in 0..<60 {
                let work = try await desk.small.claim(worker, batch)
                let truth = try await desk.small.count(
                    """
                    select split_part(external_key, '-', 2)::integer % 2 as n from task where task_id = \(work.task)
                    """)
                let isWrong = number == 3 && task % 6 == 0
                try await desk.small.submit(work, (truth == 0) != isWrong ? "a" : "b")
            }
        }
        Scratch.clock.advance(by: 60)
        #expect(try await FitPosteriors(market: desk.small.market)() == 1)
        let warnings = try await desk.small.market.database.read {
            try await $0.oneRow("select array_to_string(warnings, ',') as text from label_fit").value(
                "text", as: String.self)
        }
        #expect(warnings == "")
        return (desk, crew)
    }

    private func stoppings(_ desk: LabelDesk, _ batch: Batch.ID) async throws -> [Stopping] {
        try await ListStoppings(market: desk.small.market)(
            of: batch, from: desk.small.requester, by: desk.small.manager)
    }

    @Test("two good workers who agree are enough; where they differ, a third settles it, and it is explained")
    func settles() async throws {
        let (desk, crew) = try await taught()
        let agreed = try await desk.batch("agreed", redundancy: 2, adaptive: Self.twoToFour)
        try await desk.answer(crew[0], agreed, "b")
        try await desk.answer(crew[1], agreed, "b")
        let one = try #require(try await stoppings(desk, agreed).first)
        #expect((one.basis, one.outcome, one.answers, one.targetBasisPoints) == (.posterior, .enough, 2, 9_800))
        #expect(one.confidenceBasisPoints >= 9_800)
        #expect(try #require(one.posterior?["b"]) > 980_000)
        let withdrawn = try await desk.small.count(
            "select count(*) as n from slot where batch_id = \(agreed) and state = 'withdrawn'")
        #expect(withdrawn == 2)

        // All the same by agreement would ask on: ten in ten are wanted there.
        let differing = try await desk.batch("differing", redundancy: 2, adaptive: Self.twoToFour)
        try await desk.answer(crew[0], differing, "b")
        try await desk.answer(crew[1], differing, "a")
        try await desk.answer(crew[2], differing, "b")
        let both = try await stoppings(desk, differing)
        #expect(both.map(\.outcome) == [.another, .enough])
        #expect(both.map(\.answers) == [2, 3])
        #expect(both[0].sentence.hasPrefix("After 2 answers (2 to 4) the likeliest answer has "))
        #expect(both[0].sentence.hasSuffix(" of 98.00 % wanted: one more is asked for."))
        #expect(try await desk.small.ills() == [])
    }

    @Test("what the most answers do not settle is looked at by a second person")
    func unsettled() async throws {
        let (desk, crew) = try await taught()
        let batch = try await desk.batch("open", redundancy: 2, adaptive: Self.twoToFour)
        let work = try await desk.answer(crew[0], batch, "a")
        try await desk.answer(crew[1], batch, "b")
        // Nobody knows the fifth worker, and the fourth errs.
        try await desk.answer(crew[4], batch, "a")
        try await desk.answer(crew[3], batch, "b")
        let found = try await stoppings(desk, batch)
        #expect(found.map(\.outcome) == [.another, .another, .unsettled])
        #expect(found.map(\.answers) == [2, 3, 4])
        let review = try await desk.small.review(work)
        #expect((review.id == nil, review.stage) == (true, .waitsForSecond))
        #expect(try await desk.small.ills() == [])
    }

    @Test("as long as no fit can be trusted, agreement decides")
    func untrusted() async throws {
        let desk = try await LabelDesk()
        let (batch, crew) = (
            try await desk.batch(redundancy: 2, adaptive: Self.twoToFour), try await desk.crew(4)
        )
        try await desk.answer(crew[0], batch, "a")
        try await desk.answer(crew[1], batch, "b")
        try await desk.answer(crew[2], batch, "a")
        try await desk.answer(crew[3], batch, "a")
        let found = try await stoppings(desk, batch)
        #expect(found.map(\.basis) == [.agreement, .agreement, .agreement])
        #expect(found.map(\.outcome) == [.another, .another, .unsettled])
        #expect(found.map(\.confidenceBasisPoints) == [5_000, 6_666, 7_500])
        #expect(found.allSatisfy { $0.posterior == nil && $0.fit == nil })
        // Only what the posterior does not settle asks for a second person.
        let work = try await desk.small.market.database.read { transaction in
            try await transaction.oneRow("select assignment_id from assignment limit 1").value(
                "assignment_id", as: Assignment.ID.self)
        }
        let review = try await ReviewSubmission(market: desk.small.market)(
            work, of: desk.small.requester, .accepted, reasons: "", by: desk.small.reviewer)
        #expect(review.stage == .final)
        #expect(try await desk.small.ills() == [])
    }

    @Test("a draft says what an error costs, with the most and the agreement; otherwise it is refused")
    func drafts() async throws {
        let desk = try await LabelDesk()
        await #expect(throws: BadInput.self) {
            try await desk.batch(
                redundancy: 2, adaptive: AdaptiveRedundancy(most: 3, agreementBasisPoints: 1, errorCost: 0))
        }
        let batch = try await desk.batch(redundancy: 2, adaptive: Self.twoToFour)
        // Down to the least, nothing adapts any more.
        try await ChangeRedundancy(market: desk.small.market)(
            to: 2, of: batch, from: desk.small.requester, by: desk.small.manager)
        let found = try await ListBatches(market: desk.small.market).one(
            batch, of: desk.small.requester, by: desk.small.manager)
        #expect((found.agreementBasisPoints, found.errorCost) == (nil, nil))
    }

    @Test("nobody else than the requester's people and operators reads it, and pages are bounded")
    func refused() async throws {
        let desk = try await LabelDesk()
        let batch = try await desk.batch()
        let worker = try await desk.crew(1)[0]
        let list = ListStoppings(market: desk.small.market)
        #expect(
            await refusal(AccessRefusal.self) {
                try await list(of: batch, from: desk.small.requester, by: Principal.ID(worker.uuid))
            } != nil)
        await #expect(throws: BadInput.self) {
            try await list(of: batch, from: desk.small.requester, limit: 201, by: desk.small.manager)
        }
    }
}
