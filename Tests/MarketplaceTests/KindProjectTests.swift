import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Projects of a kind", .scratchDatabase)
struct KindProjectTests {
    private func project(
        _ small: SmallMarket, _ kind: TaskKind, _ parameters: JSON
    ) async throws -> Project.ID {
        try await CreateProject(market: small.market)(
            ProjectDraft(
                externalKey: kind.rawValue, name: kind.definition.title, taskKind: kind, guideline: "As the kind says.",
                parameters: parameters
            ),
            of: small.requester, by: small.manager
        )
    }

    private func batch(_ small: SmallMarket, of project: Project.ID, _ drafts: [TaskDraft]) async throws -> (
        id: Batch.ID, summary: AddTasksSummary
    ) {
        let draft = BatchDraft(
            project: project, name: "b", profession: .lawyer, tier: .expert, requirement: .all([]),
            feeBasisPoints: 1_000, budget: try Money(5_000_000, small.usd), expectedMinutes: 30
        )
        let id = try await CreateBatch(market: small.market)(draft, of: small.requester, by: small.manager)
        let summary = try await AddTasks(market: small.market)(
            AsyncStream { stream in
                drafts.forEach { stream.yield($0) }
                stream.finish()
            }, to: id, of: small.requester, by: small.manager
        )
        return (id, summary)
    }

    private func pays(_ small: SmallMarket, _ kind: TaskKind) async throws {
        // After the card of the small market, which this one ends.
        Scratch.clock.advance(by: 1)
        try await OneRate.publish(2_000, kind, in: small.market, by: small.maker, and: small.checker)
    }

    @Test("take an answer that is right and refuse, with place and reason, one that only the kind can tell is wrong")
    func submission() async throws {
        let small = try await SmallMarket()
        let sample = try KindSample(#require(TaskKind(rawValue: "ranking")))
        try await pays(small, sample.kind)
        let project = try await project(small, sample.kind, sample.parameters)
        let (batch, _) = try await batch(
            small, of: project, [TaskDraft(externalKey: "t", payload: sample.input, referenceAnswers: [:])]
        )
        _ = try await PublishBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        let work = try await small.claim(small.worker("w"), batch)
        let submit = { (answer: JSON) in
            try await SubmitAnswer(market: small.market)(
                answer, for: work.id, token: work.leaseToken, by: Principal.ID(work.worker.uuid)
            )
        }
        let wrong = await refusal(SubmitRefusal.self) { try await submit(["order": ["a", "b", "b"]]) }
        guard case .invalidAnswer(let faults) = wrong else { return #expect(wrong?.code == "invalid_answer") }
        #expect(
            faults.map(\.description) == [
                "/order/2: must not be ranked twice", "/order: must rank all 3 candidates",
            ])
        #expect(await refusal(SubmitRefusal.self) { try await submit(["order": 1]) }?.code == "invalid_answer")
        _ = try await submit(sample.answer)
        #expect(try await small.ills() == [])
    }

    @Test("refuse inputs and reference answers at import, with place and reason; the rest goes in")
    func intake() async throws {
        let small = try await SmallMarket()
        let sample = try KindSample(#require(TaskKind(rawValue: "bounding_boxes")))
        try await pays(small, sample.kind)
        let project = try await project(small, sample.kind, sample.parameters)
        let outside = sample.answer.with(1_000, at: "/boxes/0/x")
        let (_, summary) = try await batch(
            small, of: project,
            [
                TaskDraft(externalKey: "a", payload: sample.input, referenceAnswers: ["gold": sample.answer]),
                TaskDraft(externalKey: "b", payload: sample.input.with(0, at: "/image/width")),
                TaskDraft(externalKey: "c", payload: sample.input, referenceAnswers: ["gold": outside]),
            ]
        )
        #expect(summary.added == 1)
        #expect(
            summary.faults.map(\.reason) == [
                "payload: /image/width: must be at least 1",
                "reference_answers.gold: /boxes/0/width: must end inside the image, which has a width of 1024",
            ])
    }

    @Test("are not made from parameters that the kind does not take")
    func parameters() async throws {
        let small = try await SmallMarket()
        func refused(_ parameters: JSON) async -> String? {
            await refusal(BadInput.self) { try await project(small, .judgement, parameters) }?.message
        }
        #expect(await refused([:]) == "parameters: the value: must have the member \"answers\"")
        #expect(
            await refused(["answers": ["yes", "yes"]])
                == "parameters: /answers: must not repeat an element: see element 1")
        #expect(await refused(["answers": ["a\u{0}", "b"]]) == "parameters: nests too deeply or contains U+0000")
        let long = (0..<1_000).map { JSON.string("\($0)" + String(repeating: "é", count: 190)) }
        #expect(await refused(["answers": .array(long)])?.hasPrefix("answer_schema: ") == true)
    }

    @Test("keep the schemas that they were made with")
    func stored() async throws {
        let small = try await SmallMarket()
        for kind in TaskKind.allCases {
            let sample = try KindSample(kind)
            let id = try await project(small, kind, sample.parameters)
            let found = try await small.market.database.read { try await $0.project(id, of: small.requester) }
            #expect(found?.taskKind == kind && found?.shape.parameters == sample.parameters)
            #expect(found?.shape.inputSchema == sample.shape.inputSchema)
            #expect(found?.shape.answerSchema == sample.shape.answerSchema)
        }
        #expect(try await small.count("select count(*) as n from project where kind_parameters is null") == 1)
    }
}
