package import Foundation
internal import Store

/// An assignment of one of an agency's people, as the agency sees it: what, when and for how much; never the content.
package struct AgencyWorkItem: Hashable, Sendable {
    package let assignment: Assignment.ID
    /// The operator's key for the worker.
    package let workerKey: String
    package let projectName: String
    package let state: AssignmentState
    package let leasedAt: Date
    /// What the worker was promised for it.
    package let pay: Money
}

/// What an agency's people have taken while they were its people, newest first, and nobody else's work.
package struct AgencyWork: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - before: the last assignment of the page before; `nil` for the newest.
    ///   - limit: 1 to 200.
    ///   - actor: a manager of that agency, or an operator.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        of team: Team.ID, before: Assignment.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [AgencyWorkItem] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizeTeam(toSee: actor, team)
            return try await transaction.agencyWork(of: team, before: before, limit: limit)
        }
    }
}
