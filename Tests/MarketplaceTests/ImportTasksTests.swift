import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Imports of tasks", .scratchDatabase)
struct ImportTasksTests {
    /// An importer with small chunks, so that a small file has several.
    fileprivate struct Desk: Sendable {
        let small: SmallMarket
        let batch: Batch.ID
        let importing: ImportTasks

        init(recordsPerChunk: Int = 10) async throws {
            small = try await SmallMarket()
            batch = try await small.batch(small.draft("b", redundancy: 2), tasks: 0, publish: false)
            importing = ImportTasks(market: small.market, recordsPerChunk: recordsPerChunk)
        }

        @discardableResult
        func run(
            _ text: String, _ format: TaskFileFormat = .jsonl, into other: Batch.ID? = nil, strict: Bool = false,
            progress: (ImportCounts) -> Void = { _ in }
        ) async throws -> ImportReport {
            try await importing(
                TaskFile(bytes: Array(text.utf8), name: "f", format: format), to: other ?? batch,
                of: small.requester, by: small.manager, isStrict: strict, progress: progress
            )
        }

        /// External key and payload of each task, by key.
        func tasks() async throws -> [String: JSON] {
            try await small.contents()
        }
    }

    private static func lines(_ numbers: Range<Int>) -> String {
        numbers.map { "{\"external_key\":\"k\($0)\",\"payload\":{\"n\":\($0)}}" }.joined(separator: "\n")
    }

    private static func counts(_ report: ImportReport) -> [Int] {
        [report.run.counts.added, report.run.counts.unchanged, report.run.counts.faulty]
    }

