import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Batches", .scratchDatabase)
struct BatchTests {
    @Test("hold tasks x redundancy x (pay + fee) when they are published, and give the rest back when they close")
    func holdAndRelease() async throws {
        let small = try await SmallMarket(wallet: 100_000)
        let batch = try await small.batch(small.draft("b", redundancy: 3, budget: 13_200), tasks: 2)
        let wallet = AccountKey.wallet(of: small.requester, small.usd)
        let hold = AccountKey.hold(ofBatch: batch.uuid, small.usd)
        #expect(try await small.balance(hold) == 13_200)
        #expect(try await small.balance(wallet) == 86_800)
        let worker = try await small.lawyer("w")
        try await small.earn(worker, batch)
        let released = try await CloseBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        #expect(released.minorUnits == 11_000)
        #expect(try await small.balance(wallet) == 97_800)
        #expect(try await small.count("select count(*) as n from slot where state = 'withdrawn'") == 5)
        #expect(try await small.count("select count(*) as n from task where state = 'closed'") == 2)
        #expect(try await small.ills() == [])
    }

    @Test("are not published over their budget, without funds, without tasks or twice; nothing is held then")
    func publishRefusals() async throws {
        let small = try await SmallMarket(wallet: 4_399)
        let publish = PublishBatch(market: small.market)
        let refuses = { (batch: Batch.ID) in
            await refusal(BatchRefusal.self) { try await publish(batch, of: small.requester, by: small.manager) }
        }
        let dear = try await small.batch(small.draft("dear", budget: 4_399), tasks: 2, publish: false)
        #expect(await refuses(dear) == .overBudget(worstCase: 4_400, budget: 4_399))
        let unfunded = try await small.batch(small.draft("unfunded"), tasks: 2, publish: false)
        #expect(await refuses(unfunded) == .notFunded(worstCase: 4_400))
        let empty = try await small.batch(small.draft("empty"), tasks: 0, publish: false)
        #expect(await refuses(empty) == .noTasks)
        let good = try await small.batch(small.draft("good"), tasks: 1)
        #expect(await refuses(good) == .wrongState(.open, .publish))
        #expect(try await small.count("select count(*) as n from slot where state = 'open'") == 5)
        #expect(try await small.ills() == [])
    }

    @Test("are not closed while somebody works on them or an answer waits")
    func closeInFlight() async throws {
        let small = try await SmallMarket()
        let batch = try await small.batch(small.draft("b"), tasks: 1)
        let work = try await small.claim(small.lawyer("w"), batch)
        let close = {
            await refusal(BatchRefusal.self) {
                try await CloseBatch(market: small.market)(batch, of: small.requester, by: small.manager)
            }
        }
        #expect(await close() == .workInFlight)
        try await small.submit(work)
        #expect(await close() == .workInFlight)
        try await small.review(work)
        _ = try await CloseBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        #expect(await close() == .wrongState(.closed, .close))
    }

