internal import Consensus
internal import Foundation
internal import Store

/// Works out whom to ask: for batches that stop by the posterior, how much one more answer by each worker would settle
/// the tasks that ask for one, by their confusion and by what those tasks' answers come to. Routing gives it to a
/// pair's value (``Transaction/routingGains(of:to:)``).
package struct RateAskers: Sendable {
    /// Seconds from one rating of a batch to its next, and after which one does not count any more.
    static let period: TimeInterval = 60
    static let keptSeconds: TimeInterval = 900
    /// Tasks of a batch that are looked at, and workers: those with the most answers.
    static let tasksMax = 50
    static let workersMax = 2_000

    let market: Market

    package init(market: Market) { self.market = market }

    /// One batch whose turn it is, in a transaction. Several may run at once, each at another batch.
    ///
    /// - Returns: whether there was one.
    /// - Throws: ``ContentRefusal/keysMissing``; ``VaultRefusal``.
    package func callAsFunction() async throws -> Bool {
        try await market.log { change in
            guard let turn = try await change.transaction.takeBatchToRate() else { return false }
            let gains = try await change.gains(of: turn)
            try await change.transaction.keepGains(gains, of: turn.batch)
            return true
        }
    }
}

/// A batch whose turn it is.
struct AskingBatch: Sendable {
    let batch: Batch.Key
    let project: Project.ID
    let redundancy: Int
    let function: WorkFunction
    let shape: ProjectShape
}

/// How much likelier the likeliest answer of a task is expected to be after one more answer, in millionths: by somebody
/// of whom nothing is known, and by workers.
struct AnswerGains: Sendable {
    let usual: Int64
    let byWorker: [(worker: Worker.ID, gain: Int64)]
}

extension Change {
    /// `nil` where no fit can be trusted, and where no task asks for one more.
    fileprivate func gains(of asking: AskingBatch) async throws -> AnswerGains? {
        let requester = asking.batch.requester
        guard let classes = AnswerClasses(asking.shape), let key = try await presentKey(of: requester, asking.function),
            let fit = try await transaction.newestFit(of: asking.project, requester),
            try fit.value("is_trusted", as: Bool?.self) ?? false
        else { return nil }
        let (world, _) = try LabelWorld.kept(fit, classes, key, in: asking.project)
        let posteriors = try await transaction.posteriorsAsking(in: asking, limit: RateAskers.tasksMax)
            .compactMap { try $0.evidence(key) }.map { world.calibration.applied(to: $0.posterior) }
        guard !posteriors.isEmpty else { return nil }
        func gain(_ table: ConfusionTable) -> Int64 {
            let sum = posteriors.reduce(0.0) { $0 + world.expectedGain(of: $1, by: table) }
            return TaskEvidence.millionths(sum / Double(posteriors.count))
        }
        let tables = try await transaction.tables(of: asking.project, requester, limit: RateAskers.workersMax)
        return AnswerGains(
            usual: gain(ConfusionTable(answerCount: classes.names.count)),
            byWorker: try tables.map { stored in
                let opened = try stored.opened(classes, key, in: asking.project)
                return (worker: stored.worker, gain: gain(opened.table))
            })
    }
}
