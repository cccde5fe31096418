import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Exports of results", .scratchDatabase)
struct ExportResultsTests {
    /// A batch of three tasks that want two answers each: the first has two accepted ones, the second one that was
    /// rejected and one that waits, the third none.
    private struct Desk {
        let small: SmallMarket
        let batch: Batch.ID

        init() async throws {
            small = try await SmallMarket()
            batch = try await small.batch(small.draft("b", redundancy: 2), tasks: 3)
            let (one, two) = (try await small.lawyer("one"), try await small.lawyer("two"))
            let first = try await small.claim(one, batch)
            try await small.submit(first, "=a")
            try await small.review(first)
            let second = try await small.claim(two, batch)
            try await small.submit(second, "b")
            try await small.review(second)
            let third = try await small.claim(one, batch)
            try await small.submit(third, "c")
            try await small.review(third, .rejected)
            let fourth = try await small.claim(two, batch)
            try await small.submit(fourth, "d")
        }

        func export(
            _ format: ResultFormat, _ choice: ExportChoice = .accepted, guarded: Bool = true, scope: ExportScope? = nil,
            by actor: Principal.ID? = nil
        ) async throws -> (text: String, summary: ExportSummary) {
            var settings = ResultWriter.Settings(format)
            settings.isGuarded = guarded
            var bytes: [UInt8] = []
            let summary = try await ExportResults(market: small.market)(
                scope ?? .batch(batch), of: small.requester, choice, as: settings, by: actor ?? small.manager,
                to: { bytes += $0 }
            )
            return (String(decoding: bytes, as: UTF8.self), summary)
        }
    }

    @Test("have accepted answers, or all that count; rejected ones never; the same at every time")
    func choices() async throws {
        let desk = try await Desk()
        let accepted = try await desk.export(.jsonl)
        #expect(accepted.summary.results == 2)
        let counted = try await desk.export(.jsonl, .counted)
        #expect(counted.summary.results == 3)
        #expect(!counted.text.contains("\"c\""))
        #expect(counted.text.contains("\"state\":\"submitted\""))
        #expect(try await desk.export(.jsonl, .counted).text == counted.text)
        let keys = try counted.text.split(separator: "\n").map { try JSON.parse(String($0))["external_key"] }
        let stored = try await desk.small.market.database.read {
            try await $0.rows("select external_key from task order by task_id").map { try $0["external_key"] as String }
        }
        let expected = stored.filter { key in keys.contains(.string(key)) }.map { JSON.string($0) }
        #expect(keys == expected)
    }

    @Test("name workers by pseudonyms that are the same in each export and are no ids or keys of theirs")
    func pseudonyms() async throws {
        let desk = try await Desk()
        let rows = try await desk.export(.crowdKit, .counted).text.split(separator: "\r\n").dropFirst()
        let workers = rows.compactMap { $0.split(separator: ",").dropFirst().first }
        #expect(workers.count == 3 && Set(workers).count == 2)
        #expect(workers.allSatisfy { $0.hasPrefix("w-") && $0.count == 18 })
    }

    @Test("are for the requester's own and operators only")
    func access() async throws {
        let desk = try await Desk()
        let own = try await CreatePrincipal(market: desk.small.market)(
            .key, named: "acme", roles: [.requester], for: desk.small.requester, by: desk.small.manager
        )
        #expect(try await desk.export(.csv, by: own).summary.results == 2)
        for actor in [desk.small.maker, desk.small.reviewer] {
            let refused = await refusal(AccessRefusal.self) { try await desk.export(.csv, by: actor) }
            #expect(refused == .roleMissing(.requester))
        }
        #expect(
            await refusal(NotFound.self) {
                try await desk.export(.csv, scope: .batch(Batch.ID(desk.small.project.uuid)))
            } != nil)
    }

    @Test("of a project have all its batches")
    func project() async throws {
        let desk = try await Desk()
        let other = try await desk.small.batch(desk.small.draft("other"), tasks: 2)
        let worker = try await desk.small.lawyer("three")
        try await desk.small.earn(worker, other, tasks: 2)
        let all = try await desk.export(.crowdKit, scope: .project(desk.small.project))
        #expect(all.summary.results == 4)
        #expect(all.text.contains("b-") && all.text.contains("other-"))
    }

    @Test("have more tasks than a page")
    func pages() async throws {
        let small = try await SmallMarket()
        let batch = try await small.batch(small.draft("b"), tasks: 1_203)
        try await small.earn(try await small.lawyer("w"), batch, tasks: 3)
        var settings = ResultWriter.Settings(.jsonl)
        settings.isGuarded = false
        var (pages, bytes): (Int, [UInt8]) = (0, [])
        let summary = try await ExportResults(market: small.market)(
            .batch(batch), of: small.requester, .accepted, as: settings, by: small.manager, to: { bytes += $0 },
            progress: { _ in pages += 1 }
        )
        #expect(summary.tasks == 3 && summary.results == 3)
        #expect(pages == 3)
        #expect(bytes.count { $0 == 0x0a } == 3)
    }

    @Test("can be imported as tasks again, with the same keys and payloads", arguments: TaskFileFormat.allCases)
    func roundTrip(format: TaskFileFormat) async throws {
        let desk = try await Desk()
        let written = try await desk.export(try #require(ResultFormat(rawValue: format.rawValue)), .counted)
        let small = desk.small
        let project = try await CreateProject(market: small.market)(
            ProjectDraft(
                externalKey: "again", name: "Again", taskKind: .extraction, guideline: "Read.",
                answerSchema: SmallMarket.schema
            ),
            of: small.requester, by: small.manager
        )
        let batch = try await CreateBatch(market: small.market)(
            BatchDraft(
                project: project, name: "again", profession: .lawyer, tier: .expert,
                requirement: .profession(.lawyer, leastTier: .expert), feeBasisPoints: 1_000,
                budget: try Money(1_000_000, small.usd), expectedMinutes: 30
            ),
            of: small.requester, by: small.manager
        )
        let report = try await ImportTasks(market: small.market)(
            TaskFile(bytes: Array(written.text.utf8), name: "f", format: format), to: batch, of: small.requester,
            by: small.manager
        )
        #expect(report.faults == [])
        #expect(report.run.counts.added == written.summary.tasks)
        let (first, again) = (try await small.contents(of: desk.batch), try await small.contents(of: batch))
        #expect(again.count == written.summary.tasks)
        #expect(again.allSatisfy { first[$0.key] == $0.value })
    }
}
