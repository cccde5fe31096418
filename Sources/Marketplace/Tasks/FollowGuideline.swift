internal import Formats
internal import Foundation
internal import Store

/// Says which guideline, and which version of it, the workers of a project are told from the next lease on. Those who
/// hold a lease keep what they were told.
package struct FollowGuideline: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - pin: the version to stay at; `nil` to follow the newest.
    ///   - actor: a publisher of the requester.
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func callAsFunction(
        _ guideline: Guideline.ID, pin: Int?, by project: Project.ID, of requester: Requester.ID,
        actor: Principal.ID
    ) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorizePublisher(actor, for: requester)
            guard let found = try await transaction.guideline(guideline, of: requester) else {
                throw NotFound("guideline")
            }
            if let pin, try await transaction.guidelineVersion(pin, of: guideline, requester) == nil {
                throw NotFound("version of the guideline")
            }
            guard try await transaction.follow(guideline, pin: pin, by: project, of: requester) else {
                throw NotFound("project")
            }
            try await change.record(
                "guideline_followed", by: actor, on: "project", project.uuid, in: .requester(requester),
                facts: [
                    "guideline": .string(found.externalKey), "pin": pin.map { .integer(Int64($0)) } ?? .null,
                ]
            )
        }
    }
}
