import Consensus
import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Skills", .scratchDatabase)
struct SkillTests {
    private func estimate(_ desk: LabelDesk, _ worker: Worker.ID, _ path: String = "lawyer/classification") async throws
        -> SkillEstimate?
    {
        let all = try await ListSkills(market: desk.small.market)(of: worker, by: desk.small.manager)
        return all.first { $0.skill.path == path }
    }

    private func estimateAll(_ desk: LabelDesk) async throws {
        while try await TellOutcomes(market: desk.small.market)() > 0 {}
        while try await EstimateSkills(market: desk.small.market)(by: desk.small.manager) > 0 {}
    }

    @Test("without outcomes it is the parent's mean, worth eight answers; they move it, and hard tasks count for more")
    func posterior() {
        let none = SkillPosterior([], parent: 0.75)
        #expect(abs(none.mean - 0.75) < 1e-9)
        #expect(abs(none.right - 6) < 1e-6 && abs(none.wrong - 2) < 1e-6)
        // Of middling difficulty it is the Beta distribution of the counts: (6 + 9) / (8 + 10).
        let right = [SkillOutcome](repeating: SkillOutcome(right: 1, weight: 1), count: 9)
        let wrong = SkillOutcome(right: 0, weight: 1)
        let counted = SkillPosterior(right + [wrong], parent: 0.75)
        #expect(abs(counted.mean - 15.0 / 18) < 1e-9)
        #expect(abs(counted.right + counted.wrong - 18) < 1e-6)
        let hard = SkillPosterior(
            right.map { SkillOutcome(right: $0.right, weight: 1, difficulty: 1) } + [wrong], parent: 0.75)
        #expect(hard.mean > counted.mean)
        // Half as old as to count half: as many answers fewer.
        #expect(abs(SkillOutcome.fading(afterSeconds: 180 * 86_400) - 0.5) < 1e-12)
        #expect(abs(SkillOutcome.fading(afterSeconds: 360 * 86_400) - 0.25) < 1e-12)
        #expect(abs(SkillOutcome.difficulty(right: 0, weight: 0, mean: 0.8)) < 1e-12)
        #expect(SkillOutcome.difficulty(right: 1, weight: 6, mean: 0.8) > 0.5)
    }

    @Test("of drawn workers, 93 to 97 in a hundred 95 % intervals hold the true skill", arguments: [0.7, 0.85])
    func coverage(mean: Double) {
        var random = SplitMix64(seed: 7)
        let draw = { (random: inout SplitMix64) in Double(random.next() >> 11) / Double(1 << 53) }
        var held = 0
        let workers = 4_000
        for number in 0..<workers {
            // Their skill is drawn from Beta(8 mean, 8 (1 - mean)), by its quantiles.
            let skill = BetaEstimate.quantile(draw(&random), 8 * mean, 8 * (1 - mean))
            let ability = log(skill / (1 - skill))
            let outcomes = (0..<(number % 60)).map { _ in
                let difficulty = 2 * draw(&random) - 1
                let chance = 1 / (1 + exp(difficulty - ability))
                return SkillOutcome(right: draw(&random) < chance ? 1 : 0, weight: 1, difficulty: difficulty)
            }
            let posterior = SkillPosterior(outcomes, parent: mean)
            let beta = BetaEstimate(rightLike: posterior.right, wrongLike: posterior.wrong)
            if (Double(beta.lowBps)...Double(beta.highBps)).contains(skill * 10_000) { held += 1 }
        }
        let share = Double(held) / Double(workers)
        #expect((0.93...0.97).contains(share), "\(share)")
    }

