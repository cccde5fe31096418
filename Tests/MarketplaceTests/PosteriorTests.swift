import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Posteriors", .scratchDatabase)
struct PosteriorTests {
    @Test("each answer moves the posterior of its task and its worker's table at once")
    func online() async throws {
        let desk = try await LabelDesk()
        let (batch, crew) = (try await desk.batch(), try await desk.crew(3))
        let work = try await desk.answer(crew[0], batch, "a")
        // Nine in ten are right, as long as nothing else is known.
        #expect(try await desk.first(work.task) == 900)
        #expect(try await desk.counted() == [1])
        try await desk.answer(crew[1], batch, "a")
        #expect(try await desk.first(work.task) > 980)
        try await desk.answer(crew[2], batch, "b")
        let posterior = try #require(try await desk.posterior(work.task))
        #expect((850...950).contains(posterior.millionths[0] / 1_000))
        #expect((posterior.answers, posterior.fit, posterior.isTrusted) == (3, 0, false))
        #expect(try await desk.counted() == [1, 1, 1])
        #expect(try await desk.small.ills() == [])
    }

    @Test("handing in twice counts once")
    func twice() async throws {
        let desk = try await LabelDesk()
        let batch = try await desk.batch()
        let work = try await desk.answer(try await desk.crew(1)[0], batch, "a")
        try await desk.small.submit(work, "a")
        #expect(try await (desk.first(work.task), desk.counted()) == (900, [1]))
    }

    @Test("answers to one task at the same time are all in it", arguments: 0..<4)
    func race(round: Int) async throws {
        let desk = try await LabelDesk()
        let (batch, crew) = (try await desk.batch(redundancy: 4), try await desk.crew(4))
        var works: [Assignment] = []
        for worker in crew { works.append(try await desk.small.claim(worker, batch)) }
        try await withThrowingTaskGroup { group in
            for work in works { group.addTask { _ = try await desk.small.submit(work, "a") } }
            try await group.waitForAll()
        }
        #expect(try await desk.posterior(works[0].task)?.answers == 4)
        #expect(try await desk.counted() == [1, 1, 1, 1])
        #expect(try await desk.small.ills() == [])
    }

    @Test("a rejected answer leaves the posterior and its worker's table; after an appeal it is back")
    func rejected() async throws {
        let desk = try await LabelDesk()
        let (batch, crew) = (try await desk.batch(), try await desk.crew(2))
        try await desk.answer(crew[0], batch, "a")
        let work = try await desk.answer(crew[1], batch, "b")
        #expect(try await desk.first(work.task) == 500)
        let decision = try #require(try await desk.small.review(work, .rejected).decision)
        #expect(try await desk.reweigh() == 1)
        #expect(try await (desk.first(work.task), desk.counted().sorted()) == (900, [0, 1]))
        #expect(try await desk.reweigh() == 0)
        let appeal = try await FileAppeal(market: desk.small.market)(
            decision, statement: "It is right.", by: Principal.ID(crew[1].uuid))
        try await AnswerAppeal(market: desk.small.market)(
            appeal.id, isOverturned: true, answer: "So it is.", by: desk.small.second)
        #expect(try await desk.reweigh() == 1)
        #expect(try await (desk.first(work.task), desk.counted()) == (500, [1, 1]))
        #expect(try await desk.small.ills() == [])
    }