    @Test("are listed with their faults, of which no more than the beginning of a place is kept")
    func listed() async throws {
        let desk = try await Desk()
        let small = desk.small
        let name = String(repeating: "x", count: 200)
        try await desk.run("{\"external_key\":\"a\",\"\(name)\":1}\n{\"external_key\":\"b\"}")
        let list = ListImports(market: small.market)
        let runs = try await list(into: desk.batch, of: small.requester, by: small.manager)
        #expect(runs.count == 1 && runs.first?.counts.faulty == 2)
        let run = try #require(runs.first)
        #expect(try await list(into: desk.batch, of: small.requester, in: .running, by: small.manager).isEmpty)
        #expect(
            try await list(into: desk.batch, of: small.requester, before: run.id, by: small.manager).isEmpty)
        let first = try await list.faults(of: run.id, of: small.requester, limit: 1, by: small.manager)
        #expect(first.first?.fault.pointer == "/" + String(repeating: "x", count: 59))
        let rest = try await list.faults(
            of: run.id, of: small.requester, after: first.first?.number ?? 0, by: small.manager)
        #expect(rest.map(\.fault.line) == [2])
        await #expect(throws: BadInput.self) {
            try await list.faults(of: run.id, of: small.requester, after: -1, by: small.manager)
        }
        await #expect(throws: AccessRefusal.self) {
            try await list(into: desk.batch, of: small.requester, by: small.reviewer)
        }
    }

    @Test("bring in content, reference answers, parties and waiting slots; the batch can then be published")
    func whole() async throws {
        let desk = try await Desk()
        let report = try await desk.run(
            """
            {"external_key":"a","payload":{"x":1.50},"reference_answers":{"gold":{"label":"y"}},"parties":["Acme Inc"]}
            {"external_key":"b","payload":"text"}
            """)
        #expect(Self.counts(report) == [2, 0, 0] && report.run.state == .done && report.faults == [])
        #expect(try await desk.tasks() == ["a": ["x": .number("1.50")], "b": "text"])
        #expect(try await desk.small.count("select count(*) as n from slot where state = 'open'") == 4)
        #expect(try await desk.small.count("select count(*) as n from reference_answer where source = 'gold'") == 1)
        #expect(try await desk.small.count("select count(*) as n from task_party where party = 'acme'") == 1)
        _ = try await PublishBatch(market: desk.small.market)(
            desk.batch, of: desk.small.requester, by: desk.small.manager)
        #expect(try await desk.small.ills() == [])
    }

    @Test("the same file again adds nothing; what has other content under a known key is a fault with its line")
    func idempotent() async throws {
        let desk = try await Desk()
        let text = """
            {"external_key":"a","payload":1}
            {"external_key":"b","payload":2,"reference_answers":{"g":{"label":"y"}}}
            {"external_key":"c","payload":3,"parties":["Acme"]}
            """
        let first = try await desk.run(text)
        #expect(Self.counts(first) == [3, 0, 0])
        let second = try await desk.run(text)
        #expect(Self.counts(second) == [0, 3, 0] && second.run.id != first.run.id)
        let changed = try await desk.run(
            """
            {"external_key":"d","payload":1}

            {"external_key":"a","payload":9}
            {"external_key":"b","payload":2,"reference_answers":{"g":{"label":"z"}}}
            {"external_key":"c","payload":3,"parties":["Other"]}
            {"external_key":"a","payload":1}
            {"external_key":"d","payload":1}
            {"external_key":"d","payload":2}
            {"external_key":"c","payload":3,"parties":["ACME, Inc."]}
            """)
        #expect(Self.counts(changed) == [1, 3, 4])
        #expect(
            changed.faults.map { "\($0.line) \($0.code)" } == ["3 keyTaken", "4 keyTaken", "5 keyTaken", "8 keyTaken"])
        let other = try await desk.small.batch(desk.small.draft("other"), tasks: 0, publish: false)
        let elsewhere = try await desk.run(text, into: other)
        #expect(Self.counts(elsewhere) == [0, 0, 3])
        #expect(elsewhere.faults.map(\.code) == [.keyElsewhere, .keyElsewhere, .keyElsewhere])
        #expect(try await desk.tasks()["a"] == 1)
    }

    @Test("one record that is faulty of each kind is told with its line, and the rest goes in")
    func faults() async throws {
        let desk = try await Desk(recordsPerChunk: 3)
        let report = try await desk.run(
            """
            {"external_key":"a","payload":1}
            {"external_key":"b",
            {"external_key":"","payload":1}
            {"external_key":"c"}
            {"external_key":"d","payload":1,"reference_answers":{"a/b":{"label":7}}}
            {"external_key":"e","payload":1,"parties":["..."]}
            {"external_key":"f","payload":1,"more":1}
            {"external_key":"g","payload":\(String(repeating: "[", count: 70))\(String(repeating: "]", count: 70))}
            {"external_key":"a","payload":2}
            {"external_key":"h","payload":1}
            """)
        #expect(Self.counts(report) == [2, 0, 8])
        #expect(
            report.faults.map { "\($0.line) \($0.pointer) \($0.code.rawValue)" } == [
                "2  malformed", "3 /external_key bad_value", "4 /payload missing",
                "5 /reference_answers/a~1b bad_value", "6 /parties bad_value", "7 /more unknown_member",
                "8 /payload bad_value", "9 /external_key key_taken",
            ])
        #expect(try await desk.tasks().keys.sorted() == ["a", "h"])
    }

    @Test("an import that is cut off between any two chunks goes on behind the last, and ends like one that was not")
    func resumed() async throws {
        let desk = try await Desk(recordsPerChunk: 4)
        var lines = Self.lines(0..<30).split(separator: "\n").map(String.init)
        lines[3] = "{"
        lines[17] = "{\"external_key\":\"k2\",\"payload\":0}"
        lines[29] = "[]"
        let text = lines.joined(separator: "\n")
        let whole = try await desk.run(text, into: desk.batch)
        for cut in 1...8 {
            let again = try await Desk(recordsPerChunk: 4, on: desk.small, "cut \(cut)")
            let running = Task {
                var chunks = 0
                _ = try await again.run(text) { _ in
                    chunks += 1
                    if chunks == cut { withUnsafeCurrentTask { $0?.cancel() } }
                }
            }
            await #expect(throws: (any Error).self) { try await running.value }
            let done = try await again.run(text)
            #expect(done.resumedAfter == min(4 * cut, 30))
            #expect(Self.counts(done) == Self.counts(whole))
            #expect(done.faults == whole.faults)
        }
        #expect(try await desk.small.count("select count(*) as n from import_run where state = 'running'") == 0)
    }

    @Test("of two imports of one file at once, one is refused or both end; nothing is there twice")
    func atOnce() async throws {
        let desk = try await Desk(recordsPerChunk: 2)
        let text = Self.lines(0..<40)
        let ends = await withTaskGroup(of: String.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    do {
                        return try await desk.run(text).run.state.rawValue
                    } catch let refusal as ImportRefusal {
                        return refusal.code
                    } catch {
                        return "\(error)"
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(ends).isSubset(of: ["done", "import_under_way"]) && !ends.isEmpty)
        let last = try await desk.run(text)
        #expect(last.run.counts.added + last.run.counts.unchanged == 40)
        #expect(try await desk.tasks().count == 40)
        #expect(try await desk.small.count("select sum(added)::bigint as n from import_run") == 40)
    }

    @Test("a strict import takes in all or nothing, and tells every fault")
    func strict() async throws {
        let desk = try await Desk(recordsPerChunk: 2)
        try await desk.run("{\"external_key\":\"old\",\"payload\":1}")
        let text = """
            {"external_key":"a","payload":1}
            {"external_key":"b","payload":1}
            {"external_key":"c"}
            {"external_key":"old","payload":2}
            {"external_key":"a","payload":2}
            """
        let refused = await refusal(ImportRefusal.self) { try await desk.run(text, strict: true) }
        guard case .faulty(let count, let first) = refused else {
            Issue.record("\(String(describing: refused))")
            return
        }
        #expect(count == 3)
        #expect(first.map { "\($0.line) \($0.code.rawValue)" } == ["3 missing", "4 key_taken", "5 key_taken"])
        #expect(try await desk.tasks().keys.sorted() == ["old"])
        let good = try await desk.run(
            "{\"external_key\":\"a\",\"payload\":1}\n{\"external_key\":\"old\",\"payload\":1}", strict: true)
        #expect(Self.counts(good) == [1, 1, 0])
    }

    @Test("only drafts take tasks in, only from their publisher, and only files that can be read")
    func refused() async throws {
        let desk = try await Desk()
        let text = Self.lines(0..<2)
        let file = TaskFile(bytes: Array(text.utf8), name: "f", format: .jsonl)
        let small = desk.small
        let byOther = await refusal(AccessRefusal.self) {
            try await desk.importing(file, to: desk.batch, of: small.requester, by: small.maker)
        }
        #expect(byOther == .roleMissing(.requester))
        let open = try await small.batch(small.draft("open"), tasks: 1)
        #expect(await refusal(BatchRefusal.self) { try await desk.run(text, into: open) } == .notDraft(.open))
        #expect(await refusal(NotFound.self) { try await desk.run(text, into: Batch.ID(small.project.uuid)) } != nil)
        await #expect(throws: FormatError.self) { try await desk.run("[{\"id\":1,\"data\":{}}", .labelStudio) }
        #expect(try await desk.tasks().keys.sorted() == ["open-0"])
        #expect(try await small.count("select count(*) as n from import_run where state = 'running'") == 1)
    }

    @Test("no more than a thousand faults are kept; all are counted")
    func manyFaults() async throws {
        let desk = try await Desk(recordsPerChunk: 400)
        let report = try await desk.run(String(repeating: "{\n", count: 1_500))
        #expect(Self.counts(report) == [0, 0, 1_500])
        #expect(report.faults.map(\.line) == Array(1...1_000))
    }
}

