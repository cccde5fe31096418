package import Foundation
internal import Store

/// Says why work was or was not offered, from what the rounds kept: a worker reads their own part, a requester counts
/// by reason, an operator everything.
package struct ExplainRouting: Sendable {
    /// For whom it is told.
    package enum Reader: String, Sendable, CaseIterable {
        case `operator`, requester
    }

    let market: Market

    package init(market: Market) { self.market = market }

    /// What was said of a batch: the newest first, which is what holds, then what held before.
    ///
    /// - Parameters:
    ///   - before: when the last one of the page before began.
    ///   - limit: 1 to 200.
    ///   - reader: as whom the actor reads it.
    ///   - actor: an operator, or for the reader ``Reader/requester`` a publisher of the requester.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``.
    package func callAsFunction(
        _ batch: Batch.Key, before: Date? = nil, limit: Int = 1, as reader: Reader, by actor: Principal.ID
    ) async throws -> [BatchExplanation] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            switch reader {
            case .operator: try await transaction.authorize(actor, toSeeAs: .operator)
            case .requester: try await transaction.authorizePublisher(toSee: actor, for: batch.requester)
            }
            guard try await transaction.batchState(of: batch) != nil else { throw NotFound("batch") }
            let found = try await transaction.explanations(of: batch, before: before, limit: limit)
            switch reader {
            case .operator: return found
            case .requester: return found.map(\.forRequester)
            }
        }
    }

    /// Why an offer was made.
    ///
    /// - Parameters:
    ///   - worker: whose offer it is.
    ///   - actor: the worker, who reads their own part; or an operator.
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func callAsFunction(
        _ offer: Offer.ID, of worker: Worker.ID, by actor: Principal.ID
    ) async throws -> ExplainedOffer {
        try await market.database.read { transaction in
            let isOwn = actor.uuid == worker.uuid
            if !isOwn { try await transaction.authorize(actor, toSeeAs: .operator) }
            guard let found = try await transaction.offer(offer, to: worker) else { throw NotFound("offer") }
            let explanation = try await transaction.explanation(of: found)
            return ExplainedOffer(
                offer: found, explanation: isOwn ? explanation?.ownPart : explanation, isWhole: !isOwn)
        }
    }

    /// Why a worker was offered nothing, as it was said last.
    ///
    /// - Parameter actor: the worker, or an operator.
    /// - Returns: `nil` where nothing was said of them lately.
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func callAsFunction(_ worker: Worker.ID, by actor: Principal.ID) async throws -> WorkerExplanation? {
        try await market.database.read { transaction in
            if actor.uuid != worker.uuid { try await transaction.authorize(actor, toSeeAs: .operator) }
            guard try await transaction.workerStanding(worker) != nil else { throw NotFound("worker") }
            return try await transaction.explanation(of: worker)
        }
    }
}
