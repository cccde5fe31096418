package import Foundation
internal import Store

/// How long tasks of a kind take from lease to answer.
package struct ServicePace: Hashable, Sendable {
    /// So many answers must be known before it counts; until then a task is thought to take as long as a lease lasts.
    package static let samplesLeast = 20
    /// Batches in work that are looked at, the newest first, and answers of each.
    static let batchesMax = 1_000
    static let answersMax = 50

    package let kind: TaskKind
    package let samples: Int
    /// Nine of ten are done within that share of their expected duration, in thousandths.
    package let p90Permille: Int64
    package let learntAt: Date
}

/// Learns from accepted work of the batches that are in work how long tasks take.
package struct LearnServicePace: Sendable {
    /// How often it is worth it.
    package static let everySeconds: TimeInterval = 86_400
    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded transaction. What was learnt within a day is left as it is, so that many may ask.
    ///
    /// - Parameter actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Returns: how many kinds were learnt; 0 where it was done lately.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(by actor: Principal.ID) async throws -> Int {
        try await market.log { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            let before = transaction.instant - Self.everySeconds
            guard try await transaction.isPaceOlder(than: before) else { return 0 }
            return try await transaction.learnPaces()
        }
    }
}
