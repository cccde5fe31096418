internal import Formats
internal import Foundation
internal import Store

/// Enters a guideline with its first version.
package struct AddGuideline: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Idempotent by requester and external key: an existing guideline of that key is returned as it is.
    ///
    /// - Parameters:
    ///   - externalKey: 1 to 200 characters.
    ///   - name: 1 to 200 characters.
    ///   - text: Markdown, 1 to 100,000 characters.
    ///   - actor: a publisher of the requester.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound``.
    package func callAsFunction(
        externalKey: String, name: String, text: String, of requester: Requester.ID, by actor: Principal.ID
    ) async throws -> Guideline.ID {
        try externalKey.mustHave(1...200, as: "external_key")
        try name.mustHave(1...200, as: "name")
        try text.mustHave(1...Guideline.textMax, as: "guideline")
        return try await market.change { change in
            try await change.transaction.authorizePublisher(actor, for: requester)
            guard try await change.transaction.requesterExists(requester) else { throw NotFound("requester") }
            if let fresh = try await change.addGuideline(
                externalKey: externalKey, name: name, text: text, version: 1, of: requester, by: actor
            ) {
                return fresh
            }
            guard let found = try await change.transaction.guideline(of: requester, externalKey: externalKey) else {
                throw NotFound("guideline")
            }
            return found.id
        }
    }
}

extension Change {
    /// - Returns: `nil` when the external key was taken; then nothing was changed.
    func addGuideline(
        externalKey: String, name: String, text: String, version: Int, of requester: Requester.ID,
        by actor: Principal.ID
    ) async throws -> Guideline.ID? {
        let fresh: Guideline.ID = make()
        guard
            try await transaction.insertGuideline(
                fresh, of: requester, externalKey: externalKey, name: name, version: version
            )
        else { return nil }
        let draft = GuidelineDraft(text: text, changes: "The first version.", scope: .nothing)
        try await transaction.insertGuidelineVersion(version, of: fresh, requester, draft, by: actor)
        try await record(
            "guideline_added", by: actor, on: "guideline", fresh.uuid, in: .requester(requester),
            facts: ["external_key": .string(externalKey), "version": .integer(Int64(version))]
        )
        return fresh
    }
}
