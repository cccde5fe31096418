import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

/// A guideline of the small market's requester, published and followed.
struct GuidelineDesk {
    let small: SmallMarket
    let guideline: Guideline.ID

    init(_ small: SmallMarket) async throws {
        self.small = small
        guideline = try await ListGuidelines(market: small.market).one(
            "clauses", of: small.requester, by: small.manager
        ).id
    }

    @discardableResult
    func publish(
        _ text: String, _ scope: RecheckScope = .everything, answersPerStep: Int = 2_000
    ) async throws -> RecheckListing {
        try await PublishGuideline(market: small.market, answersPerStep: answersPerStep)(
            GuidelineDraft(text: text, changes: "Now \(text)", scope: scope), of: guideline, from: small.requester,
            by: small.manager
        )
    }

    func rechecks(of version: Int, in state: RecheckState? = nil) async throws -> [RecheckItem] {
        try await ListRechecks(market: small.market)(
            version, of: guideline, from: small.requester, in: state, by: small.manager
        ).items
    }

    func open(_ version: Int, _ name: String, redundancy: Int = 1) async throws -> OpenedRecheck {
        try await OpenRecheck(market: small.market)(
            version, of: guideline, as: try small.draft(name, redundancy: redundancy), from: small.requester,
            by: small.manager
        )
    }

    func told(_ worker: Worker.ID) async throws -> String? {
        try await small.task(inHandOf: worker)?.guideline
    }
}

