import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

/// A project with settled tasks, and a draft batch that gives out gold at its highest rate.
private struct GoldDesk: Sendable {
    let judging: JudgingDesk
    let author: Worker.ID
    let settled: Int

    var small: SmallMarket { judging.small }

    /// - Parameter settled: how many tasks two people have upheld; one more was judged by one alone.
    init(settled: Int = 2) async throws {
        judging = try await JudgingDesk(policy: JudgingDesk.always)
        author = try await judging.small.lawyer("author")
        self.settled = settled
        let works = try await judging.submitted("old", by: author, settled + 1)
        for work in works.dropLast() {
            try await judging.judge(work, .accepted, by: 0)
            try await judging.judge(work, .accepted, by: 1)
        }
        try await judging.judge(works[settled], .accepted, by: 0)
    }

    func draft(_ name: String = "new", tasks: Int = 20, gold: Int = 5_000, redundancy: Int = 5) async throws -> Batch.ID
    {
        let id = try await CreateBatch(market: small.market)(
            BatchDraft(
                project: small.project, name: name, profession: .lawyer, tier: .expert, requirement: .all([]),
                redundancy: redundancy, feeBasisPoints: 1_000, budget: try Money(50_000_000, small.usd),
                expectedMinutes: 1, leaseSeconds: 3_600, answerSeconds: 7_200, lapsesMax: 1_000,
                sharing: TaskSharing(goldBasisPoints: gold)),
            of: small.requester, by: small.manager)
        _ = try await AddTasks(market: small.market)(
            small.drafts((0..<tasks).map { "\(name)-\($0)" }), to: id, of: small.requester, by: small.manager)
        return id
    }

    func mint(_ batch: Batch.ID, most: Int = 100, exposures: Int = 3) async throws -> MintedGold {
        try await MintGold(market: small.market)(
            into: batch, of: small.requester, most: most, exposures: exposures, by: small.manager)
    }

    func canary(_ batch: Batch.ID, _ key: String = "new-0") async throws -> GoldItem.ID {
        try await SetCanary(market: small.market)(
            key, in: batch, of: small.requester, reasons: [.brokenContent, .unclear], by: small.manager)
    }

    func publish(_ batch: Batch.ID) async throws {
        _ = try await PublishBatch(market: small.market)(batch, of: small.requester, by: small.manager)
    }

    func workers(_ count: Int, from first: Int = 0) async throws -> [Worker.ID] {
        var workers: [Worker.ID] = []
        for number in first..<(first + count) {
            let worker = try await small.worker("w\(number)")
            try await SetAvailability(market: small.market)(
                AvailabilitySettings(tasksAtOnceMax: 100), of: worker, by: Principal.ID(worker.uuid))
            workers.append(worker)
        }
        return workers
    }

    func join(_ one: Worker.ID, _ other: Worker.ID) async throws {
        try await Scratch.asOwner {
            try await $0.execute(
                """
                insert into duplicate_case (duplicate_case_id, worker_id, other_worker_id, ground, state, opened_at)
                values (gen_random_uuid(), least(\(one)::uuid, \(other)::uuid), greatest(\(one)::uuid, \(other)::uuid),
                        'identity', 'open', \(Scratch.start - 1))
                """)
        }
    }

    func items(_ source: GoldSource? = nil) async throws -> [GoldItem] {
        try await ListGold(market: small.market)(of: small.requester, in: source, by: small.manager)
    }

    /// Claims until nothing of the batch is left for them, and hands in.
    func workThrough(_ batch: Batch.ID, _ worker: Worker.ID, most: Int = 60) async throws {
        for _ in 0..<most {
            do {
                try await small.submit(try await small.claim(worker, batch))
            } catch is ClaimRefusal {
                return
            }
        }
    }

    func seen(by workers: [Worker.ID]) async throws -> Int {
        try await small.count(
            "select count(*) as n from gold_exposure where worker_id = any(\(workers))")
    }
}

