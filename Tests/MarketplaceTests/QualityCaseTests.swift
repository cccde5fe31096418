import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

/// A batch whose tasks come with a suggestion, half of them of one matter; and who works on it.
struct ScreenDesk: Sendable {
    let small: SmallMarket
    let batch: Batch.ID
    let workers: [Worker.ID]

    /// Three workers answer every task; the first hands in what was suggested wherever the matter is `m`, where the
    /// others say otherwise.
    init(tasks: Int = 16) async throws {
        small = try await SmallMarket()
        batch = try await CreateBatch(market: small.market)(
            BatchDraft(
                project: small.project, name: "b", profession: .lawyer, tier: .expert,
                requirement: .profession(.lawyer, leastTier: .expert), redundancy: 3, feeBasisPoints: 1_000,
                budget: try Money(5_000_000, small.usd), expectedMinutes: 5),
            of: small.requester, by: small.manager)
        let drafts = AsyncStream { stream in
            for number in 0..<tasks {
                stream.yield(
                    TaskDraft(
                        externalKey: "t\(number)", payload: ["text": .string("t\(number)")],
                        matter: number.isMultiple(of: 2) ? "m" : "n",
                        suggestion: TaskSuggestion(
                            source: "model", version: "1",
                            answer: ["label": .string(number.isMultiple(of: 2) ? "b" : "a")])))
            }
            stream.finish()
        }
        _ = try await AddTasks(market: small.market)(drafts, to: batch, of: small.requester, by: small.manager)
        _ = try await PublishBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        workers = [try await small.lawyer("w0"), try await small.lawyer("w1"), try await small.lawyer("w2")]
        for (place, worker) in workers.enumerated() {
            for _ in 0..<tasks {
                let work = try await small.claim(worker, batch)
                let suggested = try await small.task(inHandOf: worker)?.suggestion?.answer["label"]?.stringValue
                try await small.submit(work, place == 0 ? suggested ?? "?" : "a", activeSeconds: 60)
                Scratch.clock.advance(by: 60)
            }
        }
    }

    func screen(most: Int = 20, tasks: Int = 2_000, every: TimeInterval = 0) async throws -> ScreenAnswers.Outcome {
        try await ScreenAnswers(market: small.market, tasksMax: tasks)(most: most, every: every, by: small.manager)
    }

    var list: ListQualityCases { ListQualityCases(market: small.market) }
    var decide: DecideQualityCase { DecideQualityCase(market: small.market) }
}

@Suite("Cases about answers", .scratchDatabase)
struct QualityCaseTests {
    @Test("rest on several batches of a project where one alone has too little, and name what shows in the batch")
    func across() async throws {
        let desk = try await LabelDesk()
        let crew = try await desk.crew(1)
        var batches: [Batch.ID] = []
        // Four gold answers in each of two batches, all wrong: five in six are needed to be sure.
        for name in ["one", "two"] {
            let id = try await CreateBatch(market: desk.small.market)(
                BatchDraft(
                    project: desk.project, name: name, profession: .lawyer, tier: .expert, requirement: .all([]),
                    redundancy: 1, feeBasisPoints: 1_000, budget: Money(900_000_000, desk.small.usd),
                    expectedMinutes: 1, sharing: TaskSharing(goldBasisPoints: 5_000)),
                of: desk.small.requester, by: desk.small.manager)
            let drafts = AsyncStream<TaskDraft> { stream in
                for number in 0..<44 {
                    stream.yield(
                        TaskDraft(
                            externalKey: "\(name)-\(number)", payload: ["text": "x"],
                            referenceAnswers: number < 4 ? ["gold": ["label": "a"]] : [:], isGold: number < 4))
                }
                stream.finish()
            }
            _ = try await AddTasks(market: desk.small.market)(
                drafts, to: id, of: desk.small.requester, by: desk.small.manager)
            _ = try await PublishBatch(market: desk.small.market)(id, of: desk.small.requester, by: desk.small.manager)
            batches.append(id)
            while try await desk.small.count(
                "select count(*) as n from gold_exposure where worker_id = \(crew[0])") < 4 * batches.count
            {
                try await desk.answer(crew[0], id, "b")
            }
            _ = try await ScreenAnswers(market: desk.small.market)(every: 0, by: desk.small.manager)
            let open = try await ListQualityCases(market: desk.small.market)(by: desk.small.manager)
            #expect(open.count { $0.signal == .gold } == batches.count - 1)
        }
        #expect(try await desk.small.ills() == [])
    }

