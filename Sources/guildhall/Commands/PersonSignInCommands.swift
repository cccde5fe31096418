internal import ArgumentParser
internal import Formats
internal import Marketplace

/// A person by name, or a worker by the operator's key for them.
struct PersonArgument: ParsableArguments {
    @Argument(help: "Their name, as `person add` took it; with --worker a worker's key.") var name: String
    @Flag(help: "The name is a worker's, by the operator's key for them or by id.") var worker = false

    func id(in market: Market) async throws -> Principal.ID {
        worker ? Principal.ID(try await market.worker(name).uuid) : try await market.person(named: name)
    }
}

extension PersonCommand {
    struct Invite: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a person sign in: send them a code by which they choose a password, and print it.",
            discussion: """
                guildhall person invite bea --email bea@example.org
                guildhall person invite bea --email bea@example.org --by chris
                guildhall person invite nour --worker --email nour@example.org

                The code is good once, for a week; again sends another one, and ends that before. Whoever may do more \
                than work, or is here already, is invited by two operators who name the same address within a week; a \
                letter of one is good for nobody who has come to be here since. A server prints no code.
                """)
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var person: PersonArgument
        @Option(help: "The address that they sign in by.") var email: String

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let id = try await person.id(in: market)
                switch try await InvitePerson(market: market)(id, email: email, by: actor) {
                case .sent(let code): return (["person": .string("\(id)"), "code": .string(code)], code)
                case .proposed:
                    return (
                        ["person": .string("\(id)"), "state": "proposed"],
                        "proposed: another operator has to invite them to the same address"
                    )
                }
            }
        }
    }

    struct Sessions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A person's sessions, newest first.")
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var person: PersonArgument
        @Option(help: "Begin before this session, as the page before printed its last.") var before: String?
        @Option(help: "Most sessions, 1 to 200.") var limit = 50

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await options.list(remotely: self) { market, actor in
                try await ListSessions(market: market)(
                    of: try await person.id(in: market), before: try pageID(before, of: PersonSession.self),
                    limit: limit, by: actor
                ).map { ($0.json, $0.line) }
            }
        }
    }

    struct SignOut: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End all sessions of a person, at once.")
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var person: PersonArgument

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let count = try await EndSessions(market: market)(of: try await person.id(in: market), by: actor)
                return (["ended": .integer(Int64(count))], "\(count) ended")
            }
        }
    }

    struct NoSecondFactor: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take the second factor from a person who lost theirs; make sure who asks.")
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var person: PersonArgument

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let id = try await person.id(in: market)
                try await RemoveSecondFactor(market: market, hasher: PasswordHasher())(of: id, by: actor)
                return (["person": .string("\(id)")], "\(id) has no second factor")
            }
        }
    }

    struct CloseSignIn: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let nobody sign in by a person's address any more; again by `person invite`.")
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var person: PersonArgument

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let id = try await person.id(in: market)
                try await CloseLogin(market: market)(of: id, by: actor)
                return (["person": .string("\(id)")], "\(id) does not sign in any more")
            }
        }
    }
}

extension PersonSession {
    fileprivate var json: JSON {
        [
            "session": .string("\(id)"), "method": .string(method.rawValue), "created_at": .string(utcText(createdAt)),
            "seen_at": .string(utcText(seenAt)), "ends_at": .string(utcText(endsAt)),
            "ended_at": endedAt.map { .string(utcText($0)) } ?? .null,
        ]
    }

    fileprivate var line: String {
        let end = endedAt.map { "ended \(utcText($0))" } ?? "until \(utcText(endsAt))"
        return "\(id): \(method.rawValue), since \(utcText(createdAt)), seen \(utcText(seenAt)), \(end)"
    }
}
