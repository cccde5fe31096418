internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

extension TeamCommand {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A team with what it offers and its members, newest first, with those who left."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The team's key.") var key: String
        @Option(help: "How many members, 1 to 200.") var limit = 50
        @Option(help: "Go on after this membership, by id.") var before: String?
        @Option(help: .actor("a manager of the agency, or an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let market = session.market
                let actor = try await market.person(named: by)
                let team = try await session.team(key)
                let members = try await ListMembers(market: market)(
                    of: team.id, before: try pageID(before, of: TeamMember.self), limit: limit, by: actor
                )
                let capacity = try await ListCapacity(market: market)(of: team.id, by: actor)
                if json {
                    return Console.result([
                        "team": team.json, "members": .array(members.map(\.json)),
                        "capacity": .array(capacity.map(\.json)),
                    ])
                }
                Console.result(team.line)
                for item in capacity { Console.result(item.line) }
                for member in members { Console.result(member.line) }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All teams, by key.")
        @OptionGroup var options: DatabaseOptions
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "Go on after the team of this key.") var after: String?
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let teams = try await ListTeams(market: session.market)(
                    after: after, limit: limit, by: try await session.market.person(named: by)
                )
                Console.list(teams.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct Work: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What an agency's people have taken while they were its people, newest first."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The team's key.") var key: String
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "Go on after this assignment, by id.") var before: String?
        @Option(help: .actor("a manager of the agency, or an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let work = try await AgencyWork(market: session.market)(
                    of: try await session.team(key).id, before: try pageID(before, of: Assignment.self), limit: limit,
                    by: try await session.market.person(named: by)
                )
                Console.list(work.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct Capacity: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What an agency offers; with --profession and --weekly-minutes, offer that from now on."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The team's key.") var key: String
        @Option(help: "A profession of the catalogue.") var profession: String?
        @Option(name: .customLong("weekly-minutes"), help: "Of all its people together; 0 offers nothing more.")
        var weeklyMinutes: Int?
        @Option(help: .actor("a manager of the agency, or an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws {
            guard (profession == nil) == (weeklyMinutes == nil) else {
                throw ValidationError("Name both --profession and --weekly-minutes, or neither.")
            }
        }

        func run() async throws {
            try await withSession(options) { session in
                let market = session.market
                let actor = try await market.person(named: by)
                let team = try await session.team(key).id
                if let code = profession, let minutes = weeklyMinutes {
                    guard let profession = Profession(code) else { throw BadInput("profession", "is no profession") }
                    try await OfferCapacity(market: market)(of: team, in: profession, weeklyMinutes: minutes, by: actor)
                }
                let capacity = try await ListCapacity(market: market)(of: team, by: actor)
                Console.list(capacity.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }
}

extension TeamMember {
    fileprivate var json: JSON {
        [
            "membership": .string("\(id)"), "worker": .string(workerKey), "joined_at": .string(utcText(joinedAt)),
            "left_at": leftAt.map { .string(utcText($0)) } ?? .null,
        ]
    }

    fileprivate var line: String {
        "\(id): \(workerKey) from \(utcText(joinedAt))" + (leftAt.map { " until \(utcText($0))" } ?? "")
    }
}

extension TeamCapacity {
    fileprivate var json: JSON {
        [
            "profession": .string(profession.code), "weekly_minutes": .integer(Int64(weeklyMinutes)),
            "since": .string(utcText(since)),
        ]
    }

    fileprivate var line: String { "\(profession.code): \(weeklyMinutes) minutes a week since \(utcText(since))" }
}

extension AgencyWorkItem {
    fileprivate var json: JSON {
        [
            "assignment": .string("\(assignment)"), "worker": .string(workerKey), "project": .string(projectName),
            "state": .string(state.rawValue), "leased_at": .string(utcText(leasedAt)),
            "pay_minor": .integer(pay.minorUnits), "currency": .string(pay.currency.code),
        ]
    }

    fileprivate var line: String {
        "\(assignment): \(workerKey), \(projectName), \(state.rawValue), \(pay), taken \(utcText(leasedAt))"
    }
}
