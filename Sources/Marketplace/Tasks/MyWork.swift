internal import Foundation
internal import Store

/// An assignment as its worker's list shows it; see ``ReadTask`` for what is to be done.
package struct WorkItem: Sendable {
    package let assignment: Assignment
    package let projectName: String

    init(row: Row) throws {
        assignment = try Assignment(row: row)
        projectName = try row["project_name"]
    }
}

/// What a worker has taken, by pages.
package struct MyWork: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - before: the last assignment of the page before; `nil` for the newest.
    ///   - limit: 1 to 200.
    ///   - actor: the worker.
    package func callAsFunction(
        before: Assignment.ID? = nil, limit: Int = 20, by actor: Principal.ID
    ) async throws -> [WorkItem] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read {
            try await $0.work(of: Worker.ID(actor.uuid), before: before, limit: limit)
        }
    }
}
