internal import Formats
internal import HTTPTypes
internal import Marketplace

/// Who somebody is; operators make people, and end what others sign in by.
struct PeopleRoutes {
    private static let person = "/v1/people/{person}"
    private static let operators = Access.platform([.operator])
    /// What somebody can be made to be. Workers and requesters come in by routes of their own.
    private static let roles: [Role] = [.operator, .financeMaker, .financeChecker, .reviewer, .auditor]
    let market: Market
    let hasher: PasswordHasher

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/me", "showOneself", "Who you are here, and what your token is for", .account,
                for: .oneself,
                gives: .ok(
                    .object(
                        "Oneself",
                        [
                            "principal": .id, "kind": .choice(PrincipalKind.self), "name": .text,
                            "roles": .list(.choice(Role.self)),
                            "requesters": Shape.list(.id).described("For whom you act."),
                            "scopes": .list(.choice(TokenScope.self)),
                        ])), by: showOneself)
        ] + signIns
    }

    private var signIns: [Endpoint] {
        [
            Endpoint(
                .post, "/v1/people", "createPerson",
                "Make a person who works for the platform, auditors of that role alone; somebody of that name stays",
                .people,
                for: Self.operators,
                takes: .json([
                    "name": .text(1...200), "roles": .list(Self.role, 1...Self.roles.count),
                ]), gives: .created(["person": .id, "name": .text]), by: createPerson),
            Endpoint(
                .get, Self.person + "/sessions", "listPersonSessions", "A person's sessions, newest first", .account,
                for: Self.operators, query: Parameter.paging, sealed: true,
                gives: .ok(.page(IdentityRoutes.session)), by: listSessions),
            Endpoint(
                .delete, Self.person + "/sessions", "endPersonSessions", "End all sessions of a person, at once",
                .account, for: Self.operators, gives: .ok(["ended": .count]), by: endSessions),
            Endpoint(
                .delete, Self.person + "/second-factor", "takeSecondFactor",
                "Take the second factor from a person who lost theirs; make sure who asks. Not for yourself", .account,
                for: Self.operators, gives: .ok(.state("removed")), refuses: ["second_factor_not_begun"],
                by: takeSecondFactor),
            Endpoint(
                .delete, Self.person + "/sign-in", "closeSignIn",
                "Let nobody sign in by a person's address any more, until they are invited again", .account,
                for: Self.operators, gives: .ok(.state("closed")), by: closeSignIn),
        ]
    }

    private static var role: Shape {
        Shape(["type": "string", "enum": .array(roles.map { .string($0.rawValue) })])
    }

    @Sendable private func showOneself(_ call: Call) async throws -> Outcome {
        let found = try await ShowOneself(market: market)(by: try call.actor)
        return .json([
            "principal": .string("\(found.id)"), "kind": .string(found.kind.rawValue), "name": .string(found.name),
            "roles": .array(found.roles.map { .string($0.rawValue) }),
            "requesters": .array(found.requesters.map { .string("\($0)") }),
            "scopes": .array(call.scopes.ordered.map { .string($0.rawValue) }),
        ])
    }

    @Sendable private func createPerson(_ call: Call) async throws -> Outcome {
        let (actor, name) = (try call.actor, try call.string("name"))
        let wanted = Set(call.texts("roles"))
        // Each once.
        let roles = Self.roles.filter { wanted.contains($0.rawValue) }
        return try await call.once(201, { ["person": .string("\($0)"), "name": .string(name)] }) {
            try await CreatePrincipal(market: $0)(.person, named: name, roles: roles, by: actor)
        }
    }

    @Sendable private func listSessions(_ call: Call) async throws -> Outcome {
        let found = try await ListSessions(market: market)(
            of: try call.id("person"), before: try call.identifier("before"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func endSessions(_ call: Call) async throws -> Outcome {
        let count = try await EndSessions(market: market)(of: try call.id("person"), by: try call.actor)
        return .json(["ended": .integer(Int64(count))])
    }

    @Sendable private func takeSecondFactor(_ call: Call) async throws -> Outcome {
        try await RemoveSecondFactor(market: market, hasher: hasher)(of: try call.id("person"), by: try call.actor)
        return .json(["state": "removed"])
    }

    @Sendable private func closeSignIn(_ call: Call) async throws -> Outcome {
        try await CloseLogin(market: market)(of: try call.id("person"), by: try call.actor)
        return .json(["state": "closed"])
    }
}