@Suite("Guidelines", .scratchDatabase)
struct GuidelineTests {
    @Test("stay for a lease as they were when it was taken, whatever is published meanwhile")
    func leaseKeepsVersion() async throws {
        let small = try await SmallMarket()
        let desk = try await GuidelineDesk(small)
        let batch = try await small.batch(small.draft("b"), tasks: 2)
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let work = try await small.claim(ann, batch)
        #expect(try await desk.publish("Read twice.").version == 2)
        let later = try await small.claim(ben, batch)
        #expect(try await desk.told(ann) == "Read and label.")
        #expect(try await desk.told(ben) == "Read twice.")
        #expect(work.terms["guideline_version"] == 1 && later.terms["guideline_version"] == 2)
        #expect(
            try await small.count(
                """
                select sum(guideline_version)::bigint as n
                  from assignment join project using (requester_id, guideline_id)
                """
            ) == 3)
        try await small.submit(work)
        try await small.submit(later)
        let queue = try await ReviewQueue(market: small.market)(of: batch, from: small.requester, by: small.reviewer)
        #expect(Set(queue.map(\.guidelineVersion)) == [1, 2])
        try await small.review(work)
        var bytes: [UInt8] = []
        _ = try await ExportResults(market: small.market)(
            .batch(batch), of: small.requester, .counted, as: ResultWriter.Settings(.jsonl), by: small.manager,
            to: { bytes += $0 }
        )
        let lines = try String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { try JSON.parse(String($0)) }
        #expect(Set(lines.compactMap { $0["results"]?[0]?["guideline_version"] }) == [1, 2])
        #expect(try await small.ills() == [])
    }

    @Test("are shared by projects, which follow the newest version or stay at one")
    func shared() async throws {
        let small = try await SmallMarket()
        let desk = try await GuidelineDesk(small)
        let create = CreateProject(market: small.market)
        func project(_ key: String, pin: Int?) async throws -> Project? {
            let id = try await create(
                ProjectDraft(
                    externalKey: key, name: key, taskKind: .extraction, guideline: .existing("clauses", pin: pin),
                    answerSchema: SmallMarket.schema
                ),
                of: small.requester, by: small.manager
            )
            return try await small.market.database.read { try await $0.project(id, of: small.requester) }
        }
        let follower = try #require(try await project("follower", pin: nil))
        let pinned = try #require(try await project("pinned", pin: 1))
        #expect(follower.guideline == desk.guideline && pinned.guideline == desk.guideline)
        try await desk.publish("Two.")
        func version(_ id: Project.ID) async throws -> Int? {
            let found = try await small.market.database.read { transaction in
                try await transaction.project(id, of: small.requester)
            }
            return found?.guidelineVersion
        }
        #expect(try await version(small.project) == 2)
        #expect(try await version(follower.id) == 2)
        #expect(try await version(pinned.id) == 1)
        let follow = FollowGuideline(market: small.market)
        try await follow(desk.guideline, pin: nil, by: pinned.id, of: small.requester, actor: small.manager)
        try await follow(desk.guideline, pin: 1, by: follower.id, of: small.requester, actor: small.manager)
        #expect(try await version(pinned.id) == 2)
        #expect(try await version(follower.id) == 1)
        #expect(
            try await small.count("select count(*) as n from audit_event where action = 'guideline_followed'") == 2)
        for (pin, guideline, project) in [
            (9, desk.guideline, pinned.id), (1, Guideline.ID(pinned.id.uuid), pinned.id),
            (1, desk.guideline, Project.ID(desk.guideline.uuid)),
        ] {
            #expect(
                await refusal(NotFound.self) {
                    try await follow(guideline, pin: pin, by: project, of: small.requester, actor: small.manager)
                } != nil)
        }
        #expect(await refusal(NotFound.self) { try await project("nine", pin: 9) } != nil)
    }

    @Test("are entered once by key, and not changed by saying the same again")
    func entered() async throws {
        let small = try await SmallMarket()
        let add = AddGuideline(market: small.market)
        let first = try await add(
            externalKey: "g", name: "G", text: "Do.", of: small.requester, by: small.manager)
        let again = try await add(
            externalKey: "g", name: "G", text: "Other.", of: small.requester, by: small.manager)
        #expect(first == again)
        let publish = PublishGuideline(market: small.market)
        let same = GuidelineDraft(text: "Do.", changes: "None", scope: .everything)
        let unchanged = await refusal(GuidelineRefusal.self) {
            try await publish(same, of: first, from: small.requester, by: small.manager)
        }
        #expect(unchanged == .unchanged(1))
        let stranger = GuidelineDraft(text: "New.", changes: "All", scope: .projects(["nobody"]))
        #expect(
            await refusal(BadInput.self) {
                try await publish(stranger, of: first, from: small.requester, by: small.manager)
            }?.field == "scope.projects")
        for actor in [small.reviewer, small.maker] {
            let refused = await refusal(AccessRefusal.self) {
                try await publish(
                    GuidelineDraft(text: "x", changes: "x", scope: .nothing), of: first, from: small.requester,
                    by: actor
                )
            }
            #expect(refused == .roleMissing(.requester))
        }
        let taken = ProjectDraft(
            externalKey: "g", name: "g", taskKind: .extraction, guideline: "x", answerSchema: SmallMarket.schema
        )
        #expect(
            await refusal(BadInput.self) {
                try await CreateProject(market: small.market)(taken, of: small.requester, by: small.manager)
            }?.field == "guideline")
        let all = try await ListGuidelines(market: small.market)(of: small.requester, by: small.manager)
        #expect(Set(all.map(\.externalKey)) == ["clauses", "g"] && all.count == 2)
        try await Scratch.asOwner { try await $0.execute("update guideline set newest_version = 1000000") }
        try await Scratch.asOwner { try await $0.execute("update guideline_version set version = 1000000") }
        let full = await refusal(GuidelineRefusal.self) {
            try await publish(
                GuidelineDraft(text: "x", changes: "x", scope: .nothing), of: first, from: small.requester,
                by: small.manager
            )
        }
        #expect(full == .noMoreVersions)
    }

    @Test("refuse what is out of bounds, with the field")
    func bounds() async throws {
        let small = try await SmallMarket()
        let desk = try await GuidelineDesk(small)
        for (text, changes, field) in [
            ("", "x", "guideline"), (String(repeating: "a", count: 100_001), "x", "guideline"), ("x", "", "changes"),
        ] {
            let refused = await refusal(BadInput.self) {
                try await PublishGuideline(market: small.market)(
                    GuidelineDraft(text: text, changes: changes, scope: .nothing), of: desk.guideline,
                    from: small.requester, by: small.manager
                )
            }
            #expect(refused?.field == field)
        }
    }

    @Test("are told apart line by line")
    func diff() {
        #expect(
            LineDiff.lines(from: "a\nb\nc\n", to: "a\r\nx\nc\nd") == [
                .kept("a"), .removed("b"), .added("x"), .kept("c"), .added("d"),
            ])
        #expect(LineDiff.lines(from: "", to: "") == [])
        #expect(LineDiff.lines(from: "a\na", to: "a") == [.kept("a"), .removed("a")])
        let long = { (letter: String) in Array(repeating: letter, count: 3_001).joined(separator: "\n") }
        let whole = LineDiff.lines(from: "x\n" + long("a"), to: "x\n" + long("b"))
        #expect(whole.count == 6_003 && whole.first == .kept("x"))
    }

    @Test("of two texts can be put together again from their difference", arguments: 0..<10)
    func diffWhole(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<50 {
            func text() -> [String] {
                (0..<Int.random(in: 1...9, using: &generator)).map { _ in
                    ["a", "b", "c"].randomElement(using: &generator) ?? ""
                }
            }
            let (old, new) = (text(), text())
            let lines = LineDiff.lines(from: old.joined(separator: "\n"), to: new.joined(separator: "\n"))
            #expect(
                lines.compactMap { line in
                    switch line {
                    case .kept(let text), .removed(let text): text
                    case .added: nil
                    }
                } == old)
            #expect(
                lines.compactMap { line in
                    switch line {
                    case .kept(let text), .added(let text): text
                    case .removed: nil
                    }
                } == new)
        }
    }
}

