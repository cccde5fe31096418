import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Exams and skill estimates", .scratchDatabase)
struct ExamTests {
    /// Two sections, weights 3 and 1; `a` is always right.
    static func draft(_ changes: [String: JSON] = [:]) -> JSON {
        func question(_ id: String, _ skill: String) -> JSON {
            ["id": .string(id), "prompt": "Which?", "options": ["a": "This", "b": "That"], "skill": .string(skill)]
        }
        let members: [String: JSON] = [
            "profession": "lawyer", "key": "contracts", "title": "Contracts",
            "sections": [
                [
                    "title": "Clauses", "weight": 3,
                    "questions": [question("q1", "lawyer/contracts/term"), question("q2", "lawyer/contracts/term")],
                ],
                ["title": "Ethics", "weight": 1, "questions": [question("q3", "lawyer/ethics")]],
            ],
            "answer_key": ["q1": "a", "q2": "a", "q3": "a"], "minutes": 60, "attempts_max": 2, "cooldown_hours": 24,
            "pass_bps": 7_500, "valid_days": 365,
        ]
        return .object(members.merging(changes) { _, new in new })
    }

    private func market(_ changes: [String: JSON] = [:]) async throws -> (Crew, Worker.ID) {
        let crew = try await Crew()
        let (worker, _) = try await crew.lawyer()
        _ = try await PublishExam(market: crew.market)(try ExamDraft(json: Self.draft(changes)), by: crew.chief)
        return (crew, worker)
    }

    @Test(
        "an exam is refused with the first field that is wrong",
        arguments: [
            (["key": "No"], "key"), (["minutes": 0], "minutes"), (["attempts_max": 101], "attempts_max"),
            (["answer_key": ["q1": "a"]], "answer_key"),
            (["answer_key": ["q1": "c", "q2": "a", "q3": "a"]], "answer_key"),
            (["answer_key": ["q1": "a", "q2": "a", "q3": "a", "q4": "a"]], "answer_key"),
            (["sections": []], "sections"),
            (["pass_bps": 10_001], "pass_bps"), (["valid_days": "9"], "valid_days"),
            (["profession": "X"], "profession"),
        ] as [([String: JSON], String)])
    func badDrafts(changes: [String: JSON], field: String) {
        let fault = #expect(throws: BadInput.self) { try ExamDraft(json: Self.draft(changes)) }
        #expect(fault?.field == field)
    }

    @Test("a score is the weighted share of right answers; what is left out is wrong")
    func score() throws {
        let exam = try ExamDraft(json: Self.draft()).content
        #expect(exam.score(["q1": "a", "q2": "a", "q3": "a"]) == 10_000)
        #expect(exam.score(["q1": "a", "q2": "b", "q3": "a"]) == 6_250)
        #expect(exam.score(["q1": "a", "q2": "a"]) == 7_500)
        #expect(exam.score([:]) == 0)
    }

    @Test("the key is in nothing that a worker sees")
    func keyHidden() async throws {
        let (crew, worker) = try await market()
        let attempt = try await StartExam(market: crew.market)("contracts", by: worker)
        #expect(attempt.sections.arrayValue?.count == 2)
        #expect(!attempt.json.canonicalText.contains("answer_key"))
        let finished = try await HandInExam(market: crew.market)(attempt.id, answers: [:], by: worker)
        #expect(!finished.json.canonicalText.contains("answer_key"))
    }

