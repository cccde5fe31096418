package import Foundation
internal import Store

/// A worker with their personal data, without what is sealed.
package struct WorkerRecord: Hashable, Sendable {
    package let summary: WorkerSummary
    /// `nil` once it was erased.
    package let registration: Registration?
    package let erasedAt: Date?
    package let hasPayoutMethod: Bool
    package let hasTaxProfile: Bool
    /// Duplicate cases that wait for an operator.
    package let openCases: Int
}

/// Shows a worker to themselves and to operators.
package struct ShowWorker: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal``, ``NotFound``.
    package func callAsFunction(_ worker: Worker.ID, by actor: Principal.ID) async throws -> WorkerRecord {
        try await market.database.read { transaction in
            try await transaction.authorizeSelf(worker, orOperatorToSee: actor)
            guard let record = try await transaction.workerRecord(worker) else { throw NotFound("worker") }
            return record
        }
    }
}
