package import Formats
package import Foundation
internal import Store

/// What an adverse decision does to a worker: the values of the PostgreSQL enum `decision_kind`, in its order.
package enum DecisionKind: String, Sendable, CaseIterable, SQLEnum {
    case rejection, suspension, closure
    case tierLoss = "tier_loss"
    case credentialRefusal = "credential_refusal"
    case credentialRevocation = "credential_revocation"
    case paymentWithheld = "payment_withheld"
    case exclusion
    case contributionWithdrawn = "contribution_withdrawn"
    case clawback
}

/// Something adverse that a person decided about a worker: by which rule, on which facts, why, and until when it can
/// be appealed.
///
/// Source: Directive (EU) 2024/2831, articles 10 and 11: a human decides, the worker gets the reasons in writing.
package struct Decision: Hashable, Sendable {
    package typealias ID = Identifier<Decision>
    /// How long a worker can appeal, in seconds: 14 days.
    package static let appealSeconds: TimeInterval = 14 * 86_400

    package let id: ID
    package let kind: DecisionKind
    package let worker: Worker.ID
    /// What it is about: an assignment, a credential, a worker.
    package let subjectID: UUID
    /// The rule's name, snake_case.
    package let rule: String
    package let facts: JSON
    /// For the worker to read; 1 to 4,000 characters.
    package let reasons: String
    package let decider: Principal.ID
    /// What programs had a part in it; up to 1,000 characters.
    package let automated: String
}

/// Why something adverse cannot be decided.
package enum DecisionRefusal: Refusal, CaseIterable {
    /// A worker would decide about themselves.
    case deciderIsWorker
    /// A program or an unknown principal would decide.
    case deciderIsNoPerson

    package var code: String {
        switch self {
        case .deciderIsWorker: "decider_is_worker"
        case .deciderIsNoPerson: "decider_is_no_person"
        }
    }

    package var message: String {
        switch self {
        case .deciderIsWorker: "Nobody decides about themselves. Somebody else must."
        case .deciderIsNoPerson: "A decision about a worker is made by a person, not by a program."
        }
    }
}

extension Change {
    /// Writes an adverse decision with its audit event, and tells the worker, in this transaction.
    ///
    /// - Parameters:
    ///   - subjectID: what it is about: the assignment, the credential, the worker.
    ///   - rule: its name, snake_case, up to 100 characters.
    ///   - facts: what the decider saw; no personal data of others.
    ///   - reasons: for the worker to read, up to 4,000 characters.
    ///   - automated: what programs had a part in it, for the worker to read.
    /// - Throws: ``DecisionRefusal``; ``BadInput`` for reasons that are empty or too long.
    package func decide(
        _ kind: DecisionKind, about worker: Worker.ID, subject subjectID: UUID, rule: String, facts: JSON,
        reasons: String, automated: String = "none", by decider: Principal.ID
    ) async throws -> Decision.ID {
        let decision = Decision(
            id: make(), kind: kind, worker: worker, subjectID: subjectID,
            rule: try PlainText.line(rule, field: "rule", lengthMax: 100), facts: facts,
            reasons: try PlainText.lines(reasons, field: "reasons"), decider: decider,
            automated: try PlainText.line(automated, field: "automated", lengthMax: 1_000)
        )
        try await transaction.insertDecision(decision, notice: make())
        try await record(
            "decision_made", by: decider, on: "decision", decision.id.uuid, in: .worker(worker),
            facts: [
                "kind": .string(kind.rawValue), "rule": .string(decision.rule),
                "subject": .string(subjectID.uuidString.lowercased()),
            ]
        )
        return decision.id
    }
}
