internal import Formats
internal import Foundation
internal import Store

/// Sets how the answers of a project are judged from now on.
package struct SetReviewPolicy: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: somebody who publishes for the requester.
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func callAsFunction(
        _ policy: ReviewPolicy, of project: Project.ID, from requester: Requester.ID, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorizePublisher(actor, for: requester)
            guard try await transaction.project(project, of: requester) != nil else { throw NotFound("project") }
            try await change.lockReviewPolicy(of: project, requester)
            try await transaction.setReviewPolicy(policy, of: project, requester, by: actor)
            try await change.record(
                "review_policy_set", by: actor, on: "project", project.uuid, in: .requester(requester),
                facts: policy.json)
        }
    }

    /// What is in force.
    ///
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func now(
        of project: Project.ID, from requester: Requester.ID, by actor: Principal.ID
    ) async throws -> ReviewPolicy {
        try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            guard try await transaction.project(project, of: requester) != nil else { throw NotFound("project") }
            return try await transaction.reviewPolicy(ofProject: project, requester) ?? .unset
        }
    }
}

extension Change {
    /// Keeps everybody else from setting it until this transaction ends; nothing is locked after it.
    package func lockReviewPolicy(of project: Project.ID, _ requester: Requester.ID) async throws {
        try await transaction.advisoryLock(AdvisoryLock("review_policy", "\(requester)", "\(project)"))
    }
}
