internal import Formats
internal import Foundation

/// An event of a requester's history that the requester's programs are told of: under another name, and with those
/// facts only that are theirs to know.
package struct PublicEvent: Sendable {
    let requester: Requester.ID
    /// `batch.published`.
    let kind: String
    let facts: JSON

    /// By the action of the audit log: what it is called, and which facts go with it.
    private static let told: [String: (kind: String, facts: Set<String>)] = [
        "project_created": ("project.created", []),
        "guideline_published": ("guideline.published", ["version", "rechecks"]),
        "batch_created": ("batch.created", []),
        "tasks_added": ("batch.tasks_added", ["count"]),
        "task_import_ended": ("batch.import_ended", ["import", "added", "unchanged", "faulty"]),
        "batch_published": ("batch.published", ["tasks", "held"]),
        "batch_pay_raised": ("batch.pay_raised", ["raise", "pay", "was", "held"]),
        "batch_budget_changed": ("batch.budget_changed", ["budget"]),
        "batch_deadline_changed": ("batch.deadline_changed", ["due_at"]),
        "batch_redundancy_changed": ("batch.redundancy_changed", ["redundancy"]),
        "tasks_withdrawn": ("batch.tasks_withdrawn", ["tasks", "slots", "released"]),
        "batch_quarantined": ("batch.quarantined", ["quarantine"]),
        "quarantine_lifted": ("batch.quarantine_lifted", ["quarantine"]),
        "batch_closed": ("batch.closed", ["reason", "released"]),
        "batch_archived": ("batch.archived", []),
        "task_claimed": ("assignment.claimed", ["task"]),
        "task_retaken": ("assignment.claimed", ["task"]),
        "offer_accepted": ("assignment.claimed", ["task"]),
        "award_taken": ("assignment.claimed", ["task"]),
        "direct_offer_taken": ("assignment.claimed", ["task"]),
        "task_returned": ("assignment.returned", []),
        "lease_expired": ("assignment.lapsed", []),
        "lease_revoked": ("assignment.revoked", []),
        "answer_submitted": ("assignment.submitted", []),
        "answer_submitted_again": ("assignment.submitted_again", []),
        "submission_reviewed": ("assignment.reviewed", ["verdict", "share_bps", "stage"]),
        "submission_sent_back": ("assignment.sent_back", ["round"]),
        "bonus_paid": ("assignment.bonus_paid", ["amount"]),
        "offer_made": ("offer.made", ["batch"]),
        "offer_declined": ("offer.declined", ["batch"]),
        "offer_lapsed": ("offer.lapsed", ["batch"]),
        "offer_filled": ("offer.filled", ["batch"]),
        "requester_funded": ("requester.funded", ["amount", "reference"]),
    ]

    /// Every kind that an endpoint can ask for, by name.
    package static let kinds: [String] = Set(told.values.map(\.kind)).sorted() + [test]

    /// The facts that a message of a kind may have, by name.
    package static func facts(of kind: String) -> [String] {
        Set(told.values.filter { $0.kind == kind }.flatMap { $0.facts }).sorted()
    }

    /// The same as three columns: action, kind, and the facts with commas between them.
    static let columns: (actions: [String], kinds: [String], facts: [String]) = {
        let rows = told.sorted { $0.key < $1.key }
        return (
            rows.map(\.key), rows.map(\.value.kind), rows.map { $0.value.facts.sorted().joined(separator: ",") }
        )
    }()

    /// What an endpoint is sent to try it out.
    package static let test = "webhook.test"

    /// - Returns: `nil` for an event that no program is told of.
    init?(_ event: AuditEvent) {
        guard case .requester(let requester) = event.stream, let entry = Self.told[event.action] else { return nil }
        self.requester = requester
        kind = entry.kind
        guard case .object(let facts) = event.facts else {
            self.facts = .object([:])
            return
        }
        self.facts = .object(facts.filter { entry.facts.contains($0.key) })
    }
}
