internal import Formats
package import Foundation
internal import Store

/// Makes a new draft with the settings of a batch, priced anew by the rate card of now. Tasks are not copied: their
/// external keys are unique in a project. Nor is the deadline.
package struct CloneBatch: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Idempotent by project and name, as ``CreateBatch`` is.
    ///
    /// - Parameters:
    ///   - name: of the new batch; 1 to 200 characters, unique in the project.
    ///   - dueAt: of the new batch.
    ///   - actor: a publisher of the requester.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound``; ``BatchRefusal/nameTaken(field:)``,
    ///   ``BatchRefusal/noRate``.
    package func callAsFunction(
        _ id: Batch.ID, of requester: Requester.ID, as name: String, dueAt: Date? = nil, by actor: Principal.ID
    ) async throws -> Batch.ID {
        try name.mustHave(1...200, as: "name")
        return try await market.change { change in
            try await change.transaction.authorizePublisher(actor, for: requester)
            guard
                let draft = try await change.transaction.draft(likeBatch: id, of: requester, named: name, dueAt: dueAt)
            else { throw NotFound("batch") }
            try draft.validate()
            return try await change.create(draft, of: requester, by: actor)
        }
    }
}
