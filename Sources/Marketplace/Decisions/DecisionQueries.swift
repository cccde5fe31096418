internal import Formats
internal import Foundation
package import Store

extension Transaction {
    /// Writes a decision and the notice that tells the worker of it, with the clock to appeal.
    ///
    /// - Parameter notice: the id of the notice.
    /// - Throws: ``DecisionRefusal``.
    package func insertDecision(_ decision: Decision, notice: Notice.ID) async throws {
        guard decision.decider.uuid != decision.worker.uuid else { throw DecisionRefusal.deciderIsWorker }
        let appealUntil = instant + Decision.appealSeconds
        let added = try await firstRow(
            """
            insert into decision
                (decision_id, kind, worker_id, subject_id, rule, facts, reasons, decided_by, decided_at, appeal_until,
                 automated)
            select \(decision.id), \(decision.kind), \(decision.worker), \(decision.subjectID), \(decision.rule),
                   \(decision.facts), \(decision.reasons), principal_id, \(instant), \(appealUntil),
                   \(decision.automated)
              from principal
             where principal_id = \(decision.decider) and kind = 'person'
            returning extract(epoch from appeal_until)::bigint as appeal_second
            """)
        guard let added else { throw DecisionRefusal.deciderIsNoPerson }
        try await tell(
            Principal.ID(decision.worker.uuid), kind: "decision_made",
            facts: [
                "decision": .string("\(decision.id)"), "kind": .string(decision.kind.rawValue),
                "subject": .string(decision.subjectID.uuidString.lowercased()), "rule": .string(decision.rule),
                "reasons": .string(decision.reasons), "appeal_until": .integer(try added["appeal_second"]),
            ],
            id: notice
        )
    }
}
