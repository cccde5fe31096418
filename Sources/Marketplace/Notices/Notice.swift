package import Formats
package import Foundation
internal import Store

/// Something that a person must be told: in the outbox until it is handed on, in their inbox for good.
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

/// Where the delivery of a notice stands: the values of the PostgreSQL enum `notice_state`, in its order.
package enum NoticeState: String, Sendable, CaseIterable, SQLEnum {
    case waiting, delivered, skipped, dead
}

/// Where a notice reaches a person: the values of the PostgreSQL enum `notice_channel`, in its order.
package enum NoticeChannel: String, Sendable, CaseIterable, SQLEnum {
    case inbox, email
}

/// A kind of notice: what it is called, and whether a person may do without it.
package enum NoticeKind {
    /// Kinds that reach everybody on every channel: what has a clock to appeal, and what changes what one may do.
    private static let mandatory: [String: String] = [
        "decision_made": "A decision about you or your work",
        "appeal_answered": "The answer to your appeal",
        "work_sent_back": "Your answer was sent back, with reasons",
        "worker_reinstated": "You can take work again",
        "credential_revoked": "One of your credentials was revoked",
        "lease_revoked": "A task was taken back: you no longer meet what it demands",
        "payment_returned": "A payment to you came back",
        "contact_changed": "Your address was changed",
        "payout_account_corrected": "The bank says that the account that you are paid to is another one",
        "payout_method_changed": "The account that you are paid to was changed",
        "payee_changed": "Who is paid for your work was changed",
        "sign_in_provider_added": "Whoever another sign-in provider knows can act for your organisation",
        "account_erased": "Your personal data were erased",
        "invited": "You can sign in to Guildhall: choose a password with this code",
        "password_reset_asked": "Choose another password with this code, or ignore this if you did not ask for one",
        "password_changed": "Your password was changed",
        "second_factor_changed": "Your second factor was changed",
        "webhook_disabled": "An endpoint of yours is not told anything more, as nothing arrived",
        "webhook_unsigned": "Nothing can be signed for an endpoint: give `schedule` the newest key file",
    ]

    /// Whether it cannot be turned off.
    package static func isMandatory(_ kind: String) -> Bool { mandatory[kind] != nil }

    /// Whether it could be one.
    ///
    /// Shape: snake_case, up to 100 ASCII characters, a letter first.
    package static func isWellFormed(_ kind: String) -> Bool {
        guard (1...100).contains(kind.utf8.count), let first = kind.utf8.first, (0x61...0x7a).contains(first) else {
            return false
        }
        return kind.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f }
    }

    /// The title of its messages.
    package static func title(of kind: String) -> String {
        if let title = mandatory[kind] { return title }
        let words = kind.split(separator: "_").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }
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
