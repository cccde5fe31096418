package import Foundation
internal import Store

/// A worker as operators list them: without personal data.
package struct WorkerSummary: Hashable, Sendable {
    package let id: Worker.ID
    package let externalKey: String
    package let state: Worker.State
    /// ISO 3166-1 alpha-2.
    package let country: String
    package let registeredAt: Date
}

/// Shows operators the workers in one state, oldest first.
package struct ListWorkers: Sendable {
    package static let pageMax = 200
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - worker: the last one of the page before; `nil` for the first page.
    ///   - limit: 1 to 200.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(
        in state: Worker.State, after worker: Worker.ID? = nil, limit: Int = pageMax, by actor: Principal.ID
    ) async throws -> [WorkerSummary] {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            return try await transaction.workers(in: state, after: worker, limit: min(max(limit, 1), Self.pageMax))
        }
    }
}
