internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Marketplace

/// How people sign in, and their own sessions and tokens.
///
/// What is done without knowing who asks, or whose repeat is refused or takes the place of the first, takes no
/// Idempotency-Key. The answers with a new token or recovery codes are stored sealed.
struct IdentityRoutes {
    let market: Market
    let hasher: PasswordHasher

    var endpoints: [Endpoint] { signingIn + ownSignIn + sessions + tokens }

    private var signingIn: [Endpoint] {
        [
            Endpoint(
                .post, "/v1/sessions", "signIn", "Sign in by address, password and, where there is one, second factor",
                .account, for: .everybody,
                takes: .json([
                    "email": .text(3...320), "password": .text(1...256),
                    "code": Shape.text(6...40).described("Of the authenticator, or a recovery code.").orNull.optional,
                ]), keyed: false, gives: .created(Self.session),
                refuses: ["sign_in_failed", "second_factor_missing", "sign_in_busy", "keys_missing"] + Code.keys,
                by: signIn
            ).guessing("email").beginningSession(),
            Endpoint(
                .post, "/v1/password-resets", "askReset",
                "Have a code sent to an address, to choose another password by; whether anybody has it is not said",
                .account, for: .everybody, takes: .json(["email": .text(3...320)]), keyed: false,
                gives: .accepted(.state("asked")), refuses: ["keys_missing"], by: askReset
            ).guessing("email"),
            Endpoint(
                .post, "/v1/passwords", "setPassword", "Choose a password by the code of an invitation or a reset",
                .account, for: .everybody, takes: .json(["code": .text(1...200), "password": .text(12...256)]),
                keyed: false, gives: .ok(.state("set")), refuses: ["ticket_invalid", "sign_in_busy"], by: redeem
            ).guessing("code"),
            Endpoint(
                .post, "/v1/invitations", "invitePerson",
                "Send a person a code by which they choose a password; for most it takes two operators", .account,
                for: .platform([.operator]), takes: .json(["person": .id, "email": .text(3...320)]),
                gives: .created([
                    "state": Shape.words("sent", "proposed").described(
                        "Proposed for somebody who may do more than work, or is here already: the letter leaves when "
                            + "another operator asks for the same within a week.")
                ]),
                refuses: ["address_taken", "signs_in_already", "keys_missing"] + Code.keys, by: invite),
        ]
    }

    private var ownSignIn: [Endpoint] {
        [
            Endpoint(
                .put, "/v1/password", "changePassword", "Choose another password; your sessions end", .account,
                for: .oneself, takes: .json(["from": .text(1...256), "to": .text(12...256)]), keyed: false,
                gives: .ok(.state("set")), refuses: Self.own, by: changePassword
            ).guessing(),
            Endpoint(
                .post, "/v1/second-factor", "beginSecondFactor", "Get the secret for an authenticator, once", .account,
                for: .oneself, takes: .json(["password": .text(1...256)]), keyed: false,
                gives: .created(["secret": .text, "address": .text]),
                refuses: Self.own + ["second_factor_on", "keys_missing"] + Code.keys, by: beginSecondFactor
            ).guessing(),
            Endpoint(
                .put, "/v1/second-factor", "confirmSecondFactor",
                "Turn it on by a code of the authenticator, and get recovery codes, once", .account, for: .oneself,
                takes: .json(["code": .text(6...6)]), gives: .ok(["recovery_codes": .list(.text)]),
                refuses: Self.own + ["second_factor_on", "second_factor_not_begun", "keys_missing", "answer_not_kept"]
                    + Code.keys, by: confirmSecondFactor
            ).guessing(),
            Endpoint(
                .post, "/v1/second-factor/removal", "removeSecondFactor", "Do without a second factor again", .account,
                for: .oneself, takes: .json(["password": .text(1...256), "code": .text(6...40)]), keyed: false,
                gives: .ok(.state("removed")),
                refuses: Self.own + ["second_factor_not_begun", "keys_missing"] + Code.keys, by: removeSecondFactor
            ).guessing(),
        ]
    }

