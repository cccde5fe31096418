internal import Formats
package import Foundation
internal import Store

/// A notice in the inbox of the person it is for.
package struct InboxItem: Hashable, Sendable {
    package let notice: Notice
    /// `nil` while unread.
    package let readAt: Date?
    /// What became of it by e-mail.
    package let delivery: NoticeState
}

/// Shows a person their own notices.
package struct ListNotices: Sendable {
    package static let pageMax = 200
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - before: the last one of the page before; `nil` for the newest.
    ///   - limit: 1 to 200.
    ///   - actor: whose inbox it is; nobody sees another's.
    package func callAsFunction(
        before: Notice.ID? = nil, unreadOnly: Bool = false, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [InboxItem] {
        try await market.database.read { transaction in
            try await transaction.notices(
                to: actor, before: before, unreadOnly: unreadOnly, limit: min(max(limit, 1), Self.pageMax)
            )
        }
    }
}

/// A person has read a notice. Doing it twice is the same as once.
package struct ReadNotice: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the recipient.
    /// - Throws: ``NotFound`` for a notice that is not theirs.
    package func callAsFunction(_ id: Notice.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            guard let wasUnread = try await change.transaction.markRead(id, by: actor) else { throw NotFound("notice") }
            try await change.record(
                "notice_read", by: actor, on: "notice", id.uuid, in: .worker(Worker.ID(actor.uuid)),
                facts: ["was_unread": .bool(wasUnread)]
            )
        }
    }
}

/// Whether a person wants a kind of notice on a channel.
package struct NoticePreference: Hashable, Sendable {
    package let kind: String
    package let channel: NoticeChannel
    package let isWanted: Bool

    package init(kind: String, channel: NoticeChannel, isWanted: Bool) {
        (self.kind, self.channel, self.isWanted) = (kind, channel, isWanted)
    }
}

/// Why a preference cannot be set.
package enum NoticePreferenceRefusal: Refusal, CaseIterable {
    case kindMandatory

    package var code: String {
        switch self {
        case .kindMandatory: "notice_mandatory"
        }
    }

    package var message: String {
        switch self {
        case .kindMandatory: "Notices of this kind reach everybody; they cannot be turned off."
        }
    }
}

/// A person says whether they want a kind of notice on a channel. Holds for notices that are not delivered yet.
package struct PreferNotice: Sendable {
    package static let preferencesMax = 200
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: whose preference it is.
    /// - Throws: ``BadInput`` for what cannot be a kind; ``NoticePreferenceRefusal``.
    package func callAsFunction(_ preference: NoticePreference, by actor: Principal.ID) async throws {
        guard NoticeKind.isWellFormed(preference.kind) else {
            throw BadInput("kind", "must be a kind of notice, such as offer_made")
        }
        guard preference.isWanted || !NoticeKind.isMandatory(preference.kind) else {
            throw NoticePreferenceRefusal.kindMandatory
        }
        try await market.change { change in
            try await change.transaction.setPreference(preference, of: actor)
            guard
                try await change.transaction.preferences(of: actor, limit: Self.preferencesMax + 1).count
                    <= Self.preferencesMax
            else { throw BadInput("kind", "is one of more than \(Self.preferencesMax)") }
            try await change.record(
                "notice_preference_set", by: actor, on: "principal", actor.uuid, in: .worker(Worker.ID(actor.uuid)),
                facts: [
                    "kind": .string(preference.kind), "channel": .string(preference.channel.rawValue),
                    "is_wanted": .bool(preference.isWanted),
                ]
            )
        }
    }

    /// What a person has said so far, by kind and channel.
    package func all(by actor: Principal.ID) async throws -> [NoticePreference] {
        try await market.database.read { try await $0.preferences(of: actor, limit: Self.preferencesMax) }
    }
}
