internal import Foundation
internal import Store

/// What a version of a guideline asks to check again, by pages.
package struct ListRechecks: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - state: only those that stand there; `nil` for all.
    ///   - last: task and assignment of the last item of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: a publisher of the requester.
    /// - Returns: items in the order of tasks, and how far the list has come.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound`` for a version that lists nothing, such as the first.
    package func callAsFunction(
        _ version: Int, of id: Guideline.ID, from requester: Requester.ID, in state: RecheckState? = nil,
        after last: (task: WorkTask.ID, assignment: Assignment.ID)? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> (items: [RecheckItem], listing: RecheckListing) {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            guard let listing = try await transaction.listing(version, of: id, requester) else {
                throw NotFound("list of the version")
            }
            let items = try await transaction.rechecks(
                of: version, id, requester, in: state, after: last, limit: limit
            )
            return (items, listing)
        }
    }
}