    private var sessions: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/sessions", "listSessions", "Your sessions, newest first", .account, for: .oneself,
                query: Parameter.paging, gives: .ok(.page(Self.session)), by: listSessions),
            Endpoint(
                .delete, "/v1/sessions/{session}", "endSession", "Sign out of a session of yours", .account,
                for: .oneself, gives: .ok(.state("ended")), by: endSession),
        ]
    }

    private var tokens: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/tokens", "listTokens", "Your access tokens without their secrets, newest first", .account,
                for: .oneself, query: Parameter.paging, gives: .ok(.page(Self.token)), by: listTokens),
            Endpoint(
                .post, "/v1/tokens", "issueToken", "Get a token of your own, for no more than you came with", .account,
                for: .oneself,
                takes: .json([
                    "name": .text(1...200), "scopes": .list(.choice(TokenScope.self), 1...20),
                    "days": .integer(1...365),
                ]), gives: .created(Self.issued), refuses: ["answer_not_kept"], by: issue),
            Endpoint(
                .post, "/v1/tokens/{token}/rotation", "rotateToken",
                "Get a token in place of another one, which goes on for a while", .account, for: .oneself,
                takes: .json(["overlap_seconds": Shape.integer(0...604_800).optional]),
                gives: .created(Self.issued), refuses: ["token_rotated", "answer_not_kept"], by: rotate),
            Endpoint(
                .delete, "/v1/tokens/{token}", "revokeToken", "End a token of yours", .account, for: .oneself,
                gives: .ok(.state("revoked")), by: revoke),
        ]
    }

    private static let own: [Code] = ["no_password", "not_confirmed", "sign_in_busy"]

    static let session = Shape.object(
        "Session",
        [
            "session": .id, "method": .choice(SignInMethod.self), "created_at": .time.orNull, "seen_at": .time.orNull,
            "ends_at": .time, "ended_at": .time.orNull,
        ])

    private static let token = Shape.object(
        "Token",
        [
            "token_id": .id, "name": .text, "scopes": .list(.choice(TokenScope.self)), "created_at": .time,
            "expires_at": .time, "revoked_at": .time.orNull, "last_used_at": .time.orNull, "replaces": .id.orNull,
        ])

    private static let issued = Shape.object("IssuedToken", ["token": .text, "token_id": .id, "expires_at": .time])

    @Sendable private func signIn(_ call: Call) async throws -> Outcome {
        let session = try await SignIn(market: market, hasher: hasher)(
            email: try call.string("email"), password: try call.string("password"), code: call.text("code"),
            replacing: call.request.cookie(SessionCookie.name))
        return .begun(session)
    }

    @Sendable private func askReset(_ call: Call) async throws -> Outcome {
        try await AskReset(market: market)(email: try call.string("email"))
        return .json(["state": "asked"], status: 202)
    }

    @Sendable private func redeem(_ call: Call) async throws -> Outcome {
        try await RedeemTicket(market: market, hasher: hasher)(
            try call.string("code"), password: try call.string("password"))
        return .json(["state": "set"])
    }

    @Sendable private func invite(_ call: Call) async throws -> Outcome {
        let (actor, email) = (try call.actor, try call.string("email"))
        let person: Principal.ID = try call.required("person")
        // The code goes by letter alone.
        return try await call.once(201, { (sent: Invitation) in ["state": sent == .proposed ? "proposed" : "sent"] }) {
            try await InvitePerson(market: $0)(person, email: email, by: actor)
        }
    }

    @Sendable private func changePassword(_ call: Call) async throws -> Outcome {
        try await ChangePassword(market: market, hasher: hasher)(
            from: try call.string("from"), to: try call.string("to"), by: try call.actor)
        return .json(["state": "set"])
    }

    @Sendable private func beginSecondFactor(_ call: Call) async throws -> Outcome {
        let offer = try await BeginSecondFactor(market: market, hasher: hasher)(
            password: try call.string("password"), by: try call.actor)
        return .json(["secret": .string(offer.secret), "address": .string(offer.address)], status: 201)
    }

    @Sendable private func confirmSecondFactor(_ call: Call) async throws -> Outcome {
        let (actor, code) = (try call.actor, try call.string("code"))
        return try await call.once(
            200, sealed: true, { (codes: [String]) in ["recovery_codes": .array(codes.map(JSON.string))] }
        ) {
            try await ConfirmSecondFactor(market: $0)(code: code, by: actor)
        }
    }

    @Sendable private func removeSecondFactor(_ call: Call) async throws -> Outcome {
        try await RemoveSecondFactor(market: market, hasher: hasher)(
            password: try call.string("password"), code: try call.string("code"), by: try call.actor)
        return .json(["state": "removed"])
    }

    @Sendable private func listSessions(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        let found = try await ListSessions(market: market)(
            of: actor, before: try call.identifier("before"), limit: call.limit, by: actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func endSession(_ call: Call) async throws -> Outcome {
        try await EndSessions(market: market)(try call.id("session"), by: try call.actor)
        return .json(["state": "ended"])
    }

    @Sendable private func listTokens(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        let found = try await ListTokens(market: market)(
            of: actor, before: try call.identifier("before"), limit: call.limit, by: actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func issue(_ call: Call) async throws -> Outcome {
        let scopes = call["scopes"]?.arrayValue?.compactMap { $0.stringValue.flatMap(TokenScope.init) } ?? []
        let (name, actor, bound) = (try call.string("name"), try call.actor, call.scopes)
        let lifetime = TimeInterval(call.int("days") ?? 0) * 86_400
        return try await call.once(201, sealed: true, \IssuedToken.json) {
            try await IssueToken(market: $0)(
                for: actor, lifetime: lifetime, name: name, scopes: Set(scopes), within: bound, by: actor)
        }
    }

    @Sendable private func rotate(_ call: Call) async throws -> Outcome {
        let id: AccessToken.ID = try call.id("token")
        let (overlap, actor) = (TimeInterval(call.int("overlap_seconds") ?? 86_400), try call.actor)
        let bound = call.scopes
        return try await call.once(201, sealed: true, \IssuedToken.json) {
            try await RotateToken(market: $0)(id, overlap: overlap, within: bound, ownOnly: true, by: actor)
        }
    }

    @Sendable private func revoke(_ call: Call) async throws -> Outcome {
        try await RevokeTokens(market: market)(try call.id("token"), ownOnly: true, by: try call.actor)
        return .json(["state": "revoked"])
    }
}

extension Outcome {
    /// A session that just began, with its cookie.
    static func begun(_ session: NewSession, forgetting cookie: String? = nil) -> Outcome {
        var response = Response(
            json: [
                "session": .string("\(session.id)"), "method": .string(session.method.rawValue),
                "created_at": .null, "seen_at": .null, "ends_at": .millisecond(session.endsAt),
                "ended_at": .null,
            ], status: .created)
        response.headers[values: .setCookie] =
            [SessionCookie.begun(session)] + (cookie.map { [SessionCookie.ended($0)] } ?? [])
        response.headers[.cacheControl] = "no-store"
        return .raw(response)
    }
}

extension Code {
    /// What a secret can be refused for.
    static let keys: [Code] = ["key_unknown", "key_retired", "sealed_unreadable"]
}

extension PersonSession {
    var wire: JSON {
        [
            "session": .string("\(id)"), "method": .string(method.rawValue),
            "created_at": .millisecond(createdAt), "seen_at": .millisecond(seenAt),
            "ends_at": .millisecond(endsAt), "ended_at": .millisecond(endedAt),
        ]
    }
}

extension IssuedToken {
    fileprivate var json: JSON {
        [
            "token": .string(secret), "token_id": .string("\(id)"), "expires_at": .millisecond(expiresAt),
        ]
    }
}

extension TokenLine {
    fileprivate var json: JSON {
        [
            "token_id": .string("\(id)"), "name": .string(name),
            "scopes": .array(scopes.ordered.map { .string($0.rawValue) }), "created_at": .millisecond(createdAt),
            "expires_at": .millisecond(expiresAt), "revoked_at": .millisecond(revokedAt),
            "last_used_at": .millisecond(lastUsedAt),
            "replaces": replaces.map { .string("\($0)") } ?? .null,
        ]
    }
}
