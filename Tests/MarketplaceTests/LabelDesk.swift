import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

/// A market with a project of classifications, whose answers are weighed.
struct LabelDesk: Sendable {
    let small: SmallMarket
    let project: Project.ID

    init(labels: [String] = ["a", "b"]) async throws {
        small = try await SmallMarket(wallet: 1_000_000_000)
        let kind = try #require(TaskKind(rawValue: "classification"))
        Scratch.clock.advance(by: 1)
        try await OneRate.publish(SmallMarket.pay, kind, in: small.market, by: small.maker, and: small.checker)
        project = try await CreateProject(market: small.market)(
            ProjectDraft(
                externalKey: "labels", name: "Labels", taskKind: kind, guideline: "Choose.",
                parameters: ["labels": .array(labels.map(JSON.string)), "rationale": "optional"]
            ),
            of: small.requester, by: small.manager
        )
    }

    /// A published batch with that many tasks.
    ///
    /// - Parameter gold: the known answer of each, by its number.
    func batch(
        _ name: String = "b", redundancy: Int = 3, adaptive: AdaptiveRedundancy? = nil, tasks: Int = 1,
        gold: (@Sendable (Int) -> String)? = nil
    ) async throws -> Batch.ID {
        let id = try await CreateBatch(market: small.market)(
            BatchDraft(
                project: project, name: name, profession: .lawyer, tier: .expert, requirement: .all([]),
                redundancy: redundancy, feeBasisPoints: 1_000, budget: Money(900_000_000, small.usd),
                expectedMinutes: 1, adaptive: adaptive
            ),
            of: small.requester, by: small.manager
        )
        let drafts = AsyncStream<TaskDraft> { stream in
            for number in 0..<tasks {
                stream.yield(
                    TaskDraft(
                        externalKey: "\(name)-\(number)", payload: ["text": "x"],
                        referenceAnswers: gold.map { ["gold": ["label": .string($0(number))]] } ?? [:]))
            }
            stream.finish()
        }
        _ = try await AddTasks(market: small.market)(drafts, to: id, of: small.requester, by: small.manager)
        _ = try await PublishBatch(market: small.market)(id, of: small.requester, by: small.manager)
        return id
    }

    func crew(_ count: Int) async throws -> [Worker.ID] {
        var crew: [Worker.ID] = []
        for number in 0..<count { crew.append(try await small.worker("w\(number)")) }
        return crew
    }

    @discardableResult
    func answer(_ worker: Worker.ID, _ batch: Batch.ID, _ label: String) async throws -> Assignment {
        Scratch.clock.advance(by: 1)
        let work = try await small.claim(worker, batch)
        try await small.submit(work, label)
        return work
    }

    func posterior(_ task: WorkTask.ID) async throws -> TaskPosterior? {
        try await ReadPosterior(market: small.market)(task, of: small.requester, by: small.manager)
    }

    /// How likely the first label is, in thousandths.
    func first(_ task: WorkTask.ID) async throws -> Int {
        Int(try #require(try await posterior(task)).millionths[0] / 1_000)
    }

    /// How many answers each worker's table holds.
    func counted() async throws -> [Int] {
        try await small.market.database.read { transaction in
            try await transaction.rows("select answers from confusion_table order by worker_id").map {
                try $0["answers"]
            }
        }
    }

    func reweigh() async throws -> Int { try await ReweighAnswers(market: small.market)() }
}
