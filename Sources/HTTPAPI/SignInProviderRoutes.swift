internal import Formats
internal import HTTPTypes
internal import Marketplace

/// The OpenID providers that people may sign in by. Who is linked to which account is said beside the database only:
/// it lets whoever has the account act as that person.
struct SignInProviderRoutes {
    private static let path = "/v1/sign-in-providers"
    private static let operators = Access.platform([.operator])
    private static let provider = Shape.object(
        "SignInProvider",
        [
            "provider": .id, "key": .text, "issuer": .text, "client_id": .text, "requester": .id.orNull,
            "closed_at": .time.orNull,
        ])
    let market: Market
    let networks: OutboundTarget.Networks

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, Self.path, "listSignInProviders", "Providers that people may sign in by, oldest first", .account,
                for: Self.operators, query: Parameter.pagingOn, gives: .ok(.page(Self.provider)), by: list),
            Endpoint(
                .post, Self.path, "addSignInProvider",
                "Enter a provider; again with the same values, it gets the client secret of now", .account,
                for: Self.operators,
                takes: .json([
                    "key": Shape.text(1...60).described("In addresses: lower-case letters, digits and hyphens."),
                    "issuer": Shape.text(1...2_000).described("As its discovery document says, to the letter."),
                    "client_id": .text(1...500), "client_secret": Shape.text(10...1_000).orNull.optional,
                    "requester": Shape.id.orNull.described(
                        "Whose people it knows: all of them may act for it. Without, each is linked by hand."
                    ).optional,
                ]),
                gives: .created([
                    "provider": Shape.id.orNull.described(
                        "Null of a requester's until another operator enters the same, within a week."),
                    "key": .text,
                ]),
                refuses: ["not_found", "provider_key_taken", "keys_missing"] + Code.keys, by: add),
            Endpoint(
                .delete, Self.path + "/{provider}", "closeSignInProvider", "Let nobody sign in by a provider any more",
                .account, for: Self.operators, query: [.path("provider", .text(1...60))], gives: .ok(.state("closed")),
                by: close),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await AddProvider(market: market).list(
            after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func add(_ call: Call) async throws -> Outcome {
        let (actor, key, issuer) = (try call.actor, try call.string("key"), try call.string("issuer"))
        let (client, secret) = (try call.string("client_id"), call.text("client_secret"))
        let requester: Requester.ID? = try call.member("requester")
        return try await call.once(
            201,
            { (id: SignInProvider.ID?) in
                ["provider": id.map { .string("\($0)") } ?? .null, "key": .string(key)]
            }
        ) {
            try await AddProvider(market: $0, networks: networks)(
                key: key, issuer: issuer, audience: client, secret: secret, requester: requester, by: actor)
        }
    }

    @Sendable private func close(_ call: Call) async throws -> Outcome {
        try await AddProvider(market: market).close(try call.name("provider"), by: try call.actor)
        return .json(["state": "closed"])
    }
}

extension SignInProvider {
    fileprivate var wire: JSON {
        [
            "provider": .string("\(id)"), "key": .string(externalKey), "issuer": .string(issuer),
            "client_id": .string(audience), "requester": requester.map { .string("\($0)") } ?? .null,
            "closed_at": .millisecond(closedAt),
        ]
    }
}
