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
    /// "facts", "mark"}`.
    package var json: JSON {
        [
            "requester_id": .string("\(batch.requester)"), "batch_id": .string("\(batch.id)"),
            "due_at": .string(dueAt.formatted(.iso8601)), "kind": .string(kind.rawValue),
            "level": .integer(Int64(level)), "taken_at": .string(takenAt.formatted(.iso8601)),
            "service_p90_seconds": .integer(Int64(serviceSeconds)), "open_slots": .integer(Int64(openSlots)),
            "facts": facts, "mark": .string(mark.text),
        ]
    }
}

extension EscalationStep {
    /// Its place among the steps of its batch, where a page of them ends.
    ///
    /// Shape: `TAKEN/DUE/KIND/LEVEL`, instants in microseconds since 1970.
    package struct Mark: Hashable, Sendable {
        let takenAt: Date
        let dueAt: Date
        let kind: EscalationStepKind
        let level: Int

        /// - Throws: ``BadInput`` for what no step's mark reads like.
        package init(text: String) throws(BadInput) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 4, let takenAt = Self.instant(parts[0]), let dueAt = Self.instant(parts[1]),
                let kind = EscalationStepKind(rawValue: parts[2]), let level = Int(parts[3]),
                (1...100).contains(level)
            else { throw BadInput("before", "must be the next of a page") }
            (self.takenAt, self.dueAt, self.kind, self.level) = (takenAt, dueAt, kind, level)
        }

        fileprivate init(_ step: EscalationStep) {
            (takenAt, dueAt, kind, level) = (step.takenAt, step.dueAt, step.kind, step.level)
        }

        package var text: String { "\(Self.micros(takenAt))/\(Self.micros(dueAt))/\(kind.rawValue)/\(level)" }

        private static func instant(_ text: String) -> Date? {
            guard let micros = Int64(text), (0..<4_102_444_800_000_000).contains(micros) else { return nil }
            return Date(timeIntervalSince1970: Double(micros) / 1e6)
        }

        private static func micros(_ instant: Date) -> Int64 {
            Int64(exactly: (instant.timeIntervalSince1970 * 1e6).rounded()) ?? 0
        }
    }

    package var mark: Mark { Mark(self) }
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
    /// How many steps of each kind were taken for this deadline; no alert that was closed as there was another one.
    package let steps: [EscalationStepKind: Int]
    /// When reach or price was stepped to last, for this deadline.
    package let steppedAt: Date?
    /// Open slots behind those that were looked at, up to ``Store/Transaction/openSlotsMax`` together.
    package var unseenSlots = 0

    /// All that is still to be done.
    package var openAnswers: Int { openSlots + unseenSlots }
}
