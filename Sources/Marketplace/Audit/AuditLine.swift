package import Formats
package import Foundation

/// An audit event as it is read, with its place in the chain of its stream.
package struct AuditLine: Sendable {
    package let id: AuditEvent.ID
    package let stream: String
    package let occurredAt: Date
    package let actor: Principal.ID
    package let action: String
    /// The kind of thing that it happened to, and which one.
    package let subject: String
    package let object: UUID
    /// Without personal data and amounts of sealed bids, as no event has any.
    package let facts: JSON
    /// Of its link; `nil` while it waits for its seal.
    package let position: Int64?
    package let hash: Digest?
}

/// Which audit events are wanted: those that meet all of it.
package struct AuditFilter: Sendable {
    /// What it happened to.
    package var object: UUID?
    /// A kind of thing, such as `worker`.
    package var subject: String?
    package var action: String?
    package var actor: Principal.ID?
    /// From this instant on, and before that one.
    package var from: Date?
    package var until: Date?

    package init() {}

    /// Whether events of a span of time are all that is asked for.
    var isOfTimeOnly: Bool { object == nil && subject == nil && action == nil && actor == nil }
}

/// A part of a verification of the audit log.
package struct AuditPart<Cursor: Sendable>: Sendable {
    /// Links or events.
    package let checked: Int
    /// Of each stream the first.
    package let faults: [AuditFault]
    /// Where the next part begins; `nil` after the last.
    package let next: Cursor?
}