@Suite("Guidelines of earlier releases", .emptyDatabase)
struct GuidelineMigrationTests {
    @Test("are the texts of their projects, and what was leased stays under the version of its terms")
    func migrated() async throws {
        let database = Scratch.connect(asOwner: true) { $0.poolSize = 1 }
        let steps = SchemaUnderTest.steps
        let place = try #require(steps.firstIndex { $0.name == "guidelines_suggestions" })
        let first = try #require(steps.first)
        try await SchemaInstaller(database: database, whole: first.script, steps: [first]).apply()
        try await SchemaInstaller(database: database, whole: "", steps: Array(steps[..<place])).upgrade()
        try await database.transaction { transaction in
            try await transaction.execute("set local session_replication_role = replica")
            for row in Self.rows { try await transaction.execute(row) }
        }
        try await SchemaInstaller(database: database, whole: "", steps: Array(steps[...place])).upgrade()
        let row = try await database.read {
            try await $0.oneRow(
                """
                select guideline.external_key, guideline.newest_version, body, assignment.guideline_version,
                       assignment.guideline_id = guideline.guideline_id as agrees,
                       body_hash = sha256('Look.') as has_hash
                  from project join guideline using (requester_id, guideline_id)
                  join guideline_version as told using (requester_id, guideline_id)
                  join assignment using (requester_id)
                 where told.version = newest_version and guideline_pin is null
                """)
        }
        #expect(try row["external_key"] == "p" && row["newest_version"] == 4 && row["body"] == "Look.")
        #expect(try row["guideline_version"] == 4 && row["agrees"] && row["has_hash"])
        await database.shutdown()
    }

    private static let rows: [SQL] = [
        "insert into requester values (gen_random_uuid(), 'acme', 'Acme', '2026-03-02')",
        """
        insert into project (requester_id, project_id, external_key, name, task_kind, guideline, guideline_version,
                             input_schema, answer_schema, created_at)
        select requester_id, gen_random_uuid(), 'p', 'P', 'extraction', 'Look.', 4, '{}', '{}', '2026-03-02'
          from requester
        """,
        """
        insert into batch (requester_id, batch_id, project_id, name, state, door, requirement_id, redundancy, pay_minor,
                           fee_minor, currency, rate_id, budget_minor, expected_minutes, lease_seconds, answer_seconds,
                           priority, created_at)
        select requester_id, gen_random_uuid(), project_id, 'b', 'draft', 'claim', gen_random_uuid(), 1, 1, 0, 'USD',
               gen_random_uuid(), 1, 1, 60, 60, 0, '2026-03-02'
          from project
        """,
        """
        insert into assignment (requester_id, assignment_id, task_id, slot_no, batch_id, worker_id, state, lease_token,
                                leased_at, lease_until, answer_by, terms, terms_hash, pay_minor, fee_minor, currency,
                                eligibility, week_starts_on, expected_minutes)
        select requester_id, gen_random_uuid(), gen_random_uuid(), 1, batch_id, gen_random_uuid(), 'leased', 1,
               '2026-03-02', '2026-03-03', '2026-03-04', '{"guideline_version": 4}', sha256('{}'), 1, 0, 'USD', '{}',
               '2026-03-02', 1
          from batch
        """,
    ]
}
