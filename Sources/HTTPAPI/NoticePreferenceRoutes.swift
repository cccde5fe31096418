internal import Formats
internal import HTTPTypes
internal import Marketplace

/// Which kinds of notices somebody wants, and where.
struct NoticePreferenceRoutes {
    private static let path = "/v1/notice-preferences"
    private static let preference = Shape.object(
        "NoticePreference", ["kind": .text, "channel": .choice(NoticeChannel.self), "is_wanted": .flag])
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, Self.path, "listNoticePreferences",
                "Which kinds of notices you said that you want or do not, by kind; all others are wanted", .account,
                for: .oneself, gives: .ok(["items": .list(Self.preference)]), by: list),
            Endpoint(
                .put, Self.path, "preferNotice", "Say whether you want a kind of notices in a place", .account,
                for: .oneself,
                takes: .json([
                    "kind": Shape.text(1...100).described("Such as offer_made."),
                    "channel": .choice(NoticeChannel.self), "is_wanted": .flag,
                ]), gives: .ok(.state("kept")), refuses: ["notice_mandatory"], by: prefer),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await PreferNotice(market: market).all(by: try call.actor)
        return .json(["items": .array(found.map(\.wire))])
    }

    @Sendable private func prefer(_ call: Call) async throws -> Outcome {
        let (actor, channel): (Principal.ID, NoticeChannel) = (try call.actor, try call.chosen("channel"))
        let preference = NoticePreference(
            kind: try call.string("kind"), channel: channel, isWanted: call["is_wanted"]?.boolValue ?? true)
        return try await call.once(200, { (_: Void) in ["state": "kept"] }) {
            try await PreferNotice(market: $0)(preference, by: actor)
        }
    }
}

extension NoticePreference {
    fileprivate var wire: JSON {
        ["kind": .string(kind), "channel": .string(channel.rawValue), "is_wanted": .bool(isWanted)]
    }
}