    @Test("known answers, judgements and what others answered make estimates that eligibility reads; twice is as once")
    func written() async throws {
        let desk = try await LabelDesk()
        let (batch, crew) = (
            try await desk.batch(redundancy: 2, tasks: 12, gold: { _ in "a" }), try await desk.crew(2)
        )
        for _ in 0..<12 {
            try await desk.answer(crew[0], batch, "a")
            try await desk.answer(crew[1], batch, "b")
        }
        try await estimateAll(desk)
        let (good, bad) = (
            try #require(try await estimate(desk, crew[0])), try #require(try await estimate(desk, crew[1]))
        )
        #expect((good.version, good.evidence, bad.evidence) == (SkillEstimate.estimatorVersion, 12, 12))
        #expect(good.lowBps > bad.highBps)
        #expect(try await estimate(desk, crew[0], "lawyer")?.evidence == 12)
        let facts = try await desk.small.market.database.read { transaction in
            try await transaction.routingSkills(of: crew, in: .lawyer)
        }
        #expect(try #require(facts[crew[0]]).meanBps > #require(facts[crew[1]]).meanBps)
        #expect(try await EstimateSkills(market: desk.small.market)(by: desk.small.manager) == 0)
        // The known answer is a better witness than one person's word.
        let work = try await desk.small.market.database.read { transaction in
            try await transaction.oneRow(
                "select assignment_id from assignment where worker_id = \(crew[1]) limit 1"
            ).value("assignment_id", as: Assignment.ID.self)
        }
        _ = try await ReviewSubmission(market: desk.small.market)(
            work, of: desk.small.requester, .accepted, reasons: "", by: desk.small.reviewer)
        try await estimateAll(desk)
        #expect(try await estimate(desk, crew[1]) == bad)
        #expect(try await desk.small.ills() == [])
    }

    @Test("an appeal that is won restores what is known of the worker")
    func restored() async throws {
        let desk = try await LabelDesk()
        let (batch, crew) = (try await desk.batch(redundancy: 1, tasks: 4), try await desk.crew(1))
        for _ in 0..<3 { try await desk.small.review(try await desk.answer(crew[0], batch, "a")) }
        try await estimateAll(desk)
        let before = try #require(try await estimate(desk, crew[0]))
        let work = try await desk.answer(crew[0], batch, "b")
        let decision = try #require(try await desk.small.review(work, .rejected).decision)
        try await estimateAll(desk)
        let rejected = try #require(try await estimate(desk, crew[0]))
        #expect(rejected.meanBps < before.meanBps)
        let appeal = try await FileAppeal(market: desk.small.market)(
            decision, statement: "It is right.", by: Principal.ID(crew[0].uuid))
        try await AnswerAppeal(market: desk.small.market)(
            appeal.id, isOverturned: true, answer: "So it is.", by: desk.small.second)
        try await estimateAll(desk)
        #expect(try #require(try await estimate(desk, crew[0])).meanBps > before.meanBps)
        while try await desk.reweigh() > 0 {}
        #expect(try await desk.small.ills() == [])
    }

    @Test("what an exam has shown is part of the estimate")
    func exams() async throws {
        let desk = try await LabelDesk()
        let (batch, crew) = (try await desk.batch(redundancy: 2, tasks: 1), try await desk.crew(2))
        let skill = try #require(Skill("lawyer/classification"))
        let shown = BetaEstimate(right: 40, answers: 40)
        try await desk.small.market.database.transaction { transaction in
            try await transaction.upsertEstimates([
                try SkillEstimate(
                    worker: crew[0], skill: skill, version: SkillEstimate.examVersion, meanBps: shown.meanBps,
                    lowBps: shown.lowBps, highBps: shown.highBps, evidence: 40)
            ])
        }
        for worker in crew { try await desk.small.review(try await desk.answer(worker, batch, "a")) }
        try await estimateAll(desk)
        let (examined, other) = (
            try #require(try await estimate(desk, crew[0])), try #require(try await estimate(desk, crew[1]))
        )
        #expect(examined.evidence == 40)
        #expect(other.evidence == 0)
        #expect(examined.lowBps > other.lowBps)
    }

    @Test("a reviewer whose word a second person did not bear out counts for less")
    func reviewers() async throws {
        let desk = try await JudgingDesk(policy: JudgingDesk.always)
        let ann = try await desk.small.lawyer("ann")
        let weight = { () async throws -> Int in
            try await desk.small.market.database.read { try await $0.reviewerWeight(desk.reviewers[0]) }
        }
        #expect(try await weight() == 500_000)
        let works = try await desk.submitted(by: ann, 2)
        _ = try await desk.judge(works[0], .accepted, by: 0)
        _ = try await desk.judge(works[0], .accepted, by: 1)
        #expect(try await weight() == 666_666)
        _ = try await desk.judge(works[1], .accepted, by: 0)
        _ = try await desk.judge(works[1], .rejected, by: 1)
        #expect(try await weight() == 500_000)
        #expect(
            try await desk.small.count("select weight_ppm as n from skill_outcome") == 1_000_000,
            "two people have judged the first, and nothing is final of the other")
        #expect(try await desk.small.ills() == [])
    }
}
