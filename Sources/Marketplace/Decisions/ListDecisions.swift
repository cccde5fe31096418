package import Formats
package import Foundation
internal import Store

/// A decision as the register shows it, with its appeal. Who decided is not told to workers.
package struct DecisionLine: Hashable, Sendable {
    package let id: Decision.ID
    package let kind: DecisionKind
    package let worker: Worker.ID
    package let subjectID: UUID
    package let rule: String
    package let facts: JSON
    package let reasons: String
    package let automated: String
    package let decidedAt: Date
    package let appealUntil: Date
    package let appeal: Appeal.ID?
    package let appealState: AppealState?
    /// Until when the appeal is to be answered.
    package let answerUntil: Date?
    package let answer: String?
    package let remedy: JSON?
}

/// The register of decisions for operators, newest first; for a worker those about themselves.
package struct ListDecisions: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - worker: whom they are about; `nil` for everybody.
    ///   - before: the last one of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: an operator, or the worker, whatever their standing.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        about worker: Worker.ID?, of kind: DecisionKind? = nil, before: Decision.ID? = nil, limit: Int = 20,
        by actor: Principal.ID
    ) async throws -> [DecisionLine] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            if worker?.uuid != actor.uuid { try await transaction.authorize(actor, toSeeAs: .operator) }
            return try await transaction.decisions(about: worker, of: kind, before: before, limit: limit)
        }
    }
}

/// The register of appeals: the open ones by when they are to be answered, so that what is overdue comes first.
package struct ListAppeals: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - after: the last one of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: an operator.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        in state: AppealState = .open, after: Appeal.ID? = nil, limit: Int = 20, by actor: Principal.ID
    ) async throws -> [Appeal] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            return try await transaction.appeals(in: state, after: after, limit: limit)
        }
    }
}

/// What is published of decisions of one kind: numbers, and no persons.
package struct DecisionFigure: Hashable, Sendable {
    package let kind: DecisionKind
    package let decisions: Int
    package let appeals: Int
    package let upheld: Int
    package let overturned: Int
    package let open: Int
    /// Open for longer than 14 days.
    package let overdue: Int
    /// From the filing to the answer; `nil` before the first.
    package let medianSeconds: Int?
}

/// Statistics of decisions and appeals, for everybody.
///
/// Source: Regulation (EU) 2022/2065 (DSA), article 24: numbers of complaints, outcomes, median time.
package struct DecisionStatistics: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    package func callAsFunction() async throws -> [DecisionFigure] {
        try await market.database.read { try await $0.decisionFigures() }
    }
}