@Suite("Gold", .scratchDatabase)
struct GoldTests {
    @Test("is minted of what two people upheld or a third decided, once, and of nothing else")
    func minted() async throws {
        let desk = try await GoldDesk()
        let small = desk.small
        // A third decides for one answer and against another.
        let works = try await desk.judging.submitted("odd", by: desk.author, 2)
        for work in works {
            try await desk.judging.judge(work, .accepted, by: 0)
            try await desk.judging.judge(work, .rejected, by: 1)
        }
        try await desk.judging.judge(works[0], .accepted, by: 2)
        try await desk.judging.judge(works[1], .rejected, by: 2)
        // Two answers to one task, both upheld, which differ: nothing is settled.
        let pair = try await small.batch(small.draft("pair", redundancy: 2), tasks: 1)
        for (worker, label) in [(desk.author, "a"), (try await small.lawyer("other"), "b")] {
            let work = try await small.claim(worker, pair)
            try await small.submit(work, label)
            for reviewer in 0...1 { try await desk.judging.judge(work, .accepted, by: reviewer) }
        }
        let batch = try await desk.draft()
        #expect(try await desk.mint(batch, most: 2) == MintedGold(added: 2, inBatch: 2))
        #expect(try await desk.mint(batch) == MintedGold(added: 1, inBatch: 3))
        #expect(try await desk.mint(batch) == MintedGold(added: 0, inBatch: 3))
        let copies: [WorkTask.ID] = try await small.market.database.read { transaction in
            try await transaction.rows("select task_id from gold_task order by task_id").map { try $0["task_id"] }
        }
        let known = try await small.market.knownAnswers(of: copies, small.requester)
        #expect(copies.count == 3 && copies.allSatisfy { known[$0] == ["gold": ["label": "a"]] })
        // What has a copy in a batch that is not over is not minted again.
        #expect(try await desk.mint(try await desk.draft("third")) == MintedGold(added: 0, inBatch: 0))
        let items = try await desk.items()
        #expect(items.count == 3 && items.allSatisfy { $0.source == .minted && $0.exposuresMax == 3 })
        #expect(try await desk.items(.brought).isEmpty)
        #expect(try await small.ills() == [])
    }

