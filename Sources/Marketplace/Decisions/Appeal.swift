package import Formats
package import Foundation
internal import Store

/// Where an appeal stands: the values of the PostgreSQL enum `appeal_state`, in its order.
package enum AppealState: String, Sendable, CaseIterable, SQLEnum {
    case open, upheld, overturned, withdrawn
}

/// What a worker says against a decision, and what became of it.
///
/// Source: Directive (EU) 2024/2831, article 11: a review by a person, answered in writing within two weeks.
package struct Appeal: Hashable, Sendable {
    package typealias ID = Identifier<Appeal>
    /// Within which an appeal is answered, in seconds: 14 days.
    package static let answerSeconds: TimeInterval = 14 * 86_400

    package let id: ID
    package let decision: Decision.ID
    package let kind: DecisionKind
    package let worker: Worker.ID
    package let subjectID: UUID
    /// Who made the decision, and does not answer.
    package let decider: Principal.ID
    package let statement: String
    package let filedAt: Date
    package let answerUntil: Date
    package let state: AppealState
    package let answeredAt: Date?
    package let answer: String?
    /// What was done about it; of one that was overturned.
    package let remedy: JSON?
}

/// Why a decision is not appealed, or an appeal not answered. In order of precedence.
package enum AppealRefusal: Refusal, CaseIterable {
    /// The 14 days are over.
    case tooLate
    /// It was appealed before.
    case appealed
    /// It was answered, or withdrawn.
    case notOpen
    /// Whoever decided does not answer.
    case deciderAnswers
    /// Nor does whoever has judged the work.
    case hadPart
    /// Nor does a close colleague of the worker, nor the worker.
    case tooClose

    package var code: String {
        switch self {
        case .tooLate: "appeal_too_late"
        case .appealed: "already_appealed"
        case .notOpen: "appeal_not_open"
        case .deciderAnswers: "decider_answers"
        case .hadPart: "had_part_in_decision"
        case .tooClose: "too_close_to_worker"
        }
    }

    package var message: String {
        switch self {
        case .tooLate: "The 14 days in which the decision could be appealed are over."
        case .appealed: "The decision was appealed. It is answered once."
        case .notOpen: "The appeal was answered or withdrawn."
        case .deciderAnswers: "You made this decision. Somebody else must answer the appeal."
        case .hadPart: "You have judged this work. Somebody else must answer the appeal."
        case .tooClose: "It is about you, or about a close colleague of yours. Somebody else must answer the appeal."
        }
    }
}

/// A worker appeals a decision about them, within 14 days; another person answers within 14 more.
package struct FileAppeal: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Again with the same statement it is the same appeal.
    ///
    /// - Parameters:
    ///   - statement: why, 1 to 4,000 characters.
    ///   - actor: the worker, whatever their standing: who is suspended or closed can appeal.
    /// - Throws: ``NotFound`` for a decision about somebody else; ``BadInput``; ``AppealRefusal``.
    package func callAsFunction(
        _ decision: Decision.ID, statement: String, by actor: Principal.ID
    ) async throws -> Appeal {
        let statement = try PlainText.lines(statement, field: "statement")
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.advisoryLock(AdvisoryLock("appeal", "\(decision)"))
            guard let end = try await transaction.appealUntil(of: decision, about: Worker.ID(actor.uuid)) else {
                throw NotFound("decision")
            }
            if let earlier = try await transaction.appeal(of: decision) {
                guard earlier.statement == statement else { throw AppealRefusal.appealed }
                return earlier
            }
            guard try await transaction.freshInstant() < end else { throw AppealRefusal.tooLate }
            let id: Appeal.ID = change.make()
            try await transaction.insertAppeal(id, of: decision, statement: statement)
            try await change.record(
                "decision_appealed", by: actor, on: "decision", decision.uuid, in: .worker(Worker.ID(actor.uuid)),
                facts: ["appeal": .string("\(id)")])
            guard let appeal = try await transaction.appeal(of: decision) else { throw NotFound("appeal") }
            return appeal
        }
    }
}

/// A worker takes an appeal back; it cannot be filed again.
package struct WithdrawAppeal: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker.
    /// - Throws: ``NotFound``; ``AppealRefusal/notOpen``.
    package func callAsFunction(_ id: Appeal.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            guard let appeal = try await change.transaction.lockAppeal(id), appeal.worker.uuid == actor.uuid else {
                throw NotFound("appeal")
            }
            guard appeal.state == .open else { throw AppealRefusal.notOpen }
            try await change.transaction.endAppeal(id, as: .withdrawn, by: nil, answer: nil, remedy: nil)
            try await change.record(
                "appeal_withdrawn", by: actor, on: "decision", appeal.decision.uuid, in: .worker(appeal.worker))
        }
    }
}

/// Tells operators of appeals whose 14 days are over without an answer, once each.
package struct TellLateAppeals: Sendable {
    /// In one transaction.
    package static let most = 50

    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Returns: how many were told of; as many as ``most`` mean that there may be more.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(by actor: Principal.ID) async throws -> Int {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            let late = try await transaction.markLateAppeals(limit: Self.most)
            for appeal in late {
                for person in try await transaction.operatorsToTell() {
                    try await transaction.tell(
                        person, kind: "appeal_overdue",
                        facts: [
                            "appeal": .string("\(appeal.id)"), "kind": .string(appeal.kind.rawValue),
                            "answer_until": .string(appeal.answerUntil.formatted(.iso8601)),
                        ],
                        id: change.make())
                }
                try await change.record(
                    "appeal_overdue", by: actor, on: "decision", appeal.decision.uuid, in: .worker(appeal.worker))
            }
            return late.count
        }
    }
}
