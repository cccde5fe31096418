import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Redundancy", .scratchDatabase)
struct RedundancyTests {
    private static let twoToFour = AdaptiveRedundancy(most: 4, agreementBasisPoints: 7_500)

    private func crew(_ small: SmallMarket, _ count: Int) async throws -> [Worker.ID] {
        var crew: [Worker.ID] = []
        for number in 0..<count { crew.append(try await small.lawyer("w\(number)")) }
        return crew
    }

    private func answer(_ small: SmallMarket, _ worker: Worker.ID, _ batch: Batch.ID, _ label: String) async throws
        -> Assignment
    {
        let work = try await small.claim(worker, batch)
        try await small.submit(work, label)
        return work
    }

    @Test("the policy asks on until the commonest answer has its share, and never before the least is in")
    func policy() {
        let next = { (answers: [String], least: Int, target: Int) in
            AdaptiveRedundancy.outcome(
                confidence: AdaptiveRedundancy.agreement(of: answers), target: target, answers: answers.count,
                least: least, hasMore: answers.count < 4)
        }
        let rows: [([String], StoppingOutcome)] = [
            ([], .another), (["a"], .another), (["a", "a"], .enough), (["a", "b"], .another),
            (["a", "b", "a"], .another), (["a", "a", "b", "a"], .enough), (["a", "b", "c", "d"], .unsettled),
        ]
        for (answers, outcome) in rows { #expect(next(answers, 2, 7_500) == outcome, "\(answers)") }
        #expect(next(["a", "b"], 1, 5_000) == .enough)
        #expect(next([], 1, 1) == .another)
    }

    @Test("the confidence that pays follows from what an answer and an error cost, within 0.9 and 0.995")
    func target() {
        let rows: [(answer: Int64, error: Int64, target: Int)] = [
            (1, 50, 9_800), (1, 30, 9_666), (1, 1, 9_000), (1, 10, 9_000), (1, 1_000_000, 9_950), (0, 5, 9_950),
            (.max, 1, 9_000), (2_200, 100_000, 9_780),
        ]
        for row in rows {
            #expect(AdaptiveRedundancy.target(answerCost: row.answer, errorCost: row.error) == row.target, "\(row)")
        }
    }

    @Test("an adaptive batch holds its most and asks for its least; while answers differ, for one more at a time")
    func adaptive() async throws {
        let small = try await SmallMarket(wallet: 100_000)
        let id = try await small.batch(small.draft("b", redundancy: 2, adaptive: Self.twoToFour), tasks: 1)
        #expect(try await small.hold(id) == 4 * 2_200)
        #expect(try await (small.slots(.open), small.slots(.waiting)) == (2, 2))
        let crew = try await crew(small, 5)
        let first = try await answer(small, crew[0], id, "a")
        #expect(try await (small.slots(.open), small.slots(.waiting)) == (1, 2))
        _ = try await answer(small, crew[1], id, "b")
        #expect(try await (small.slots(.open), small.slots(.waiting)) == (1, 1))
        // A rejection opens its slot as ever; nothing is decided while it is open.
        try await small.review(first, .rejected)
        #expect(try await (small.slots(.open), small.slots(.waiting)) == (2, 1))
        _ = try await answer(small, crew[2], id, "b")
        #expect(try await (small.slots(.open), small.slots(.waiting)) == (1, 1))
        _ = try await answer(small, crew[3], id, "b")
        #expect(try await (small.slots(.open), small.slots(.waiting), small.slots(.withdrawn)) == (0, 0, 1))
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(crew[4], id) } == .noWork)
        #expect(try await small.ills() == [])
        for work in try await small.market.database.read({
            try await $0.rows("select assignment_id from assignment where state = 'submitted'").map {
                try $0.value("assignment_id", as: Assignment.ID.self)
            }
        }) {
            _ = try await ReviewSubmission(market: small.market)(
                work, of: small.requester, .accepted, reasons: "", by: small.reviewer)
        }
        #expect(try await small.count("select count(*) as n from task where state = 'closed'") == 1)
        #expect(try await small.end().closed == 1)
        #expect(try await small.balance(.wallet(of: small.requester, small.usd)) == 100_000 - 3 * 2_200)
        #expect(try await small.ills() == [])
    }

    @Test("answers that agree at once end the task with its least; those that never do, with its most")
    func ends() async throws {
        let small = try await SmallMarket()
        let id = try await small.batch(small.draft("b", redundancy: 2, adaptive: Self.twoToFour), tasks: 2)
        let crew = try await crew(small, 4)
        let (one, other) = (try await small.claim(crew[0], id), try await small.claim(crew[0], id))
        try await small.submit(one, "a")
        try await small.submit(other, "a")
        for (number, worker) in crew.dropFirst().enumerated() {
            while let work = try? await small.claim(worker, id) {
                try await small.submit(work, work.task == one.task ? "a" : "\(number)")
            }
        }
        let counts = try await small.count(
            """
            select count(*) as n from (select count(*) as answers from assignment group by task_id) as task
             where answers in (2, 4)
            """)
        #expect(counts == 2)
        #expect(try await (small.slots(.submitted), small.slots(.withdrawn)) == (6, 2))
        #expect(try await small.ills() == [])
    }

    @Test("a classification's answers agree by their label, whatever is said about it")
    func labels() async throws {
        let small = try await SmallMarket()
        let kind = try #require(TaskKind(rawValue: "classification"))
        Scratch.clock.advance(by: 1)
        try await OneRate.publish(SmallMarket.pay, kind, in: small.market, by: small.maker, and: small.checker)
        let project = try await CreateProject(market: small.market)(
            ProjectDraft(
                externalKey: "labels", name: "Labels", taskKind: kind, guideline: "Choose.",
                parameters: ["labels": ["a", "b"], "rationale": "required"]
            ),
            of: small.requester, by: small.manager
        )
        let id = try await CreateBatch(market: small.market)(
            BatchDraft(
                project: project, name: "b", profession: .lawyer, tier: .expert, requirement: .all([]), redundancy: 2,
                feeBasisPoints: 1_000, budget: Money(100_000, small.usd), expectedMinutes: 5,
                adaptive: AdaptiveRedundancy(most: 3, agreementBasisPoints: 10_000)
            ),
            of: small.requester, by: small.manager
        )
        let tasks = AsyncStream<TaskDraft> { stream in
            stream.yield(TaskDraft(externalKey: "t", payload: ["text": "x"]))
            stream.finish()
        }
        _ = try await AddTasks(market: small.market)(tasks, to: id, of: small.requester, by: small.manager)
        _ = try await PublishBatch(market: small.market)(id, of: small.requester, by: small.manager)
        for worker in try await crew(small, 2) {
            let work = try await small.claim(worker, id)
            _ = try await SubmitAnswer(market: small.market)(
                ["label": "a", "rationale": .string("As \(worker) thinks.")], for: work.id, token: work.leaseToken,
                by: Principal.ID(worker.uuid)
            )
        }
        #expect(try await (small.slots(.submitted), small.slots(.withdrawn), small.slots(.open)) == (2, 1, 0))
        #expect(try await small.ills() == [])
    }

    @Test("two answers at the same time ask for one more, never for two or none", arguments: 0..<8)
    func race(round: Int) async throws {
        let small = try await SmallMarket()
        let id = try await small.batch(
            small.draft(
                "b", redundancy: 3, adaptive: AdaptiveRedundancy(most: 6, agreementBasisPoints: 9_000)), tasks: 1)
        let crew = try await crew(small, 3)
        var works: [Assignment] = []
        for worker in crew { works.append(try await small.claim(worker, id)) }
        try await withThrowingTaskGroup { group in
            for (number, work) in works.enumerated() {
                group.addTask { _ = try await small.submit(work, round % 2 == 0 ? "same" : "\(number)") }
            }
            try await group.waitForAll()
        }
        #expect(try await small.slots(.open) == (round % 2 == 0 ? 0 : 1))
        #expect(try await small.slots(.withdrawn) == (round % 2 == 0 ? 3 : 0))
        #expect(try await small.ills() == [])
    }

    @Test("a late answer, and one whose slot was held back, are counted like others")
    func lateAnswers() async throws {
        let small = try await SmallMarket()
        let id = try await small.batch(
            small.draft("b", redundancy: 2, lapsesMax: 2, adaptive: Self.twoToFour), tasks: 1)
        let crew = try await crew(small, 2)
        _ = try await answer(small, crew[0], id, "a")
        let work = try await small.claim(crew[1], id)
        Scratch.clock.set(to: work.leaseUntil)
        try await small.submit(work, "b")
        #expect(try await (small.slots(.open), small.slots(.waiting)) == (1, 1))
        #expect(try await small.ills() == [])
    }

    @Test("what cannot be adaptive is refused")
    func badDrafts() async throws {
        let small = try await SmallMarket()
        let rows: [(least: Int, most: Int, agreement: Int, field: String)] = [
            (2, 2, 5_000, "redundancy_most"), (2, 101, 5_000, "redundancy_most"), (2, 3, 0, "agreement_bps"),
            (2, 3, 10_001, "agreement_bps"), (100, 101, 1, "redundancy"),
        ]
        for row in rows {
            let draft = try small.draft(
                "b", redundancy: row.least,
                adaptive: AdaptiveRedundancy(most: row.most, agreementBasisPoints: row.agreement))
            let refused = await refusal(BadInput.self) { try await small.batch(draft, tasks: 1) }
            #expect(refused?.field == row.field)
        }
    }

    // MARK: Changes

    private func change(_ small: SmallMarket, _ id: Batch.ID, to number: Int) async throws {
        try await ChangeRedundancy(market: small.market)(to: number, of: id, from: small.requester, by: small.manager)
    }

    @Test("more answers are held for first, and then asked for of every task that is not closed")
    func raise() async throws {
        let small = try await SmallMarket(wallet: 20_000)
        let id = try await small.batch(
            small.draft("b", budget: 17_000, pricing: BatchPricing(topUpBasisPoints: 1_000)), tasks: 3)
        let worker = try await small.lawyer("w")
        try await small.earn(worker, id)
        let work = try await small.claim(worker, id)
        for _ in 0..<2 { try await change(small, id, to: 3) }
        #expect(try await (small.slots(.open), small.slots(.leased), small.slots(.done)) == (5, 1, 1))
        #expect(try await small.hold(id) == 6 * 2_200 + 7 * 200)
        let batch = try await small.batch(id)
        #expect((batch.redundancy, batch.redundancyMost, batch.resizingTo ?? 0) == (3, 3, 0))
        #expect(try await small.ills() == [])
        let over = await refusal(BatchRefusal.self) { try await change(small, id, to: 4) }
        #expect(over == .overBudget(worstCase: 21_600, budget: 17_000))
        _ = try await ChangeBudget(market: small.market)(
            Money(90_000, small.usd), of: id, from: small.requester, by: small.manager)
        let poor = await refusal(BatchRefusal.self) { try await change(small, id, to: 4) }
        #expect(poor == .notFunded(worstCase: 4_800))
        #expect(try await small.batch(id).redundancyMost == 3)
        try await small.submit(work)
        #expect(try await small.ills() == [])
    }

    @Test("fewer answers withdraw what nobody has taken, and are refused while some task has more")
    func lower() async throws {
        let small = try await SmallMarket(wallet: 100_000)
        let id = try await small.batch(small.draft("b", redundancy: 3), tasks: 2)
        let crew = try await crew(small, 3)
        var works: [Assignment] = []
        for worker in crew { works.append(try await small.claim(worker, id)) }
        #expect(
            await refusal(BatchLifeRefusal.self) { try await change(small, id, to: 1) }
                == .moreAnswers(tasks: 1, than: 1))
        for _ in 0..<2 { try await change(small, id, to: 2) }
        #expect(try await (small.slots(.open), small.slots(.leased), small.slots(.withdrawn)) == (1, 3, 2))
        #expect(try await small.hold(id) == 4 * 2_200)
        #expect(try await small.ills() == [])
        try await small.submit(works[0])
        try await small.review(works[0], .rejected)
        #expect(try await small.slots(.open) == 2)
        try await change(small, id, to: 3)
        #expect(try await (small.slots(.open), small.slots(.withdrawn)) == (4, 2))
        #expect(try await small.ills() == [])
    }

    @Test("lowered to what is done, tasks close")
    func lowerToDone() async throws {
        let small = try await SmallMarket()
        let id = try await small.batch(small.draft("b", redundancy: 2), tasks: 1)
        try await small.earn(small.lawyer("w"), id)
        try await change(small, id, to: 1)
        #expect(try await small.count("select count(*) as n from task where state = 'closed'") == 1)
        #expect(try await small.end().closed == 1)
        #expect(try await small.ills() == [])
    }

    @Test("of an adaptive batch the most changes: raised where answers differ, one more is asked for at once")
    func resizeAdaptive() async throws {
        let small = try await SmallMarket()
        let id = try await small.batch(
            small.draft("b", redundancy: 2, adaptive: AdaptiveRedundancy(most: 3, agreementBasisPoints: 9_000)),
            tasks: 3)
        let crew = try await crew(small, 3)
        for (number, worker) in crew.enumerated() {
            while let work = try? await small.claim(worker, id) {
                try await small.submit(work, "\(number)")
            }
        }
        #expect(try await (small.slots(.submitted), small.slots(.open), small.slots(.waiting)) == (9, 0, 0))
        try await change(small, id, to: 5)
        #expect(try await (small.slots(.open), small.slots(.waiting)) == (3, 3))
        #expect(try await small.ills() == [])
        try await change(small, id, to: 3)
        #expect(try await (small.slots(.open), small.slots(.waiting)) == (0, 0))
        #expect(
            await refusal(BadInput.self) { try await change(small, id, to: 1) }?.field == "redundancy")
        let other = try await small.batch(
            small.draft("c", redundancy: 2, adaptive: AdaptiveRedundancy(most: 3, agreementBasisPoints: 9_000)),
            tasks: 1)
        try await change(small, other, to: 2)
        #expect(try await small.batch(other).agreementBasisPoints == nil)
        #expect(try await small.ills() == [])
    }

    @Test("a change that was cut off goes on when it is repeated, and holds nothing twice")
    func resumed() async throws {
        let small = try await SmallMarket(wallet: 100_000)
        let id = try await small.batch(small.draft("b"), tasks: 2)
        try await change(small, id, to: 2)
        // As if it had been cut off before the second task was reached.
        try await small.market.database.transaction { transaction in
            try await transaction.execute("update batch set resizing_to = 2, slot_count = 3")
            try await transaction.execute(
                """
                delete from slot where slot_no = 2 and task_id = (select max(task_id::text)::uuid from task)
                """)
        }
        #expect(try await small.ills() == [])
        #expect(try await small.end().closed == 0)
        let refused = await refusal(BatchLifeRefusal.self) {
            try await ChangeBudget(market: small.market)(
                Money(8_000, small.usd), of: id, from: small.requester, by: small.manager)
        }
        #expect(refused == .resizing(to: 2))
        try await change(small, id, to: 2)
        #expect(try await (small.slots(.open), small.hold(id)) == (4, 4 * 2_200))
        #expect(try await small.batch(id).resizingTo == nil)
        #expect(try await small.ills() == [])
    }

    @Test(
        "of changes at the same time one takes the other's place; what is held covers what is asked for",
        arguments: 0..<6)
    func changesAtOnce(round: Int) async throws {
        let small = try await SmallMarket()
        let id = try await small.batch(small.draft("b", redundancy: 2), tasks: 3)
        await withTaskGroup { group in
            for number in [5, 1, 4, 3] { group.addTask { try? await change(small, id, to: number) } }
        }
        #expect(try await small.ills() == [])
        try await change(small, id, to: 2)
        #expect(try await small.slots(.open) == 6)
        #expect(try await small.ills() == [])
    }

    @Test("more tasks than fit into one step are changed, each once")
    func manyTasks() async throws {
        let small = try await SmallMarket(wallet: 100_000_000)
        let id = try await small.batch(small.draft("b", budget: 100_000_000), tasks: 6_000)
        try await change(small, id, to: 3)
        #expect(try await (small.slots(.open), small.hold(id)) == (18_000, 18_000 * 2_200))
        try await change(small, id, to: 1)
        #expect(try await (small.slots(.open), small.hold(id)) == (6_000, 6_000 * 2_200))
        #expect(try await small.ills() == [])
    }

    @Test("claims and answers while the redundancy goes up and down break nothing", arguments: 0..<4)
    func whileWorking(round: Int) async throws {
        let small = try await SmallMarket()
        let id = try await small.batch(small.draft("b", redundancy: 2), tasks: 4)
        let crew = try await crew(small, 4)
        await withTaskGroup { group in
            for worker in crew {
                group.addTask {
                    for _ in 0..<4 {
                        guard let work = try? await small.claim(worker, id) else { continue }
                        _ = try? await small.submit(work)
                        _ = try? await small.review(work, round % 2 == 0 ? .accepted : .rejected)
                    }
                }
            }
            group.addTask { for number in [3, 1, 4, 2] { try? await change(small, id, to: number) } }
            group.addTask {
                _ = try? await WithdrawTasks(market: small.market)(
                    ["b-0"], of: id, from: small.requester, by: small.manager)
            }
        }
        #expect(try await small.ills() == [])
    }

    @Test("changes are refused to batches that are not in work, past their deadline, or out of bounds")
    func changeRefusals() async throws {
        let small = try await SmallMarket()
        let draft = try await small.batch(small.draft("d"), tasks: 1, publish: false)
        #expect(await refusal(BatchLifeRefusal.self) { try await change(small, draft, to: 2) } == .notInWork(.draft))
        let id = try await small.batch(small.draft("b", dueAt: Scratch.start + 5), tasks: 1)
        for number in [0, 101] {
            #expect(await refusal(BadInput.self) { try await change(small, id, to: number) }?.field == "redundancy")
        }
        Scratch.clock.advance(by: 5)
        #expect(await refusal(BatchLifeRefusal.self) { try await change(small, id, to: 2) } == .overdue)
    }
}
