package import Formats
package import Foundation
internal import Store

/// Steps that are taken as a deadline nears: the values of the PostgreSQL enum `escalation_step_kind`, in its order.
package enum EscalationStepKind: String, Sendable, CaseIterable, SQLEnum {
    /// More of those who meet what is demanded are asked, with more time to answer.
    case reach
    /// Further offers pay more, within band, hold and budget.
    case price
    /// The price of hours is ignored.
    case forced
    /// An operator is told, with what can be done.
    case alert
}

/// A step that was taken for a batch.
package struct EscalationStep: Hashable, Sendable {
    package let batch: Batch.Key
    /// The deadline that it was taken for.
    package let dueAt: Date
    package let kind: EscalationStepKind
    /// Of prices the how-manieth raise; 1 for every other step.
    package let level: Int
    package let takenAt: Date
    /// Within which nine of ten tasks are done.
    package let serviceSeconds: Int
    package let openSlots: Int
    package let facts: JSON

    /// `{"requester_id", "batch_id", "due_at", "kind", "level", "taken_at", "service_p90_seconds", "open_slots",
    /// "facts"}`.
    package var json: JSON {
        [
            "requester_id": .string("\(batch.requester)"), "batch_id": .string("\(batch.id)"),
            "due_at": .string(dueAt.formatted(.iso8601)), "kind": .string(kind.rawValue),
            "level": .integer(Int64(level)), "taken_at": .string(takenAt.formatted(.iso8601)),
            "service_p90_seconds": .integer(Int64(serviceSeconds)), "open_slots": .integer(Int64(openSlots)),
            "facts": facts,
        ]
    }
}

/// An open batch whose deadline nears, with slots that nobody has taken.
package struct EndangeredBatch: Hashable, Sendable {
    package let key: Batch.Key
    package let door: BatchDoor
    package let requirement: Requirement.ID
    package let dueAt: Date
    package let openedAt: Date
    package let priority: Int
    package let expectedMinutes: Int
    package let leaseSeconds: Int
    /// Open slots and different tasks among them, as far as they were looked at: up to
    /// ``Store/Transaction/routingSlotsMax``.
    package let openSlots: Int
    package let openTasks: Int
    /// Offers that wait for an answer.
    package let openOffers: Int
    /// Within which nine of ten tasks are done: learnt of the kind, or as long as a lease lasts.
    package let serviceSeconds: Int
    /// How many steps of each kind were taken for this deadline.
    package let steps: [EscalationStepKind: Int]
    /// When reach or price was stepped to last, for this deadline.
    package let steppedAt: Date?
    /// Open slots behind those that were looked at, up to ``Store/Transaction/openSlotsMax`` together.
    package var unseenSlots = 0

    /// All that is still to be done.
    package var openAnswers: Int { openSlots + unseenSlots }
}
