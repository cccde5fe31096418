internal import Formats
internal import Foundation
internal import Store

/// Why a case about answers is not decided. In order of precedence.
package enum QualityCaseRefusal: Refusal, CaseIterable {
    /// A program would decide.
    case noPerson
    /// It is about whoever would decide it, or about a close colleague of theirs.
    case deciderIsConcerned
    /// Somebody has decided it.
    case decided
    /// Somebody would be excluded whom it is not about.
    case notConcerned

    package var code: String {
        switch self {
        case .noPerson: "person_needed"
        case .deciderIsConcerned: "decider_is_concerned"
        case .decided: "case_decided"
        case .notConcerned: "worker_not_concerned"
        }
    }

    package var message: String {
        switch self {
        case .noPerson: "A case is decided by a person, not by a program."
        case .deciderIsConcerned: "It is about you, or about a close colleague of yours. Somebody else must decide."
        case .decided: "The case has been decided; what was said of it stays."
        case .notConcerned: "The case is not about this worker."
        }
    }
}

/// A person says what is behind a case. By itself that ends nothing and bars nobody; an exclusion from the requester's
/// work that goes with it is a decision with reasons, which its worker is told and can appeal.
package struct DecideQualityCase: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - reasons: for other operators to read, 1 to 2,000 characters; those who are excluded read them too.
    ///   - actor: an operator whom it is not about, nor a close colleague of theirs.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``; ``QualityCaseRefusal``.
    package func dismiss(_ id: QualityCase.ID, reasons: String, by actor: Principal.ID) async throws {
        try await decide(id, .dismiss, reasons: reasons, excluding: [], by: actor)
    }

    /// - Parameter excluding: whom the requester's work is closed to from now on, of those whom the case is about.
    /// - Throws: as ``dismiss(_:reasons:by:)``; ``ExclusionRefusal/alreadyExcluded``.
    package func uphold(
        _ id: QualityCase.ID, reasons: String, excluding: Set<Worker.ID> = [], by actor: Principal.ID
    ) async throws {
        try await decide(id, .uphold, reasons: reasons, excluding: excluding, by: actor)
    }

    private func decide(
        _ id: QualityCase.ID, _ verdict: QualityCaseVerdict, reasons: String, excluding: Set<Worker.ID>,
        by actor: Principal.ID
    ) async throws {
        let reasons = try PlainText.lines(reasons, field: "reasons", lengthMax: 2_000)
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard try await transaction.isPerson(actor) else { throw QualityCaseRefusal.noPerson }
            guard let found = try await transaction.lockQualityCase(id) else { throw NotFound("case") }
            for worker in found.workers {
                guard worker.uuid != actor.uuid, try await !transaction.isCloseColleague(actor, of: worker) else {
                    throw QualityCaseRefusal.deciderIsConcerned
                }
            }
            guard let state = found.state.after(verdict) else { throw QualityCaseRefusal.decided }
            guard excluding.isSubset(of: found.workers) else { throw QualityCaseRefusal.notConcerned }
            try await transaction.decideQualityCase(id, state, reasons: reasons, by: actor)
            for worker in excluding.sorted() {
                _ = try await change.exclude(
                    worker, from: found.requester, reason: reasons, rule: "quality_case",
                    facts: ["case": .string("\(id)"), "signal": .string(found.signal.rawValue)],
                    automated: "A screen of answers (\(found.signal.rawValue)) raised the case.", by: actor)
            }
            try await change.record(
                "quality_case_decided", by: actor, on: "quality_case", id.uuid, in: .requester(found.requester),
                facts: [
                    "verdict": .string(verdict.rawValue), "signal": .string(found.signal.rawValue),
                    "excluded": .integer(Int64(excluding.count)),
                ])
        }
    }
}

/// Cases for operators to look at, the oldest first, by pages.
package struct ListQualityCases: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: an operator.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        in state: QualityCaseState = .open, after last: QualityCase.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [QualityCase] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            return try await transaction.qualityCases(in: state, after: last, limit: limit)
        }
    }

    /// One with its newest evidence, at most 50 pieces.
    ///
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func one(
        _ id: QualityCase.ID, by actor: Principal.ID
    ) async throws -> (case: QualityCase, evidence: [QualityEvidence]) {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            guard let found = try await transaction.qualityCase(id) else { throw NotFound("case") }
            return (found, try await transaction.qualityEvidence(of: id, limit: 50))
        }
    }
}
