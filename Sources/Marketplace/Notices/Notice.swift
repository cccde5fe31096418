package import Formats
package import Foundation
internal import Store

/// Something that a person must be told, waiting in the outbox until it is handed on.
package struct Notice: Hashable, Sendable {
    package typealias ID = Identifier<Notice>
    package let id: ID
    package let recipient: Principal.ID
    /// What happened, snake_case: `work_rejected`.
    package let kind: String
    /// What the message is made of.
    package let facts: JSON
    package let createdAt: Date
}

extension Notice {
    /// One message for the channel.
    ///
    /// Shape: an object of `created_at` (whole seconds since 1970), `facts`, `kind`, and the UUIDs `notice` and
    /// `recipient`.
    package var json: JSON {
        [
            "notice": .string("\(id)"), "recipient": .string("\(recipient)"), "kind": .string(kind), "facts": facts,
            "created_at": .integer(Int64(exactly: createdAt.timeIntervalSince1970.rounded(.down)) ?? 0),
        ]
    }
}
