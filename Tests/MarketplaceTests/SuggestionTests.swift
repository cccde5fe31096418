import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Suggestions of models", .scratchDatabase)
struct SuggestionTests {
    private func draft(_ key: String, _ label: String = "abcd", version: String = "1") -> TaskDraft {
        TaskDraft(
            externalKey: key, payload: ["text": .string(key)],
            suggestion: TaskSuggestion(source: "model", version: version, answer: ["label": .string(label)])
        )
    }

    private func batch(
        _ small: SmallMarket, _ drafts: [TaskDraft], controls: Int = 0, name: String = "b"
    ) async throws -> (id: Batch.ID, summary: AddTasksSummary) {
        let id = try await CreateBatch(market: small.market)(
            BatchDraft(
                project: small.project, name: name, profession: .lawyer, tier: .expert,
                requirement: .profession(.lawyer, leastTier: .expert), feeBasisPoints: 1_000,
                budget: try Money(5_000_000, small.usd), expectedMinutes: 10, controlBasisPoints: controls
            ),
            of: small.requester, by: small.manager
        )
        let stream = AsyncStream { stream in
            for draft in drafts { stream.yield(draft) }
            stream.finish()
        }
        let summary = try await AddTasks(market: small.market)(
            stream, to: id, of: small.requester, by: small.manager)
        _ = try await PublishBatch(market: small.market)(id, of: small.requester, by: small.manager)
        return (id, summary)
    }

    private func shown(_ small: SmallMarket, _ worker: Worker.ID) async throws -> ShownSuggestion? {
        try await small.task(inHandOf: worker)?.suggestion
    }

