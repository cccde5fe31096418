internal import Formats
internal import Foundation
internal import Store

/// Publishes a new version of a guideline and lists which earlier answers it asks to check again.
///
/// The list is exact. Answers are handed in under a shared lock of their guideline and a version is published under the
/// exclusive one, so that each answer under an earlier version is either there when the list is made, or adds itself
/// to it when it is handed in (``Change/listForRecheck(_:under:)``).
package struct PublishGuideline: Sendable {
    /// How many steps of a list are taken in the publishing transaction; those who hand in wait for as long.
    private static let stepsMax = 5

    let market: Market
    private let answersPerStep: Int

    /// - Parameter answersPerStep: how many assignments a step looks at, 1 to 10,000.
    package init(market: Market, answersPerStep: Int = 2_000) {
        (self.market, self.answersPerStep) = (market, answersPerStep)
    }

    /// - Parameter actor: a publisher of the requester.
    /// - Returns: the number of the version, and how far its list has come: where there is very much to look at,
    ///   ``ListOn`` has to take the rest.
    /// - Throws: ``BadInput``, also for a scope that names a project that is not there; ``AccessRefusal``;
    ///   ``NotFound``; ``GuidelineRefusal``.
    package func callAsFunction(
        _ draft: GuidelineDraft, of id: Guideline.ID, from requester: Requester.ID, by actor: Principal.ID
    ) async throws -> RecheckListing {
        try draft.validate()
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorizePublisher(actor, for: requester)
            let locked = try await change.lockForPublishing(id, of: requester)
            let change = try await change.afterWaiting()
            guard let guideline = locked,
                let newest = try await transaction.guidelineVersion(guideline.newestVersion, of: id, requester)
            else { throw NotFound("guideline") }
            guard newest.hash != Digest(of: draft.text) else { throw GuidelineRefusal.unchanged(newest.number) }
            guard newest.number < 1_000_000 else { throw GuidelineRefusal.noMoreVersions }
            for key in draft.scope.projectKeys.sorted() {
                guard try await transaction.project(of: requester, externalKey: key) != nil else {
                    throw BadInput("scope.projects", "there is no project called '\(key)'")
                }
            }
            let number = newest.number + 1
            try await change.transaction.insertGuidelineVersion(number, of: id, requester, draft, by: actor)
            try await change.transaction.moveGuideline(id, of: requester, to: number)
            try await change.transaction.beginListing(number, of: id, requester)
            var listing = RecheckListing(version: number, listed: 0, isComplete: false)
            for _ in 0..<Self.stepsMax where !listing.isComplete {
                listing = try await change.listStep(number, of: id, requester, draft.scope, most: answersPerStep)
            }
            try await change.record(
                "guideline_published", by: actor, on: "guideline", id.uuid, in: .requester(requester),
                facts: [
                    "version": .integer(Int64(number)), "text_sha256": .string(Digest(of: draft.text).hexadecimal),
                    "rechecks": .integer(Int64(listing.listed)), "is_complete": .bool(listing.isComplete),
                ]
            )
            return listing
        }
    }
}

/// Takes the next step of the list of a version that was published over very many answers.
package struct ListOn: Sendable {
    let market: Market
    private let answersPerStep: Int

    /// - Parameter answersPerStep: how many assignments a step looks at, 1 to 10,000.
    package init(market: Market, answersPerStep: Int = 10_000) {
        (self.market, self.answersPerStep) = (market, answersPerStep)
    }

    /// One bounded transaction. Call it again until the list is complete; it goes on where it was cut off.
    ///
    /// - Throws: ``AccessRefusal``; ``NotFound`` for a version that lists nothing, such as the first.
    package func callAsFunction(
        _ version: Int, of id: Guideline.ID, from requester: Requester.ID, by actor: Principal.ID
    ) async throws -> RecheckListing {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorizePublisher(actor, for: requester)
            guard let found = try await transaction.guidelineVersion(version, of: id, requester) else {
                throw NotFound("version of the guideline")
            }
            let listing = try await change.listStep(version, of: id, requester, found.scope, most: answersPerStep)
            try await change.record(
                "rechecks_listed", by: actor, on: "guideline", id.uuid, in: .requester(requester),
                facts: [
                    "version": .integer(Int64(version)), "rechecks": .integer(Int64(listing.listed)),
                    "is_complete": .bool(listing.isComplete),
                ]
            )
            return listing
        }
    }
}

