internal import Formats
internal import Store

/// Sets how much of a batch of a project one worker may do.
package struct SetShareLimit: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - basisPoints: of a batch's slots, in ten-thousandths, 1 to 10,000; `nil` for the larger of 2 % and twice an
    ///     equal share, and 20 tasks at least.
    ///   - actor: somebody who publishes for the requester.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound``.
    package func callAsFunction(
        _ basisPoints: Int?, of project: Project.ID, from requester: Requester.ID, by actor: Principal.ID
    ) async throws {
        guard (1...10_000).contains(basisPoints ?? 1) else { throw BadInput("share_bps", "must be 1 to 10000") }
        try await market.change { change in
            try await change.transaction.authorizePublisher(actor, for: requester)
            guard try await change.transaction.setShare(basisPoints, of: project, requester) else {
                throw NotFound("project")
            }
            try await change.record(
                "share_limit_set", by: actor, on: "project", project.uuid, in: .requester(requester),
                facts: ["share_bps": basisPoints.map { .integer(Int64($0)) } ?? .null])
        }
    }
}