    @Test("are shown to whoever holds the lease, and compared with what is handed in")
    func shownAndCompared() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let (batch, _) = try await batch(small, [draft("a"), draft("b")])
        let copied = try await small.claim(worker, batch)
        #expect(
            try await shown(small, worker)
                == ShownSuggestion(source: "model", version: "1", answer: ["label": "abcd"]))
        try await small.submit(copied, "abcd")
        #expect(try await shown(small, worker) == nil)
        let changed = try await small.claim(worker, batch)
        try await small.submit(changed, "abxdef")
        let line = try #require(
            try await SuggestionReport(market: small.market)(by: small.manager).first)
        #expect(line.shown == 2 && line.copies == 1 && line.copyThrough == 5_000 && line.controls == 0)
        #expect(line.meanDistanceShown == 2_500 && line.meanDistanceControl == nil)
        #expect(
            try await small.count(
                "select count(*) as n from suggestion_use where distance = 3 and size = 6 and not is_copy") == 1)
        var bytes: [UInt8] = []
        _ = try await ExportResults(market: small.market)(
            .batch(batch), of: small.requester, .counted, as: ResultWriter.Settings(.jsonl), by: small.manager,
            to: { bytes += $0 }
        )
        let first = try JSON.parse(String(String(decoding: bytes, as: UTF8.self).split(separator: "\n")[0]))
        #expect(
            first["results"]?[0]?["suggestion"] == [
                "source": "model", "version": "1", "was_shown": true, "distance": 0, "size": 4,
            ])
        #expect(try await small.ills() == [])
    }

    @Test("are not shown on controls, whose answers are compared all the same")
    func controls() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let (batch, _) = try await batch(small, [draft("a"), draft("b")], controls: 10_000)
        for label in ["abcd", "xxxx"] {
            let work = try await small.claim(worker, batch)
            #expect(try await shown(small, worker) == nil)
            try await small.submit(work, label)
        }
        let report = SuggestionReport(market: small.market)
        let own = try await report(of: worker, by: Principal.ID(worker.uuid))
        #expect(own.map(\.controls) == [2] && own.map(\.meanDistanceControl) == [5_000] && own[0].copyThrough == nil)
        #expect(try await small.count("select count(*) as n from suggestion_use where is_copy or was_shown") == 0)
        let other = try await small.lawyer("other")
        #expect(
            await refusal(AccessRefusal.self) { try await report(of: worker, by: Principal.ID(other.uuid)) }
                == .roleMissing(.operator))
        #expect(
            await refusal(AccessRefusal.self) { try await report(by: Principal.ID(other.uuid)) }
                == .roleMissing(.operator))
        #expect(try await small.ills() == [])
    }

    @Test("are reported by worker, source and version, in pages")
    func pages() async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let (batch, _) = try await batch(small, (0..<4).map { draft("k\($0)", version: "\($0 % 2)") })
        for worker in [ann, ann, ben, ben] { try await small.submit(small.claim(worker, batch), "abcd") }
        let report = SuggestionReport(market: small.market)
        let all = try await report(by: small.manager)
        #expect(all.reduce(0) { $0 + $1.copies } == 4 && all.count >= 2)
        var (paged, last): ([SuggestionReportLine], SuggestionReport.Place?) = ([], nil)
        while let line = try await report(after: last, limit: 1, by: small.manager).first {
            paged.append(line)
            last = (line.worker, line.source, line.version)
        }
        #expect(paged == all)
        #expect(try await report(of: ann, by: small.manager) == all.filter { $0.worker == ann })
        #expect(try await report(for: small.requester, by: small.manager) == all)
        #expect(try await report(for: Requester.ID(ann.uuid), by: small.manager) == [])
    }

    @Test("must be whole answers, with a source and a version")
    func faults() async throws {
        let small = try await SmallMarket()
        func suggested(_ key: String, _ source: String, _ version: String, _ answer: JSON) -> TaskDraft {
            TaskDraft(
                externalKey: key, payload: ["text": "x"],
                suggestion: TaskSuggestion(source: source, version: version, answer: answer)
            )
        }
        let (_, summary) = try await batch(
            small,
            [
                suggested("a", "", "1", ["label": "a"]), suggested("b", "m", "", ["label": "a"]),
                suggested("c", "m", "1", [:]), suggested("d", "m", "1", ["label": 7]), draft("good"),
            ])
        #expect(summary.added == 1 && summary.faultCount == 4)
        #expect(
            summary.faults.map { String($0.reason.prefix { $0 != ":" }) } == [
                "suggestion.source", "suggestion.version", "suggestion.answer", "suggestion.answer",
            ])
    }

    @Test(
        "come in with files; a file that suggests something else is another task's", arguments: TaskFileFormat.allCases)
    func files(format: TaskFileFormat) async throws {
        let small = try await SmallMarket()
        let batch = try await small.batch(small.draft("b"), tasks: 0, publish: false)
        let text: (String) -> String = { version in
            switch format {
            case .jsonl:
                """
                {"external_key": "a", "payload": {"n": "1"}, "suggestion": {"source": "m", "version": "\(version)", \
                "answer": {"label": "x"}, "made_at": "2026-02-01T00:00:00Z"}}
                """
            case .csv:
                """
                external_key,n,suggestion:answer,suggestion:source,suggestion:version,suggestion:made_at
                a,1,"{""label"":""x""}",m,\(version),2026-02-01T00:00:00Z
                """
            case .labelStudio:
                """
                [{"id": "a", "data": {"n": "1"}, "predictions": [{"model_version": "\(version)", "result": [
                {"from_name": "label", "to_name": "item", "type": "choices", "value": {"choices": ["x"]}}]}]}]
                """
            }
        }
        func run(_ version: String) async throws -> ImportReport {
            try await ImportTasks(market: small.market)(
                TaskFile(bytes: Array(text(version).utf8), name: "f", format: format), to: batch, of: small.requester,
                by: small.manager
            )
        }
        let report = try await run("7")
        #expect(report.faults == [] && report.run.counts.added == 1)
        let source = format == .labelStudio ? "label studio" : "m"
        let answer = try await small.market.change { change in
            let row = try await change.transaction.oneRow(
                """
                select task_id, sealed from task_suggestion
                 where source = \(source) and version = '7' and not is_control
                """)
            let (task, sealed): (WorkTask.ID, Bytes) = (try row["task_id"], try row["sealed"])
            let key = try await change.presentKey(ofTask: task, small.requester)
            return try key?.open(sealed, as: .suggestion(of: task))
        }
        #expect(answer == ["label": "x"])
        #expect(try await run("7").run.counts.unchanged == 1)
        #expect(try await run("8").faults.map(\.code) == [.keyTaken])
    }

    @Test(
        "stay away from the declared share of tasks, chosen by seed and id",
        arguments: [0, 1, 1_250, 5_000, 9_999, 10_000])
    func share(basisPoints: Int) {
        let ids = SeededIdentifiers(seed: 7)
        let seed = ids.uuid(at: Scratch.start)
        var (chosen, all) = (0, 0)
        for size in [1, 2, 3, 100, 1_000] {
            for _ in 0..<(size == 1 ? 500 : 3) {
                let tasks = (0..<size).map { _ in ids.make(WorkTask.self, at: Scratch.start) }
                let controls = ControlShare.controls(among: tasks, basisPoints: basisPoints, seed: seed)
                let exact = size * basisPoints
                #expect(controls.count * 10_000 > exact - 10_000 && controls.count * 10_000 < exact + 10_000)
                #expect(
                    ControlShare.controls(among: tasks.reversed(), basisPoints: basisPoints, seed: seed) == controls)
                (chosen, all) = (chosen + controls.count, all + size)
            }
        }
        // 512 draws of a whole task more or less: 60 are more than five standard deviations.
        #expect(abs(chosen - all * basisPoints / 10_000) < 60)
    }

    @Test("are left out of the share of controls that the batch says, and of no other task")
    func storedShare() async throws {
        let small = try await SmallMarket()
        let (batch, _) = try await batch(
            small, (0..<40).map { draft("s\($0)") } + [TaskDraft(externalKey: "plain", payload: ["text": "x"])],
            controls: 2_500
        )
        #expect(try await small.count("select count(*) as n from task_suggestion where is_control") == 10)
        #expect(try await small.count("select count(*) as n from task_suggestion") == 40)
        let stored = try await small.market.database.read { try await $0.batch(batch, of: small.requester) }
        #expect(stored?.controlBasisPoints == 2_500)
    }
}