    @Test("give out no work while they are paused")
    func pause() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let batch = try await small.batch(small.draft("b"), tasks: 1)
        let pause = PauseBatch(market: small.market)
        try await pause(batch, of: small.requester, by: small.manager)
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) } == .batchNotOpen(.paused))
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker) } == .noOpenBatch)
        try await pause.resume(batch, of: small.requester, by: small.manager)
        _ = try await small.claim(worker, batch)
    }

    @Test("need a rate that is in force")
    func noRate() async throws {
        let small = try await SmallMarket()
        let draft = BatchDraft(
            project: small.project, name: "b", profession: .physician, tier: .expert, requirement: .all([]),
            feeBasisPoints: 0, budget: try Money(1, small.usd), expectedMinutes: 1
        )
        #expect(
            await refusal(BatchRefusal.self) {
                try await CreateBatch(market: small.market)(draft, of: small.requester, by: small.manager)
            } == .noRate)
    }

    @Test("take each task once, however often it is added; faults do not stop the rest")
    func addTasks() async throws {
        let small = try await SmallMarket()
        let batch = try await small.batch(small.draft("b", redundancy: 2), tasks: 0, publish: false)
        let add = AddTasks(market: small.market)
        let first = try await add(small.drafts(["a", "b", "a"]), to: batch, of: small.requester, by: small.manager)
        #expect((first.added, first.unchanged, first.faultCount) == (2, 1, 0))
        let bad = AsyncStream { stream in
            stream.yield(TaskDraft(externalKey: "", payload: nil))
            stream.yield(TaskDraft(externalKey: "n", payload: ["text": "a\u{0}b"]))
            stream.yield(TaskDraft(externalKey: "r", payload: nil, referenceAnswers: ["gold": ["label": 1]]))
            stream.yield(TaskDraft(externalKey: "b", payload: nil))
            stream.yield(TaskDraft(externalKey: "c", payload: nil))
            stream.finish()
        }
        let second = try await add(bad, to: batch, of: small.requester, by: small.manager)
        #expect((second.added, second.unchanged, second.faultCount) == (1, 1, 3))
        #expect(second.faults.map(\.position) == ["task 1 ()", "task 2 (n)", "task 3 (r)"])
        #expect(try await small.count("select count(*) as n from slot where state = 'open'") == 6)
        #expect(try await small.count("select count(*) as n from reference_answer") == 2)
        _ = try await PublishBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        #expect(
            await refusal(BatchRefusal.self) {
                try await add(small.drafts(["z"]), to: batch, of: small.requester, by: small.manager)
            } == .notDraft(.open))
    }

    @Test("take more tasks than fit into one chunk")
    func manyTasks() async throws {
        let small = try await SmallMarket(wallet: 100_000_000)
        let batch = try await small.batch(small.draft("b", budget: 100_000_000), tasks: 25_000)
        #expect(try await small.count("select count(*) as n from slot where state = 'open'") == 25_000)
        #expect(try await small.balance(.hold(ofBatch: batch.uuid, small.usd)) == 25_000 * 2_200)
        _ = try await CloseBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        #expect(try await small.ills() == [])
    }

    @Test("and what they belong to are found, not made again, by the names their requester gave")
    func idempotent() async throws {
        let small = try await SmallMarket()
        let create = CreateRequester(market: small.market)
        #expect(try await create(externalKey: "acme", name: "Acme", by: small.manager) == small.requester)
        let batch = try await small.batch(small.draft("b"), tasks: 1)
        let createBatch = CreateBatch(market: small.market)
        #expect(try await createBatch(small.draft("b"), of: small.requester, by: small.manager) == batch)
        func project(_ name: String) -> ProjectDraft {
            ProjectDraft(
                externalKey: "clauses", name: name, taskKind: .extraction, guideline: "x",
                answerSchema: SmallMarket.schema
            )
        }
        let createProject = CreateProject(market: small.market)
        #expect(try await createProject(project("Clauses"), of: small.requester, by: small.manager) == small.project)
        #expect(
            await refusal(ProjectRefusal.self) {
                try await createProject(project("Other"), of: small.requester, by: small.manager)
            } == .keyTaken(field: "name"))
    }

    @Test("belong to their requester: another's key may not touch them, nor may a schema be wrong")
    func access() async throws {
        let small = try await SmallMarket()
        let create = CreateRequester(market: small.market)
        let other = try await create(externalKey: "other", name: "Other", by: small.manager)
        let key = try await CreatePrincipal(market: small.market)(
            .key, named: "other's key", roles: [.requester], for: other, by: small.manager
        )
        let batch = try await small.batch(small.draft("b"), tasks: 1, publish: false)
        #expect(
            await refusal(AccessRefusal.self) {
                try await PublishBatch(market: small.market)(batch, of: small.requester, by: key)
            } == .roleMissing(.requester))
        #expect(
            await refusal(NotFound.self) {
                try await PublishBatch(market: small.market)(batch, of: other, by: key)
            } != nil)
        #expect(
            await refusal(BadInput.self) {
                try await CreateProject(market: small.market)(
                    ProjectDraft(
                        externalKey: "x", name: "x", taskKind: .extraction, guideline: "x", answerSchema: ["minimun": 1]
                    ),
                    of: other, by: key
                )
            }?.field == "answer_schema")
    }
}
