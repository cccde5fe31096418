import Formats
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

@testable import Marketplace

@Suite("De-identification at the intake", .scratchDatabase)
struct DeidentificationTests {
    /// Puts `X` in the place of `secret`; fails on `fail`.
    private struct Program: Deidentifier {
        func callAsFunction(_ value: JSON) throws(BadInput) -> JSON {
            let text = value.canonicalText
            guard !text.contains("fail") else { throw BadInput("payload", "was not de-identified: it failed") }
            guard let cleaned = try? JSON.parse(Array(text.replacing("secret", with: "X").utf8)) else { return value }
            return cleaned
        }
    }

    private func desk(_ demanded: Deidentification) async throws -> (SmallMarket, Batch.ID) {
        let small = try await SmallMarket()
        var draft = ProjectDraft(
            externalKey: "clean", name: "Clean", taskKind: .extraction, guideline: "Read.",
            answerSchema: ["type": "object"]
        )
        draft.deidentification = demanded
        let project = try await CreateProject(market: small.market)(draft, of: small.requester, by: small.manager)
        let batch = try await CreateBatch(market: small.market)(
            small.draft("b", project: project), of: small.requester, by: small.manager)
        return (small, batch)
    }

    private func run(
        _ lines: [String], _ small: SmallMarket, _ batch: Batch.ID, with program: (any Deidentifier)? = nil,
        strict: Bool = false
    ) async throws -> ImportReport {
        try await ImportTasks(market: small.market, deidentifier: program)(
            TaskFile(bytes: Array(lines.joined(separator: "\n").utf8), name: "f", format: .jsonl), to: batch,
            of: small.requester, by: small.manager, isStrict: strict
        )
    }

    private func records(_ small: SmallMarket) async throws -> [JSON?] {
        try await small.market.database.read {
            try await $0.rows(
                """
                select deidentified as it from task_content join task using (requester_id, task_id)
                 order by external_key
                """
            ).map { try $0["it"] }
        }
    }

    private static let line =
        #"{"external_key":"a","payload":{"text":"Mail ann@x.org, ann@x.org or 123-45-6789"},"#
        + #""reference_answers":{"gold":{"who":"ann@x.org"}}}"#

    @Test("by patterns: equal values, equal placeholders, known answers with them; counts are kept, values are not")
    func patterns() async throws {
        let (small, batch) = try await desk(.patterns)
        #expect(try await run([Self.line], small, batch).run.counts.added == 1)
        #expect(try await small.contents() == ["a": ["text": "Mail [EMAIL-1], [EMAIL-1] or [SSN-1]"]])
        let task: WorkTask.ID = try await small.market.database.read {
            try await $0.oneRow("select task_id from reference_answer")["task_id"]
        }
        let known = try await small.market.knownAnswers(of: [task], small.requester)
        #expect(known == [task: ["gold": ["who": "[EMAIL-1]"]]])
        #expect(try await records(small) == [["by": ["patterns"], "counts": ["email": 3, "ssn": 1]]])
        #expect(try await Residue.tables(with: "ann@x.org") == [])
        #expect(try await run([Self.line], small, batch).run.counts.unchanged == 1)
        let added = try await AddTasks(market: small.market)(
            AsyncStream { stream in
                stream.yield(TaskDraft(externalKey: "b", payload: ["text": "b@x.org"]))
                stream.finish()
            }, to: batch, of: small.requester, by: small.manager)
        #expect(added.added == 1)
        #expect(try await small.contents()["b"] == ["text": "[EMAIL-1]"])
        #expect(try await small.ills() == [])
    }

    @Test("cleans what a task belongs to, the same matter the same way")
    func matter() async throws {
        let (small, batch) = try await desk(.patterns)
        let lines = [
            #"{"external_key":"a","matter":"Case of ann@x.org","payload":{"text":"x@x.org, y@x.org"}}"#,
            #"{"external_key":"b","matter":"Case of ann@x.org","payload":{"text":"none"}}"#,
        ]
        #expect(try await run(lines, small, batch).run.counts.added == 2)
        #expect(try await small.count("select count(*) as n from task where matter = 'Case of [EMAIL-1]'") == 2)
        #expect(try await records(small).first == ["by": ["patterns"], "counts": ["email": 3]])
        #expect(try await Residue.tables(with: "ann@x.org") == [])
    }

    @Test("has a program clean what a task belongs to")
    func matterByProgram() async throws {
        let (other, second) = try await desk(.external)
        let line = #"{"external_key":"c","matter":"secret","payload":"x"}"#
        #expect(try await run([line], other, second, with: Program()).run.counts.added == 1)
        #expect(try await other.count("select count(*) as n from task where matter = 'X'") == 1)
    }

    @Test("by a program: what fails is refused with its line, what did not pass is not taken in")
    func external() async throws {
        let (small, batch) = try await desk(.external)
        let lines = ["secret", "fail", "other"].map { "{\"external_key\":\"\($0)\",\"payload\":{\"t\":\"\($0)\"}}" }
        let refused = try await run(lines, small, batch)
        #expect(refused.run.counts.added == 0)
        #expect(refused.faults.map(\.code) == Array(repeating: .notDeidentified, count: 3))
        #expect(refused.faults.map(\.line) == [1, 2, 3])
        await #expect(throws: ImportRefusal.self) { try await run(lines, small, batch, with: Program(), strict: true) }
        let report = try await run(lines, small, batch, with: Program())
        #expect(report.run.counts.added == 2)
        #expect(report.faults.map { "\($0.line) \($0.pointer) \($0.code.rawValue)" } == ["2 /payload not_deidentified"])
        #expect(try await small.contents() == ["secret": ["t": "X"], "other": ["t": "other"]])
        #expect(
            try await records(small)
                == Array(repeating: ["by": ["external"], "counts": [:]], count: 2))
        let summary = try await AddTasks(market: small.market)(
            small.drafts(["k"]), to: batch, of: small.requester, by: small.manager)
        #expect(summary.added == 0 && summary.faultCount == 1)
        #expect(summary.faults.first?.reason.contains("--deidentify-with") == true)
        #expect(try await small.ills() == [])
    }

    @Test("where none is demanded, nothing is done, unless a program is given")
    func none() async throws {
        let (small, batch) = try await desk(.none)
        #expect(try await run([Self.line], small, batch).run.counts.added == 1)
        #expect(try await small.contents() == ["a": ["text": "Mail ann@x.org, ann@x.org or 123-45-6789"]])
        #expect(try await records(small) == [nil])
        _ = try await run([#"{"external_key":"s","payload":"secret"}"#], small, batch, with: Program())
        #expect(try await small.contents()["s"] == "X")
    }
}
