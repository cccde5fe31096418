internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct TeamCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "team",
        abstract: "Agencies and the operator's own staff: who belongs to them, who is paid, what they offer.",
        subcommands: [
            Create.self, Payee.self, Manager.self, Add.self, Remove.self, Show.self, List.self, Work.self,
            Capacity.self, Account.self,
        ]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enter an agency, or a base of the operator's own staff. Again changes nothing."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The operator's key for it.") var key: String
        @Option(help: "agency or staff.") var kind = "agency"
        @Option(help: "Its name; the payee's name in bank files.") var name: String
        @Option(help: "ISO 3166-2, such as CN-GD, or a country.") var base: String
        @Flag(name: .customLong("is-payee"), help: "The agency is paid in its people's place.") var isPayee = false
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                guard let kind = TeamKind(rawValue: kind) else { throw BadInput("kind", "must be agency or staff") }
                let team = try await CreateTeam(market: session.market)(
                    TeamDraft(externalKey: key, kind: kind, name: name, base: base, isPayee: isPayee),
                    by: try await session.market.person(named: by)
                )
                Console.result(team.json, team.line, asJSON: json)
            }
        }
    }

    struct Payee: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say who is paid from the next payout batch on: the agency, or its people themselves.",
            discussion: "An agency is a payee when another operator says so, too, within a week; its people are told."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The team's key.") var key: String
        @Argument(help: "agency or people.") var payee: String
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                guard ["agency", "people"].contains(payee) else { throw BadInput("payee", "must be agency or people") }
                let isDone = try await ChangePayee(market: session.market)(
                    try await session.team(key).id, isPayee: payee == "agency",
                    by: try await session.market.person(named: by)
                )
                let team = try await session.team(key)
                Console.result(
                    team.json, isDone ? team.line : "proposed: another operator has to say the same", asJSON: json)
            }
        }
    }

    struct Manager: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a person see an agency's work and offer its capacity; made if there is none of that name."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The team's key.") var key: String
        @Argument(help: "The person's name.") var person: String
        @Flag(help: "End it instead.") var dismiss = false
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let market = session.market
                let actor = try await market.person(named: by)
                let team = try await session.team(key).id
                let manager: Principal.ID
                if dismiss {
                    manager = try await market.person(named: person)
                    try await DismissManager(market: market)(manager, of: team, by: actor)
                } else {
                    manager = try await CreatePrincipal(market: market)(.person, named: person, roles: [], by: actor)
                    try await AppointManager(market: market)(manager, of: team, by: actor)
                }
                Console.result(
                    ["principal": .string("\(manager)"), "manages": .bool(!dismiss)],
                    "\(person) \(dismiss ? "no longer manages" : "manages") \(key).", asJSON: json
                )
            }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Put a worker into a team. Nobody is in two at once.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The team's key.") var key: String
        @Argument(help: "The worker's key or id.") var worker: String
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                try await JoinTeam(market: session.market)(
                    try await session.worker(worker), try await session.team(key).id,
                    by: try await session.market.person(named: by)
                )
                Console.result(
                    ["team": .string(key), "worker": .string(worker)], "\(worker) is in \(key).", asJSON: json
                )
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a worker out of a team; their work in hand goes on."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The team's key.") var key: String
        @Argument(help: "The worker's key or id.") var worker: String
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                try await LeaveTeam(market: session.market)(
                    try await session.worker(worker), try await session.team(key).id,
                    by: try await session.market.person(named: by)
                )
                Console.result(
                    ["team": .null, "worker": .string(worker)], "\(worker) has left \(key).", asJSON: json
                )
            }
        }
    }
}

extension Team {
    var json: JSON {
        [
            "team": .string("\(id)"), "key": .string(externalKey), "kind": .string(kind.rawValue),
            "name": .string(name), "base": .string(base), "is_payee": .bool(isPayee),
        ]
    }

    var line: String {
        "\(externalKey): \(kind.rawValue) \(name), \(base)" + (isPayee ? ", is paid in its people's place" : "")
    }
}
