internal import Formats
internal import Store

/// Sets a project's part of the work that is given out beside other projects of the same priority.
package struct WeighProject: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - weight: 1 to 1,000; a project of 2 is served twice as often as one of 1.
    ///   - actor: an operator: it is at other requesters' cost.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound``.
    package func callAsFunction(
        _ project: Project.ID, of requester: Requester.ID, weight: Int, by actor: Principal.ID
    ) async throws {
        guard (1...1_000).contains(weight) else { throw BadInput("weight", "must be 1 to 1000") }
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            guard let old = try await change.transaction.weigh(project, of: requester, weight) else {
                throw NotFound("project")
            }
            try await change.record(
                "project_weighed", by: actor, on: "project", project.uuid, in: .requester(requester),
                facts: ["weight": .integer(Int64(weight)), "was": .integer(Int64(old))]
            )
        }
    }
}
