import Formats
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Answers, known answers and suggestions are sealed", .scratchDatabase)
struct SealedAnswersTests {
    private let canary = "Canary-7Q"

    /// A market with one answer that quotes a task, whose known answer and suggestion do as well.
    private func market() async throws -> (small: SmallMarket, batch: Batch.ID, work: Assignment) {
        let small = try await SmallMarket()
        let batch = try await CreateBatch(market: small.market)(
            small.draft("b"), of: small.requester, by: small.manager)
        let suggestion = TaskSuggestion(
            source: "model", version: "1", answer: ["label": .string(canary)])
        let draft = TaskDraft(
            externalKey: "t", payload: ["text": "x"],
            referenceAnswers: ["gold": ["label": .string(canary)]], suggestion: suggestion
        )
        let drafts = AsyncStream { stream in
            stream.yield(draft)
            stream.finish()
        }
        _ = try await AddTasks(market: small.market)(drafts, to: batch, of: small.requester, by: small.manager)
        _ = try await PublishBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        let work = try await small.claim(small.lawyer("ann"), batch)
        let actor = Principal.ID(work.worker.uuid)
        let read = try await ReadTask(market: small.market)(work.id, by: actor)
        #expect(read.suggestion?.answer["label"] == .string(canary))
        _ = try await SubmitAnswer(market: small.market)(
            ["label": .string(canary)], for: work.id, token: work.leaseToken, by: actor)
        return (small, batch, work)
    }

    private func export(_ small: SmallMarket, _ batch: Batch.ID) async throws -> String {
        var text = ""
        _ = try await ExportResults(market: small.market)(
            .batch(batch), of: small.requester, .counted, as: ResultWriter.Settings(.jsonl), by: small.manager,
            to: { text += String(decoding: $0, as: UTF8.self) }
        )
        return text
    }

    @Test("no table holds them in the clear, and whoever may read them does")
    func sealed() async throws {
        let (small, batch, work) = try await market()
        #expect(try await Residue.tables(with: canary) == [])
        #expect(try await small.count("select count(*) as n from suggestion_use where is_copy") == 1)
        let read = try await ReadSubmission(market: small.market)(work.id, of: small.requester, by: small.reviewer)
        #expect(read.answer["label"] == .string(canary))
        #expect(try await export(small, batch).contains(canary))
        let known = try await small.market.knownAnswers(of: [work.task], small.requester)
        #expect(known[work.task]?["gold"]?["label"] == .string(canary))
        #expect(try await small.ills() == [])
    }

    @Test("those of before are read as they are, and sealed by the command; then they go with the key")
    func earlier() async throws {
        let (small, batch, work) = try await market()
        let clear: JSON = ["label": .string(canary)]
        try await Scratch.asOwner {
            try await $0.execute("update submission set sealed = null, answer = \(clear)")
            try await $0.execute("update reference_answer set sealed = null, answer = \(clear)")
            try await $0.execute("update task_suggestion set sealed = null, suggestion = \(clear)")
        }
        #expect(try await Residue.tables(with: canary).count == 3)
        #expect(try await export(small, batch).contains(canary))
        #expect(try await small.ills() == [])
        let seal = SealContent(market: small.market)
        #expect(try await seal(limit: 2, by: small.manager) == 2)
        #expect(try await seal(limit: 2, by: small.manager) == 1)
        #expect(try await seal(by: small.manager) == 0)
        #expect(try await Residue.tables(with: canary) == [])
        #expect(try await export(small, batch).contains(canary))
        #expect(try await small.ills() == [])

        _ = try await small.review(work)
        _ = try await CloseBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        let destroy = DestroyRequesterKey(market: small.market)
        try await destroy.propose(small.requester, reasons: "The contract ended.", by: small.manager)
        try await destroy.confirm(small.requester, by: small.second)
        #expect(try await export(small, batch).contains("\"answer\":null"))
        #expect(try await small.market.knownAnswers(of: [work.task], small.requester) == [:])
        #expect(try await small.ills() == [])
    }

    @Test("an answer does not open as another's, nor as a draft or a known answer")
    func bound() async throws {
        let (small, _, work) = try await market()
        let key = try await small.market.change { change in
            try #require(try await change.presentKey(ofTask: work.task, small.requester))
        }
        let sealed = try key.seal(["a": 1], as: .answer(to: work.id))
        #expect(try key.open(sealed, as: .answer(to: work.id)) == ["a": 1])
        let others: [ContentPlace] = [
            .answer(to: Assignment.ID(work.task.uuid)), .draft(of: work.task, by: work.worker),
            .known(of: work.task, source: "gold"), .suggestion(of: work.task), .payload(of: work.task),
        ]
        for place in others {
            #expect(throws: VaultRefusal.unreadable) { try key.open(sealed, as: place) }
        }
    }
}