extension ListOn {
    /// The next step of any list that is not complete; for the scheduler.
    ///
    /// - Parameter actor: an operator.
    /// - Returns: `nil` when all are complete.
    /// - Throws: ``AccessRefusal``.
    package func next(by actor: Principal.ID) async throws -> RecheckListing? {
        guard let place = try await market.database.read({ try await $0.unfinishedListing() }) else { return nil }
        return try await self(place.version, of: place.guideline, from: place.requester, by: actor)
    }
}

extension AdvisoryLock {
    /// Shared by those who hand answers in under a guideline, alone for who publishes a version of it.
    static func handingIn(under guideline: Guideline.ID) -> AdvisoryLock {
        AdvisoryLock("guideline", "\(guideline)")
    }
}

extension Change {
    /// Keeps everybody else from publishing a version, and from handing in under one, until this transaction ends.
    ///
    /// - Returns: the guideline as it is then; `nil` if there is none.
    @discardableResult
    package func lockForPublishing(_ id: Guideline.ID, of requester: Requester.ID) async throws -> Guideline? {
        try await transaction.advisoryLock(.handingIn(under: id))
        return try await transaction.lockGuideline(id, of: requester)
    }
}

extension Change {
    /// Looks at the next `most` assignments of the requester and lists those that the version touches.
    fileprivate func listStep(
        _ version: Int, of id: Guideline.ID, _ requester: Requester.ID, _ scope: RecheckScope, most: Int
    ) async throws -> RecheckListing {
        guard (1...10_000).contains(most) else { throw BadInput("answers_per_step", "must be 1 to 10,000") }
        guard let cursor = try await transaction.lockListing(version, of: id, requester) else {
            throw NotFound("list of the version")
        }
        if !cursor.isEnded {
            let end =
                scope == .nothing
                ? nil : try await transaction.assignment(atStep: most, after: cursor.lookedUntil, requester)
            if scope != .nothing {
                let candidates = try await transaction.recheckCandidates(
                    for: version, of: id, requester, after: cursor.lookedUntil, upTo: end
                )
                try await list(candidates, by: version, of: id, requester, scope)
            }
            try await transaction.moveListing(version, of: id, requester, to: end)
            if end != nil {
                return RecheckListing(
                    version: version, listed: try await transaction.countRechecks(of: version, id, requester),
                    isComplete: false
                )
            }
        }
        return RecheckListing(
            version: version, listed: try await transaction.countRechecks(of: version, id, requester), isComplete: true
        )
    }

    private func list(
        _ candidates: [RecheckCandidate], by version: Int, of id: Guideline.ID, _ requester: Requester.ID,
        _ scope: RecheckScope
    ) async throws {
        var touched: [TouchedAnswer] = []
        for candidate in candidates {
            let answer =
                scope.readsAnswers ? try await transaction.answer(of: candidate.assignment, requester, in: keys) : nil
            let given = GivenAnswer(
                version: candidate.version, project: candidate.project, answer: answer ?? .null
            )
            guard let reason = scope.reason(for: given) else { continue }
            touched.append(TouchedAnswer(candidate: candidate, reason: reason))
        }
        try await transaction.insertRechecks(touched, by: version, of: id, requester)
    }

    /// Lists an answer that is being handed in for every later version that touches it. Its guideline must be locked
    /// against publishing.
    func listForRecheck(
        _ answer: JSON, of candidate: RecheckCandidate, under guideline: Guideline.ID, _ requester: Requester.ID
    ) async throws {
        let later = try await transaction.scopes(after: candidate.version, of: guideline, requester)
        let given = GivenAnswer(version: candidate.version, project: candidate.project, answer: answer)
        for (version, scope) in later {
            guard let reason = scope.reason(for: given) else { continue }
            try await transaction.insertRechecks(
                [TouchedAnswer(candidate: candidate, reason: reason)], by: version, of: guideline, requester
            )
        }
    }
}