    @Test("is refused where it cannot be, in order")
    func refused() async throws {
        let desk = try await GoldDesk(settled: 1)
        let small = desk.small
        let stranger = Principal.ID(desk.author.uuid)
        let batch = try await desk.draft()
        await #expect(throws: AccessRefusal.self) {
            try await MintGold(market: small.market)(into: batch, of: small.requester, most: 1, by: stranger)
        }
        await #expect(throws: AccessRefusal.self) {
            try await ListGold(market: small.market)(of: small.requester, by: stranger)
        }
        for most in [0, 10_001] {
            await #expect(throws: BadInput.self) { try await desk.mint(batch, most: most) }
        }
        await #expect(throws: BadInput.self) { try await desk.mint(batch, exposures: 101) }
        await #expect(throws: BadInput.self) {
            try await SetCanary(market: small.market)(
                "new-0", in: batch, of: small.requester, reasons: [], by: small.manager)
        }
        await #expect(throws: NotFound.self) { try await desk.canary(batch, "nobody") }
        let plain = try await desk.draft("plain", gold: 0)
        #expect(await refusal(GoldRefusal.self) { try await desk.mint(plain) } == .noRate)
        #expect(await refusal(GoldRefusal.self) { try await desk.canary(plain, "plain-0") } == .noRate)
        _ = try await desk.canary(batch)
        #expect(await refusal(GoldRefusal.self) { try await desk.canary(batch) } == .alreadyGold)
        try await desk.publish(batch)
        #expect(await refusal(BatchRefusal.self) { try await desk.mint(batch) } == .notDraft(.open))
        #expect(await refusal(BatchRefusal.self) { try await desk.canary(batch) } == .notDraft(.open))
    }

    @Test("is shown to three people at most, never twice to one, nor to who had a part in it or may be who saw it")
    func exposed() async throws {
        let desk = try await GoldDesk()
        let batch = try await desk.draft()
        _ = try await desk.mint(batch)
        try await desk.publish(batch)
        let workers = try await desk.workers(6)
        try await desk.join(workers[0], workers[1])
        try await desk.workThrough(batch, desk.author)
        #expect(try await desk.seen(by: [desk.author]) == 0)
        for worker in workers {
            try await desk.workThrough(batch, worker)
            Scratch.clock.advance(by: 86_400 * 7)
        }
        // Both items, each to three; of the first two, who may be one person, to one.
        let items = try await desk.items()
        #expect(items.map(\.exposures) == [3, 3])
        #expect(try await desk.seen(by: Array(workers.prefix(2))) == 2)
        while try await TellOutcomes(market: desk.small.market)() > 0 {}
        #expect(try await desk.items().allSatisfy { $0.right == 3 && $0.wrong == 0 })
        #expect(
            try await desk.small.count("select count(*) as n from skill_outcome where basis = 'gold'") == 6)
        #expect(try await desk.small.ills() == [])
    }

    @Test("comes within several tasks at once, and is one of them")
    func several() async throws {
        let desk = try await GoldDesk(settled: 8)
        let batch = try await desk.draft(tasks: 40)
        _ = try await desk.mint(batch)
        try await desk.publish(batch)
        let worker = try await desk.workers(1)[0]
        for _ in 0..<6 {
            let works = try await ClaimTask(market: desk.small.market).several(
                5, from: (desk.small.requester, batch), by: Principal.ID(worker.uuid))
            #expect(works.count == 5 && Set(works.map(\.task)).count == 5)
            for work in works { try await desk.small.submit(work) }
        }
        let seen = try await desk.seen(by: [worker])
        #expect((1...6).contains(seen))
        #expect(try await desk.small.ills() == [])
    }

    @Test("is not shown twice by claims at one instant, whoever they are by")
    func raced() async throws {
        let database = Scratch.connect { $0.poolSize = 8 }
        let desk = try await GoldDesk(settled: 4)
        let market = Market(database: database, identifiers: Scratch.here.identifiers, keys: Scratch.keys)
        let batch = try await desk.draft(tasks: 60, redundancy: 6)
        _ = try await desk.mint(batch, exposures: 2)
        try await desk.publish(batch)
        let workers = try await desk.workers(12)
        for pair in stride(from: 0, to: 12, by: 2) { try await desk.join(workers[pair], workers[pair + 1]) }
        let small = desk.small.through(market)
        for _ in 0..<6 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in workers {
                    group.addTask { _ = try await small.claim(worker, batch) }
                }
                try await group.waitForAll()
            }
        }
        let items = try await desk.items()
        #expect(items.count == 4 && items.allSatisfy { $0.exposures <= 2 } && items.contains { $0.exposures > 0 })
        #expect(try await desk.small.ills() == [])
        await database.shutdown()
    }

    @Test("of a canary: giving it back for a right reason is right, an answer is wrong, and no time says nothing")
    func canaries() async throws {
        let desk = try await GoldDesk(settled: 1)
        let small = desk.small
        let batch = try await desk.draft(tasks: 40)
        for number in 0..<8 { _ = try await desk.canary(batch, "new-\(number)") }
        try await desk.publish(batch)
        let workers = try await desk.workers(3)
        for (place, worker) in workers.enumerated() {
            let given = try await desk.give(batch, worker, times: 8)
            for work in given {
                switch place {
                case 0: try await small.submit(work, "b")
                case 1:
                    try await ReturnTask(market: small.market)(
                        work.id, token: work.leaseToken, .brokenContent, by: Principal.ID(worker.uuid))
                default:
                    try await ReturnTask(market: small.market)(
                        work.id, token: work.leaseToken, .noTime, by: Principal.ID(worker.uuid))
                }
                Scratch.clock.advance(by: 60)
            }
        }
        while try await TellOutcomes(market: small.market)() > 0 {}
        let canaries = try await desk.items(.canary)
        #expect(canaries.count == 8 && canaries.allSatisfy { $0.exposures == 3 && $0.right == 1 && $0.wrong == 1 })
        #expect(
            try await small.count(
                """
                select count(*) as n from skill_outcome
                 where basis = 'gold' and worker_id = \(workers[1]) and right_ppm = 1000000
                """) == 8)
        #expect(
            try await small.count(
                "select count(*) as n from skill_outcome where worker_id = \(workers[2]) and basis = 'gold'") == 0)
        // Whoever answers them fails the test on gold; whoever gives them back does not.
        for _ in 0..<4 { _ = try await ScreenAnswers(market: small.market)(by: small.manager) }
        let cases = try await ListQualityCases(market: small.market)(by: small.manager)
        #expect(cases.filter { $0.signal == .gold }.map(\.workers) == [[workers[0]]])
        #expect(try await small.ills() == [])
    }

    @Test("comes at all of a batch's rate for the first hundred answers, then less, down to a quarter")
    func rate() {
        let table = [
            (0, 2_000), (99, 2_000), (100, 1_990), (399, 1_000), (1_598, 500), (1_600, 500), (1_000_000, 500),
        ]
        for (answers, rate) in table { #expect(GoldRate.basisPoints(of: 2_000, after: answers) == rate) }
        #expect(GoldRate.basisPoints(of: 1, after: 1_600) == 1)
        #expect(GoldRate.basisPoints(of: 5_000, after: -1) == 5_000)
    }

    @Test("settled is what was accepted in full by a third or by two, and nothing else was accepted")
    func settled() throws {
        func answer(
            _ label: String, accepted: Bool = true, full: Bool = true, by people: Int = 2, third: Bool = false
        ) -> UpheldAnswer<JSON> {
            UpheldAnswer(
                assignment: Assignment.ID(UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1))),
                isAccepted: accepted, isInFull: full, upheldBy: people, isAdjudicated: third,
                content: ["label": .string(label)])
        }
        let table: [([UpheldAnswer<JSON>], JSON?)] = [
            ([], nil),
            ([answer("a")], ["label": "a"]),
            ([answer("a", by: 1)], nil),
            ([answer("a", by: 1, third: true)], ["label": "a"]),
            ([answer("a", full: false)], nil),
            ([answer("a"), answer("b", accepted: false)], ["label": "a"]),
            ([answer("a"), answer("b", by: 1)], nil),
            ([answer("a"), answer("a", by: 1)], ["label": "a"]),
            ([answer("a"), answer("a", full: false)], nil),
        ]
        let kind = try #require(TaskKind(rawValue: "classification"))
        for (answers, expected) in table {
            #expect(UpheldAnswer.settled(answers, .of(kind)) == expected)
        }
    }

    private static let violations: [(constraint: String, statement: SQL)] = [
        ("gold_item_limited_unless_brought", "update gold_item set source = 'brought' where source = 'minted'"),
        ("gold_item_most_possible", "update gold_item set exposures_max = 101"),
        ("gold_item_shown_within_most", "update gold_item set exposures = 4"),
        ("gold_item_shown_within_most", "update gold_item set exposures = -1"),
        ("gold_item_reasons_iff_canary", "update gold_item set source = 'minted' where source = 'canary'"),
        ("gold_item_reasons_named", "update gold_item set right_reasons = '{}' where source = 'canary'"),
        (
            "gold_exposure_one_per_assignment",
            """
            insert into gold_exposure (requester_id, gold_item_id, worker_id, assignment_id, shown_at)
            select requester_id, gold_item_id, worker.worker_id, assignment_id, shown_at from gold_exposure, worker
             where worker.worker_id <> gold_exposure.worker_id limit 1
            """
        ),
        ("gold_exposure_known_only_told", "update gold_exposure set is_right = true, told_at = null"),
    ]

    @Test("is kept by constraints, each of which answers by its name; once to one worker is the key")
    func constraints() async throws {
        let desk = try await GoldDesk()
        let batch = try await desk.draft()
        _ = try await desk.mint(batch)
        _ = try await desk.canary(batch)
        try await desk.publish(batch)
        #expect(try await desk.give(batch, try await desk.workers(2)[0], times: 3).count == 3)
        try await expectRefused(Self.violations)
        let names: [String] = try await Scratch.database.read { transaction in
            try await transaction.rows(
                """
                select conname::text as name from pg_constraint
                 where conrelid = any('{gold_item,gold_task,gold_exposure}'::regclass[]) and contype in ('c', 'u', 'x')
                """
            ).map { try $0["name"] }
        }
        #expect(Set(names).isSubset(of: Self.violations.map(\.constraint)))
    }
}

extension GoldDesk {
    /// Claims until that many tasks of gold have come, by turns that are drawn.
    fileprivate func give(_ batch: Batch.ID, _ worker: Worker.ID, times: Int) async throws -> [Assignment] {
        var given: [Assignment] = []
        for _ in 0..<200 where given.count < times {
            guard let work = try? await small.claim(worker, batch) else { continue }
            let isGold =
                try await small.count(
                    "select count(*) as n from gold_exposure where assignment_id = \(work.id)") == 1
            if isGold {
                given.append(work)
            } else {
                try await ReturnTask(market: small.market)(
                    work.id, token: work.leaseToken, .noTime, by: Principal.ID(worker.uuid))
            }
        }
        return given
    }
}
