package import Formats
package import Foundation
internal import Store
internal import Tax

/// A withholding with where its payout stands.
package struct PlacedWithholding: Sendable {
    package let withholding: Withholding
    package let payout: PayoutBatch.ID
    package let state: PayoutBatchState
    /// When it was taken back, since the payment had come back.
    package let reversedAt: Date?
}

/// What was withheld of a worker's payments, with the lines that explain it, newest first.
package struct ListWithholdings: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    /// - Throws: ``AccessRefusal`` unless the actor is the worker or in finance.
    package func callAsFunction(
        of worker: Worker.ID, before last: Withholding.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [PlacedWithholding] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            if actor.uuid != worker.uuid { try await transaction.authorizeFinance(toSee: actor) }
            return try await transaction.withholdings(of: worker, before: last, limit: limit)
        }
    }
}

extension PlacedWithholding {
    package var json: JSON {
        var members = withholding.json.objectValue ?? [:]
        members["payout_batch"] = .string("\(payout)")
        members["payout_state"] = .string(state.rawValue)
        members["reversed_at"] = reversedAt.map { .string($0.formatted(.iso8601)) } ?? .null
        return .object(members)
    }
}
