package import Formats
package import Foundation
internal import Store

/// Where an alert stands: the values of the PostgreSQL enum `alert_state`, in its order.
package enum AlertState: String, Sendable, CaseIterable, SQLEnum {
    case open, closed
}

/// What an operator can do about a batch that will not be done in time.
package enum AlertRemedy: String, Sendable, CaseIterable {
    case extendDeadline = "extend_deadline"
    case raisePay = "raise_pay"
    case widenRequirement = "widen_requirement"
    case withdrawRest = "withdraw_rest"
}

/// One way out, with what it costs, computed from the batch as it is.
package struct AlertOption: Hashable, Sendable {
    package let remedy: AlertRemedy
    /// What it is in this case, in one sentence, with its numbers.
    package let sentence: String
    /// Answers that are not expected to come in time even so.
    package let slotsLost: Int
    /// What it costs more, minor units of the batch's currency; below zero where money comes back.
    package let costMinor: Int64
    /// How much later it is done.
    package let delaySeconds: Int64
    /// Numbers that belong to this remedy.
    package let facts: [String: JSON]

    /// - Parameter sentence: up to 1,000 characters.
    package init(
        _ remedy: AlertRemedy, _ sentence: String, slotsLost: Int, costMinor: Int64, delaySeconds: Int64,
        facts: [String: JSON] = [:]
    ) {
        (self.remedy, self.sentence, self.slotsLost) = (remedy, String(sentence.prefix(1_000)), slotsLost)
        (self.costMinor, self.delaySeconds, self.facts) = (costMinor, delaySeconds, facts)
    }

    /// Fewer answers lost, then less money, then less delay; ties by the order of the remedies.
    package static func isLessBad(_ one: AlertOption, _ other: AlertOption) -> Bool {
        if one.slotsLost != other.slotsLost { return one.slotsLost < other.slotsLost }
        if one.costMinor != other.costMinor { return one.costMinor < other.costMinor }
        if one.delaySeconds != other.delaySeconds { return one.delaySeconds < other.delaySeconds }
        let order = AlertRemedy.allCases
        return (order.firstIndex(of: one.remedy) ?? 0) < (order.firstIndex(of: other.remedy) ?? 0)
    }

    /// `{"remedy", "sentence", "slots_lost", "cost_minor", "delay_seconds", "facts"}`.
    package var json: JSON {
        [
            "remedy": .string(remedy.rawValue), "sentence": .string(sentence),
            "slots_lost": .integer(Int64(slotsLost)), "cost_minor": .integer(costMinor),
            "delay_seconds": .integer(delaySeconds), "facts": .object(facts),
        ]
    }
}

/// A batch that will not be done in time by what the ladder may do.
package struct ScheduleAlert: Sendable {
    package typealias ID = Identifier<ScheduleAlert>
    /// How many options an alert has at most.
    package static let optionsMax = 3
    /// What is said of one that is closed because its batch got another deadline.
    static let otherDeadline = "The batch has another deadline."

    package let id: ID
    package let batch: Batch.Key
    package let state: AlertState
    package let raisedAt: Date
    package let dueAt: Date
    package let openSlots: Int
    /// The least bad first; see ``AlertOption/json``.
    package let options: JSON
    package let closedAt: Date?
    package let closedBy: Principal.ID?
    package let resolution: String?

    /// All of it, the times as RFC 3339.
    package var json: JSON {
        [
            "alert": .string("\(id)"), "requester_id": .string("\(batch.requester)"),
            "batch_id": .string("\(batch.id)"), "state": .string(state.rawValue),
            "raised_at": .string(raisedAt.formatted(.iso8601)), "due_at": .string(dueAt.formatted(.iso8601)),
            "open_slots": .integer(Int64(openSlots)), "options": options,
            "closed_at": closedAt.map { .string($0.formatted(.iso8601)) } ?? .null,
            "closed_by": closedBy.map { .string("\($0)") } ?? .null,
            "resolution": resolution.map { .string($0) } ?? .null,
        ]
    }
}

/// Why an alert is not closed.
package enum AlertRefusal: Refusal, CaseIterable {
    /// It was closed before; what was said of it stays.
    case closed

    package var code: String {
        switch self {
        case .closed: "alert_closed"
        }
    }

    package var message: String {
        switch self {
        case .closed: "The alert was closed before; what was said of it stays."
        }
    }
}