extension ImportTasksTests.Desk {
    fileprivate init(recordsPerChunk: Int, on small: SmallMarket, _ name: String) async throws {
        self.small = small
        let project = try await CreateProject(market: small.market)(
            ProjectDraft(
                externalKey: name, name: name, taskKind: .extraction, guideline: "Read.",
                answerSchema: SmallMarket.schema
            ),
            of: small.requester, by: small.manager
        )
        batch = try await CreateBatch(market: small.market)(
            small.draft(name, project: project), of: small.requester, by: small.manager
        )
        importing = ImportTasks(market: small.market, recordsPerChunk: recordsPerChunk)
    }
}

extension SmallMarket {
    fileprivate func draft(_ name: String, project: Project.ID) throws -> BatchDraft {
        BatchDraft(
            project: project, name: name, profession: .lawyer, tier: .expert,
            requirement: .profession(.lawyer, leastTier: .expert), feeBasisPoints: 1_000,
            budget: try Money(1_000_000, usd), expectedMinutes: 30
        )
    }
}

/// The constraints of imports, each broken by a statement.
@Suite("Constraints of imports", .scratchDatabase)
struct ImportConstraintTests {
    private static let violations: [(constraint: String, statement: SQL)] = [
        ("import_run_name_bounded", "update import_run set source_name = ''"),
        ("import_run_hash_is_sha256", "update import_run set source_hash = 'x'"),
        ("import_run_counts_not_negative", "update import_run set added = -1, unchanged = records_done, faulty = 1"),
        ("import_run_counts_add_up", "update import_run set added = added + 1"),
        ("import_run_ended_iff_done", "update import_run set state = 'running'"),
        (
            "import_run_one_running_per_file",
            """
            insert into import_run (requester_id, import_run_id, batch_id, source_name, source_hash, format, state,
                                    records_done, added, unchanged, faulty, begun_by, begun_at)
            select requester_id, gen_random_uuid(), batch_id, 'x', source_hash, format, 'running', 0, 0, 0, 0,
                   begun_by, begun_at
              from import_run cross join generate_series(1, 2)
            """
        ),
        ("import_fault_number_possible", "update import_fault set fault_no = 1001"),
        ("import_fault_line_positive", "update import_fault set line = 0"),
        ("import_fault_texts_bounded", "update import_fault set code = 'No'"),
    ]

    @Test("each refuses the statement that breaks it")
    func violated() async throws {
        let small = try await SmallMarket()
        let batch = try await small.batch(small.draft("b"), tasks: 0, publish: false)
        _ = try await ImportTasks(market: small.market)(
            TaskFile(bytes: Array("{".utf8), name: "f", format: .jsonl), to: batch, of: small.requester,
            by: small.manager
        )
        try await expectRefused(Self.violations)
    }
}