    @Test("handing in twice is the same as once, and a pass counts until it expires")
    func handIn() async throws {
        let (crew, worker) = try await market()
        let attempt = try await StartExam(market: crew.market)("contracts", by: worker)
        #expect(attempt.dueAt == Scratch.start + 3_600 && attempt.result == nil)
        let handIn = HandInExam(market: crew.market)
        let first = try await handIn(attempt.id, answers: ["q1": "a", "q2": "a"], by: worker)
        #expect(
            first.result
                == ExamAttempt.Result(scoreBps: 7_500, isPassed: true, expiresAt: Scratch.start + 365 * 86_400))
        #expect(try await handIn(attempt.id, answers: ["q1": "b"], by: worker) == first)
        let record = try await crew.market.database.read { try await $0.tierRecord(of: worker, in: .lawyer) }
        #expect(record.exams == ["contracts"])
        Scratch.clock.advance(by: 365 * 86_400)
        let later = try await crew.market.database.read { try await $0.tierRecord(of: worker, in: .lawyer) }
        #expect(later.exams == [])
    }

    @Test("up to 30 seconds after the time limit answers count, later the attempt is empty", arguments: [30.0, 31.0])
    func late(seconds: Double) async throws {
        let (crew, worker) = try await market()
        let attempt = try await StartExam(market: crew.market)("contracts", by: worker)
        Scratch.clock.advance(by: 3_600 + seconds)
        let finished = try await HandInExam(market: crew.market)(attempt.id, answers: ["q1": "a"], by: worker)
        #expect(finished.result?.scoreBps == (seconds == 30 ? 3_750 : 0))
    }

    @Test("two starts at once give one attempt")
    func startRace() async throws {
        let (crew, worker) = try await market()
        let attempts = try await withThrowingTaskGroup(of: ExamAttempt.self) { group in
            for _ in 0..<8 { group.addTask { try await StartExam(market: crew.market)("contracts", by: worker) } }
            return try await group.reduce(into: Set<ExamAttempt>()) { $0.insert($1) }
        }
        #expect(attempts.count == 1 && attempts.first?.attemptNo == 1)
    }

    @Test("after an attempt there is a pause, and after the last no more")
    func limits() async throws {
        let (crew, worker) = try await market()
        let (start, handIn) = (StartExam(market: crew.market), HandInExam(market: crew.market))
        let first = try await start("contracts", by: worker)
        _ = try await handIn(first.id, answers: [:], by: worker)
        let until = Scratch.start + 86_400
        await #expect(throws: SitExamRefusal.coolingDown(until: until)) { try await start("contracts", by: worker) }
        Scratch.clock.advance(by: 86_400)
        let second = try await start("contracts", by: worker)
        #expect(second.attemptNo == 2)
        // Never handed in: counts as empty, and as used up.
        Scratch.clock.advance(by: 2 * 86_400)
        await #expect(throws: SitExamRefusal.noAttemptLeft(most: 2)) { try await start("contracts", by: worker) }
        #expect(try await CloseOverdueExams(market: crew.market)(by: crew.chief) == 1)
        #expect(try await CloseOverdueExams(market: crew.market)(by: crew.chief) == 0)
        let attempts = try await ListExams(market: crew.market).attempts(of: worker, by: crew.chief)
        #expect(attempts.map(\.result?.scoreBps) == [0, 0])
        let page = try await ListExams(market: crew.market).attempts(of: worker, after: second.id, by: crew.chief)
        #expect(page.map(\.id) == [first.id])
    }

    @Test("a new version is another exam of the same key, with attempts of its own")
    func versions() async throws {
        let (crew, worker) = try await market(["attempts_max": 1, "cooldown_hours": 0])
        let (start, handIn) = (StartExam(market: crew.market), HandInExam(market: crew.market))
        _ = try await handIn(try await start("contracts", by: worker).id, answers: [:], by: worker)
        let next = try ExamDraft(json: Self.draft(["cooldown_hours": 0]))
        let (exam, version) = try await PublishExam(market: crew.market)(next, by: crew.chief)
        #expect(version == 2)
        #expect(try await start("contracts", by: worker).exam == exam)
        #expect(try await ListExams(market: crew.market)().map(\.version) == [2])
    }

    @Test(
        "refusals to sit an exam come in their order",
        arguments: [
            ("operator", "contracts", "role_missing"), ("worker", "none", "not_found"),
            ("worker", "contracts", "no_profile"),
        ])
    func refusals(who: String, key: String, code: String) async throws {
        let (crew, _) = try await market()
        let other = try await crew.worker("w9")
        let actor = who == "worker" ? other : Worker.ID(crew.chief.uuid)
        #expect(await Crew.refusal { try await StartExam(market: crew.market)(key, by: actor) } == code)
    }

    @Test(
        "answers to no question, and attempts of somebody else, are refused",
        arguments: [
            ("mine", ["q9": "a"], "bad_input"), ("mine", ["q1": "z"], "bad_input"),
            ("mine", "text", "bad_input"), ("other", [:], "not_found"),
        ] as [(String, JSON, String)])
    func badAnswers(who: String, answers: JSON, code: String) async throws {
        let (crew, worker) = try await market()
        let other = try await crew.worker("w9")
        let attempt = try await StartExam(market: crew.market)("contracts", by: worker)
        let actor = who == "mine" ? worker : other
        #expect(
            await Crew.refusal {
                try await HandInExam(market: crew.market)(attempt.id, answers: answers, by: actor)
            } == code)
    }

    @Test(
        "refusals to publish come in their order",
        arguments: [
            ("key", "accountant", "contracts", "exam_key_taken"),
            ("profession", "astrologer", "x", "unknown_profession"),
        ])
    func publishRefusals(_: String, profession: String, key: String, code: String) async throws {
        let (crew, _) = try await market()
        let draft = try ExamDraft(json: Self.draft(["profession": .string(profession), "key": .string(key)]))
        #expect(await Crew.refusal { try await PublishExam(market: crew.market)(draft, by: crew.chief) } == code)
    }

    // MARK: Skill

    @Test("the quantiles of the Beta distribution are those of exact sums")
    func quantiles() {
        // Computed with 60 digits from I_x(a, b) = sum over j from a of C(n, j) x^j (1 - x)^(n - j), n = a + b - 1.
        let reference: [(Double, Double, Double, Double)] = [
            (1, 1, 0.025, 0.975), (2, 2, 0.09429932405024608, 0.9057006759497539),
            (10, 4, 0.461868460765959, 0.9090796054279034), (21, 3, 0.7196206640905891, 0.9722484925772068),
            (2, 12, 0.01920667198252847, 0.3602974352678775),
            (182, 22, 0.8462212008598868, 0.9308244631253811), (52, 452, 0.0781768117037335, 0.13115277244524698),
        ]
        for (first, second, low, high) in reference {
            #expect(abs(BetaEstimate.quantile(0.025, first, second) - low) < 1e-10, "\(first) \(second)")
            #expect(abs(BetaEstimate.quantile(0.975, first, second) - high) < 1e-10, "\(first) \(second)")
        }
    }

    @Test("the mean lies in the interval, which narrows with the evidence, for any tally")
    func estimateProperties() {
        var generator = SplitMix64(seed: 11)
        for _ in 0..<300 {
            let answers = Int.random(in: 0...2_000, using: &generator)
            let right = Int.random(in: 0...answers, using: &generator)
            let estimate = BetaEstimate(right: right, answers: answers)
            #expect((0...10_000).contains(estimate.lowBps) && (0...10_000).contains(estimate.highBps))
            #expect(estimate.lowBps <= estimate.meanBps && estimate.meanBps <= estimate.highBps)
        }
        let widths = [0, 10, 100, 1_000, 1_000_000].map { count in
            let estimate = BetaEstimate(right: count / 2, answers: count)
            return estimate.highBps - estimate.lowBps
        }
        #expect(widths == widths.sorted(by: >))
    }

    @Test("an exam estimates the skills that its questions name, and all above them")
    func rollUp() async throws {
        let (crew, worker) = try await market()
        let attempt = try await StartExam(market: crew.market)("contracts", by: worker)
        _ = try await HandInExam(market: crew.market)(attempt.id, answers: ["q1": "a", "q2": "b"], by: worker)
        let skills = try await ListSkills(market: crew.market)(of: worker, by: Principal.ID(worker.uuid))
        // q3 was left out: it says nothing.
        #expect(skills.map(\.skill.path) == ["lawyer", "lawyer/contracts", "lawyer/contracts/term"])
        #expect(skills.allSatisfy { $0.evidence == 2 && $0.meanBps == 5_000 && $0.version == 1 })
    }

    @Test("a later method's estimate is the one that counts; version 1 is for exams only")
    func estimator() async throws {
        let (crew, worker) = try await market()
        let attempt = try await StartExam(market: crew.market)("contracts", by: worker)
        _ = try await HandInExam(market: crew.market)(attempt.id, answers: ["q1": "a"], by: worker)
        let write = WriteSkillEstimates(market: crew.market)
        func estimate(_ version: Int, of worker: Worker.ID, mean: Int = 9_000) throws -> SkillEstimate {
            try SkillEstimate(
                worker: worker, skill: #require(Skill("lawyer")), version: version, meanBps: mean, lowBps: 8_000,
                highBps: 9_500, evidence: 40
            )
        }
        await #expect(throws: SkillRefusal.versionOfExams) {
            try await write([try estimate(1, of: worker)], by: crew.chief)
        }
        await #expect(throws: SkillRefusal.unknownWorker) {
            try await write([try estimate(2, of: Worker.ID(crew.chief.uuid))], by: crew.chief)
        }
        try await write([try estimate(2, of: worker, mean: 8_100)], by: crew.chief)
        try await write([try estimate(2, of: worker)], by: crew.chief)
        let skills = try await ListSkills(market: crew.market)(of: worker, by: crew.chief)
        #expect(skills.first?.meanBps == 9_000 && skills.first?.version == 2 && skills.count == 3)
        #expect(throws: BadInput.self) { try estimate(2, of: worker, mean: 7_000) }
    }

    @Test("paths of skills are of one shape", arguments: [("lawyer", 1), ("lawyer/contracts/term", 3)])
    func lineage(path: String, count: Int) throws {
        #expect(try #require(Skill(path)).lineage.count == count)
        for bad in ["", "/" + path, path + "/", "L" + path, "a//b", String(repeating: "a", count: 201)] {
            #expect(Skill(bad) == nil, "\(bad)")
        }
    }
}
