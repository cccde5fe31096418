package import Foundation
internal import Store

/// Keeps what a routing round said about the work and the workers that it left without offers; a log of its own, which
/// changes nothing in the market. What was said before, and is said again, is not written again.
package struct KeepExplanations: Sendable {
    /// Batches and workers in one piece.
    package static let most = 1_000
    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded transaction. Several schedulers may write at once; the last one's word about a worker stays.
    ///
    /// - Parameters:
    ///   - batches: up to 1,000, each once.
    ///   - workers: up to 1,000, each once.
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        batches: [UnroutedBatch], workers: [UnroutedWorker], by actor: Principal.ID
    ) async throws {
        guard batches.count <= Self.most else { throw BadInput("batches", "must be \(Self.most) or fewer") }
        guard workers.count <= Self.most else { throw BadInput("workers", "must be \(Self.most) or fewer") }
        // In one order everywhere, so that no two wait for each other.
        let batches = batches.sorted { $0.batch.id < $1.batch.id }
        let workers = workers.sorted { $0.worker < $1.worker }
        try await market.log { change in
            try await change.transaction.authorize(actor, as: .operator)
            if !batches.isEmpty { try await change.transaction.keep(batches) }
            if !workers.isEmpty { try await change.transaction.keep(workers) }
        }
    }
}

/// Forgets explanations whose time is over: those of offers after 90 days, those of batches 30 days after they were
/// said last, those of workers after 30 days.
package struct ForgetExplanations: Sendable {
    package static let offerSeconds: TimeInterval = 90 * 86_400
    package static let otherSeconds: TimeInterval = 30 * 86_400
    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded transaction. Call it again at once while it returns `most` or more.
    ///
    /// - Parameters:
    ///   - most: of each, 1 to 1,000.
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Returns: how many were forgotten.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(most: Int = 500, by actor: Principal.ID) async throws -> Int {
        guard (1...1_000).contains(most) else { throw BadInput("most", "must be 1 to 1,000") }
        return try await market.log { change in
            try await change.transaction.authorize(actor, as: .operator)
            return try await change.transaction.forgetExplanations(
                ofOffersBefore: change.instant - Self.offerSeconds, others: change.instant - Self.otherSeconds,
                most: most)
        }
    }
}