    @Test("a withdrawn contribution leaves the posteriors and its worker's table; after an appeal it is back")
    func withdrawn() async throws {
        let desk = try await LabelDesk()
        let (batch, crew) = (try await desk.batch(), try await desk.crew(2))
        try await desk.answer(crew[0], batch, "a")
        let work = try await desk.answer(crew[1], batch, "b")
        #expect(try await desk.first(work.task) == 500)
        _ = try await WithdrawContribution(market: desk.small.market)(
            of: crew[1], from: desk.project, of: desk.small.requester, reasons: "They were copied.",
            by: desk.small.manager)
        #expect(try await desk.reweigh() == 1)
        #expect(try await (desk.first(work.task), desk.counted().sorted()) == (900, [0, 1]))
        #expect(try await desk.small.ills() == [])
        let decision = try #require(
            try await ListDecisions(market: desk.small.market)(about: crew[1], by: Principal.ID(crew[1].uuid)).first)
        let appeal = try await FileAppeal(market: desk.small.market)(
            decision.id, statement: "They are mine.", by: Principal.ID(crew[1].uuid))
        try await AnswerAppeal(market: desk.small.market)(
            appeal.id, isOverturned: true, answer: "So they are.", by: desk.small.second)
        #expect(try await desk.reweigh() == 1)
        #expect(try await (desk.first(work.task), desk.counted()) == (500, [1, 1]))
        #expect(try await desk.small.ills() == [])
    }

    @Test("another version of an answer takes the place of the one before")
    func reworked() async throws {
        let desk = try await LabelDesk()
        let (batch, crew) = (try await desk.batch(), try await desk.crew(1))
        let work = try await desk.answer(crew[0], batch, "b")
        #expect(try await desk.first(work.task) == 100)
        _ = try await SendBack(market: desk.small.market)(
            work.id, of: desk.small.requester, reasons: "Look again.", by: desk.small.reviewer)
        Scratch.clock.advance(by: 60)
        _ = try await HandInAgain(market: desk.small.market)(
            ["label": "a"], for: work.id, activeSeconds: 5, by: Principal.ID(crew[0].uuid))
        #expect(try await (desk.first(work.task), desk.counted()) == (900, [1]))
        #expect(try await desk.small.ills() == [])
    }

    @Test("what was handed in before it was weighed is weighed by the round")
    func before() async throws {
        let desk = try await LabelDesk()
        let (batch, crew) = (try await desk.batch(), try await desk.crew(2))
        let work = try await desk.answer(crew[0], batch, "a")
        try await desk.answer(crew[1], batch, "a")
        let weighed = try await desk.posterior(work.task)
        let owner = Scratch.connect(asOwner: true)
        _ = try await owner.transaction { transaction in
            try await transaction.execute("delete from confusion_table")
            // As the step of the schema leaves it.
            try await transaction.execute(
                "update task_posterior set sealed = null, answers = 0, is_stale = true, revision = 0")
        }
        await owner.shutdown()
        #expect(try await desk.posterior(work.task) == nil)
        #expect(try await desk.reweigh() == 1)
        #expect(try await desk.posterior(work.task) == weighed)
        #expect(try await desk.counted() == [1, 1])
    }

    @Test("nobody waits for it but who answers the same task: claims and answers to others go on beside it")
    func waits() async throws {
        let desk = try await LabelDesk()
        let batch = try await desk.batch(redundancy: 2, tasks: 2)
        let crew = try await desk.crew(2)
        let held = try await desk.answer(crew[0], batch, "a")
        let owner = Scratch.connect(asOwner: true)
        try await owner.transaction { transaction in
            try await transaction.execute("select from task_posterior for update")
            try await transaction.execute("select from confusion_table for update")
            // The other task of the same batch, by somebody else, and a claim of both.
            var works = [try await desk.small.claim(crew[1], batch), try await desk.small.claim(crew[1], batch)]
            works.removeAll { $0.task == held.task }
            try await desk.small.submit(try #require(works.first), "b")
        }
        await owner.shutdown()
        #expect(try await desk.counted() == [1, 1])
    }

    @Test("what is kept has no label in the clear, and goes with the requester's key")
    func destroyed() async throws {
        let desk = try await LabelDesk(labels: ["appendicitis", "gastritis"])
        let (batch, crew) = (try await desk.batch(), try await desk.crew(2))
        let work = try await desk.answer(crew[0], batch, "appendicitis")
        let rows = try await desk.small.market.database.read { transaction in
            try await transaction.rows(
                """
                select to_jsonb(kept)::text || encode(kept.sealed, 'escape') as text
                  from (select sealed from task_posterior union all select sealed from confusion_table) as kept
                """
            ).map { try $0.value("text", as: String.self) }
        }
        #expect(rows.count == 2)
        for text in rows { #expect(!text.contains("appendicitis") && !text.contains("\(work.id)")) }
        let market = desk.small.market
        _ = try await desk.small.review(work)
        _ = try await CloseBatch(market: market)(batch, of: desk.small.requester, by: desk.small.manager)
        try await DestroyRequesterKey(market: market).propose(
            desk.small.requester, reasons: "The contract ended.", by: desk.small.manager)
        try await DestroyRequesterKey(market: market).confirm(desk.small.requester, by: desk.small.second)
        let left = try await desk.small.count(
            """
            select (select count(*) from task_posterior) + (select count(*) from confusion_table)
                   + (select count(*) from label_fit) as n
            """)
        #expect(left == 0)
        #expect(try await desk.reweigh() == 0)
        #expect(try await desk.small.ills() == [])
    }
}