    @Test("wait for a person, with evidence, once; the same answers again change nothing")
    func opened() async throws {
        let desk = try await ScreenDesk()
        #expect(try await desk.screen() == ScreenAnswers.Outcome(pieces: 1, opened: 2, extended: 0, hasMore: true))
        let open = try await desk.list(by: desk.small.manager)
        #expect(Set(open.map(\.signal)) == [.suggestionCopy, .targetedBias])
        #expect(open.allSatisfy { $0.workers == [desk.workers[0]] && $0.batch == desk.batch && $0.scoreMilli > 2_000 })
        let bias = try #require(open.first { $0.signal == .targetedBias })
        let found = try await desk.list.one(bias.id, by: desk.small.second)
        #expect(found.evidence.count == 1 && found.evidence[0].tasks.count == 8)
        #expect(found.evidence[0].facts["feature"] == ["matter": "m"])
        #expect(found.case.json(with: found.evidence)["evidence"]?[0]?["tasks"]?.arrayValue?.count == 8)
        // Told to the operators, and to nobody whom it is about.
        #expect(
            try await desk.small.count(
                "select count(*) as n from notice where kind = 'quality_case_opened'") == 4)
        #expect(
            try await desk.small.count(
                """
                select count(*) as n from notice
                 where kind = 'quality_case_opened' and recipient_id = \(desk.workers[0])
                """) == 0)
        Scratch.clock.advance(by: 1)
        #expect(try await desk.screen().opened == 0)
        #expect(try await desk.small.count("select count(*) as n from quality_evidence") == 2)
        let page = try await desk.list(limit: 1, by: desk.small.manager)
        #expect(try await desk.list(after: page[0].id, by: desk.small.manager).map(\.id) == [open[1].id])
        await #expect(throws: AccessRefusal.self) { try await desk.list(by: Principal.ID(desk.workers[1].uuid)) }
        await #expect(throws: AccessRefusal.self) {
            try await ScreenAnswers(market: desk.small.market)(by: Principal.ID(desk.workers[1].uuid))
        }
        await #expect(throws: NotFound.self) {
            try await desk.list.one(QualityCase.ID(desk.batch.uuid), by: desk.small.manager)
        }
        #expect(try await desk.small.ills() == [])
    }

    @Test("are decided once by an operator whom they are not about; only an exclusion that a person adds bars anybody")
    func decided() async throws {
        let desk = try await ScreenDesk()
        _ = try await desk.screen()
        let open = try await desk.list(by: desk.small.manager)
        let (one, other) = (open[0].id, open[1].id)
        await #expect(throws: BadInput.self) { try await desk.decide.dismiss(one, reasons: " ", by: desk.small.second) }
        let actor = Principal.ID(desk.workers[0].uuid)
        await #expect(throws: AccessRefusal.self) { try await desk.decide.dismiss(one, reasons: "No.", by: actor) }
        try await Scratch.asOwner {
            try await $0.execute(
                """
                insert into role_grant (role_grant_id, principal_id, role, granted_by, in_force)
                select gen_random_uuid(), person, 'operator', \(desk.small.manager), tstzrange(\(Scratch.start), null)
                  from unnest(array[\(actor)::uuid, \(desk.workers[1])::uuid]) as person
                """)
        }
        #expect(
            await refusal(QualityCaseRefusal.self) { try await desk.decide.dismiss(one, reasons: "No.", by: actor) }
                == .deciderIsConcerned)
        // A colleague of theirs neither.
        for worker in desk.workers.prefix(2) {
            _ = try await DeclareInterest(market: desk.small.market)(
                .employer, in: "Firm", of: worker, by: Principal.ID(worker.uuid))
        }
        #expect(
            await refusal(QualityCaseRefusal.self) {
                try await desk.decide.dismiss(one, reasons: "No.", by: Principal.ID(desk.workers[1].uuid))
            } == .deciderIsConcerned)
        let system = try await desk.small.market.systemPrincipal()
        #expect(
            await refusal(QualityCaseRefusal.self) { try await desk.decide.dismiss(one, reasons: "No.", by: system) }
                == .noPerson)
        try await desk.decide.dismiss(one, reasons: "They were right.", by: desk.small.second)
        #expect(
            await refusal(QualityCaseRefusal.self) {
                try await desk.decide.uphold(one, reasons: "No.", by: desk.small.manager)
            } == .decided)
        #expect(try await desk.small.count("select count(*) as n from decision") == 0)
        #expect(
            await refusal(QualityCaseRefusal.self) {
                try await desk.decide.uphold(
                    other, reasons: "No.", excluding: [desk.workers[1]], by: desk.small.manager)
            } == .notConcerned)
        try await desk.decide.uphold(
            other, reasons: "A script did it.", excluding: [desk.workers[0]], by: desk.small.manager)
        let decision = try #require(
            try await ListDecisions(market: desk.small.market)(about: desk.workers[0], by: actor).first)
        #expect(decision.kind == .exclusion && decision.rule == "quality_case")
        #expect(decision.facts["case"] == .string("\(other)") && decision.reasons == "A script did it.")
        #expect(decision.automated.contains(open[1].signal.rawValue))
        // An appeal against it is made up for as any other.
        let appeal = try await FileAppeal(market: desk.small.market)(decision.id, statement: "No script.", by: actor)
        let remedy = try await AnswerAppeal(market: desk.small.market)(
            appeal.id, isOverturned: true, answer: "So it is.", by: desk.small.second)
        #expect(remedy?["state"] == "lifted")
        // What was decided about these answers is no news.
        Scratch.clock.advance(by: 1)
        #expect(try await desk.screen().opened == 0)
        #expect(try await desk.list(by: desk.small.manager).isEmpty)
        #expect(try await desk.list(in: .dismissed, by: desk.small.manager).map(\.id) == [one])
        #expect(try await desk.list(in: .upheld, by: desk.small.manager).map(\.reasons) == ["A script did it."])
        #expect(try await desk.small.ills() == [])
    }

    @Test("a batch is looked through piece by piece, from where it was cut off, each once in a while")
    func pieces() async throws {
        let desk = try await ScreenDesk(tasks: 4)
        func midway() async throws -> Int {
            try await desk.small.count("select count(*) as n from screened_batch where through_task_id is not null")
        }
        #expect(try await desk.screen(most: 1, tasks: 2, every: 3_600).pieces == 1)
        #expect(try await midway() == 1)
        // Somebody is at it.
        #expect(try await desk.screen(tasks: 2, every: 3_600) == .nothing)
        Scratch.clock.advance(by: 601)
        // The second half, and the end that is behind it.
        #expect(try await desk.screen(tasks: 2, every: 3_600).pieces == 2)
        #expect(try await midway() == 0)
        #expect(try await desk.screen(tasks: 2, every: 3_600) == .nothing)
        Scratch.clock.advance(by: 3_600)
        #expect(try await desk.screen(every: 3_600).pieces == 1)
        // Some days after a batch was closed it is looked through still, but not for ever.
        Scratch.clock.advance(by: 15 * 86_400)
        while try await AcceptUnreviewed(market: desk.small.market)(by: desk.small.manager) > 0 {}
        _ = try await desk.small.end()
        #expect(try await desk.small.batch(desk.batch).state == .closed)
        #expect(try await desk.screen(every: 3_600).pieces == 1)
        Scratch.clock.advance(by: 15 * 86_400)
        #expect(try await desk.screen(every: 3_600) == .nothing)
        #expect(
            try await desk.small.count("select count(*) as n from audit_event where action = 'answers_screened'") == 5)
        await #expect(throws: BadInput.self) { try await desk.screen(most: 0) }
        await #expect(throws: BadInput.self) { try await desk.screen(every: -1) }
    }

    @Test("evidence about further workers joins the open case; of a decided one most tasks must be others")
    func joined() async throws {
        let desk = try await ScreenDesk(tasks: 4)
        let tasks = try await desk.small.market.database.read { transaction in
            try await transaction.tasks(
                of: Batch.Key(requester: desk.small.requester, id: desk.batch), after: nil, limit: 9)
        }
        func put(_ workers: [Int], _ places: [Int]) async throws -> Bool? {
            let suspicion = try QualitySuspicion(
                .agreement, scoreMilli: 1, workers: Set(workers.map { desk.workers[$0] }),
                tasks: Set(places.map { tasks[$0] }), facts: [:])
            return try await desk.small.market.change { change in
                let key = Batch.Key(requester: desk.small.requester, id: desk.batch)
                _ = try await change.record(
                    "x", by: desk.small.manager, on: "batch", desk.batch.uuid, in: .platform)
                return try await change.transaction.putEvidence(suspicion, in: key, id: change.make())?.isNew
            }
        }
        #expect(try await put([0, 1], [0]) == true)
        #expect(try await put([0, 1], [0]) == nil)
        Scratch.clock.advance(by: 1)
        #expect(try await put([1, 2], [1]) == false)
        let open = try await desk.list(by: desk.small.manager)
        #expect(open.map(\.workers) == [desk.workers.sorted()] && open[0].evidenceCount == 2)
        try await desk.decide.dismiss(open[0].id, reasons: "No.", by: desk.small.manager)
        #expect(try await put([0, 2], [0, 1, 2]) == nil)
        #expect(try await put([0, 2], [1, 2]) == true)
        #expect(throws: BadInput.self) {
            try QualitySuspicion(.speed, scoreMilli: 0, workers: [], tasks: Set(tasks), facts: [:])
        }
        #expect(throws: BadInput.self) {
            try QualitySuspicion(.speed, scoreMilli: 0, workers: Set(desk.workers), tasks: [], facts: [:])
        }
        #expect(throws: BadInput.self) {
            try QualitySuspicion(
                .speed, scoreMilli: 0, workers: Set(desk.workers), tasks: Set(tasks),
                facts: .string(String(repeating: "x", count: 40_000)))
        }
    }

    @Test("gold that was not met is a case; a known answer of a task that is no gold is none")
    func gold() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let batch = try await CreateBatch(market: small.market)(
            BatchDraft(
                project: small.project, name: "b", profession: .lawyer, tier: .expert,
                requirement: .profession(.lawyer, leastTier: .expert), feeBasisPoints: 1_000,
                budget: try Money(5_000_000, small.usd), expectedMinutes: 5,
                sharing: TaskSharing(goldBasisPoints: 5_000)),
            of: small.requester, by: small.manager)
        let drafts = AsyncStream { stream in
            for number in 0..<40 {
                stream.yield(
                    TaskDraft(
                        externalKey: "t\(number)", payload: ["text": .string("t\(number)")],
                        referenceAnswers: ["gold": ["label": "a"]], isGold: number < 16))
            }
            stream.finish()
        }
        _ = try await AddTasks(market: small.market)(drafts, to: batch, of: small.requester, by: small.manager)
        _ = try await PublishBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        for _ in 0..<24 {
            try await small.submit(small.claim(worker, batch), "z", activeSeconds: 60)
            Scratch.clock.advance(by: 60)
        }
        let screen = ScreenAnswers(market: small.market)
        #expect(try await screen(by: small.manager).opened == 1)
        let list = ListQualityCases(market: small.market)
        let found = try #require(try await list(by: small.manager).first)
        #expect(found.signal == .gold && found.workers == [worker])
        let evidence = try await list.one(found.id, by: small.manager).evidence
        let gold = try await small.count(
            """
            select count(distinct task_id) as n from slot join allotment using (requester_id, allotment_id)
             where task_id = any(\(evidence[0].tasks)::uuid[]) and allotment.kind = 'gold'
            """)
        #expect(gold == 5 && evidence[0].tasks.count == 5)
        #expect(try await small.ills() == [])
    }

    /// The constraints of cases and evidence, each broken by a statement.
    private static let violations: [(constraint: String, statement: SQL)] = [
        ("quality_case_workers_named", "update quality_case set workers = '{}'"),
        ("quality_case_decided_iff_not_open", "update quality_case set decided_at = opened_at"),
        (
            "quality_case_reasons_given",
            """
            update quality_case set state = 'upheld', decided_at = opened_at, reasons = '',
                   decided_by = (select principal_id from principal where name = 'Operator')
            """
        ),
        (
            "quality_case_decider_is_other",
            "update quality_case set state = 'upheld', decided_at = opened_at, reasons = 'x', decided_by = workers[1]"
        ),
        ("quality_evidence_digest_is_sha256", "update quality_evidence set digest = 'x'"),
        ("quality_evidence_score_possible", "update quality_evidence set score_milli = -1"),
        ("quality_evidence_tasks_named", "update quality_evidence set tasks = '{}'"),
        (
            "quality_evidence_facts_bounded",
            """
            update quality_evidence
               set facts = jsonb_build_object(
                       'x', (select string_agg(md5(n::text), '') from generate_series(1, 3000) as n))
            """
        ),
    ]

    @Test("what their tables forbid answers by the constraint's name, and none is without a statement")
    func constraints() async throws {
        let desk = try await ScreenDesk()
        _ = try await desk.screen()
        try await expectRefused(Self.violations)
        let names: [String] = try await Scratch.database.read { transaction in
            try await transaction.rows(
                """
                select conname::text as name from pg_constraint
                 where conrelid = any('{quality_case,quality_evidence,screened_batch}'::regclass[])
                   and contype in ('c', 'u', 'x')
                """
            ).map { try $0["name"] }
        }
        #expect(Set(names) == Set(Self.violations.map(\.constraint)))
    }
}
