internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct InterestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interest",
        abstract: "Conflicts of interest: to whom a worker is tied, and so whose work they do not get.",
        subcommands: [Declare.self, Withdraw.self, List.self]
    )

    struct Declare: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Declare a tie to a party. Names are compared without case, punctuation and company forms."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Argument(help: "employer, retainer, counterparty, family or holding.") var kind: String
        @Argument(help: "The party's name.") var party: String
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                guard let kind = InterestKind(rawValue: kind) else {
                    throw BadInput("kind", "must be employer, retainer, counterparty, family or holding")
                }
                let interest = try await DeclareInterest(market: session.market)(
                    kind, in: party, of: try await session.worker(worker),
                    by: try await session.market.person(named: by)
                )
                Console.result(interest.json, interest.line, asJSON: json)
            }
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a tie. Employers, retainers and counterparties bar on for 180 days."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Argument(help: "The interest's id.") var id: String
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                guard let id = Interest.ID(id) else { throw BadInput("id", "must be a UUID") }
                let interest = try await WithdrawInterest(market: session.market)(
                    id, of: try await session.worker(worker), by: try await session.market.person(named: by)
                )
                Console.result(interest.json, interest.line, asJSON: json)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A worker's interests, newest first, with those that have ended."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "Go on after this one, by id.") var before: String?
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let found = try await ListInterests(market: session.market)(
                    of: try await session.worker(worker), before: try pageID(before, of: Interest.self), limit: limit,
                    by: try await session.market.person(named: by)
                )
                Console.list(found.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }
}

extension Interest {
    fileprivate var json: JSON {
        [
            "interest": .string("\(id)"), "kind": .string(kind.rawValue), "party_name": .string(partyName),
            "party": .string(party), "begun_at": .string(utcText(begunAt)),
            "ends_at": endsAt.map { .string(utcText($0)) } ?? .null,
        ]
    }

    fileprivate var line: String {
        "\(id): \(kind.rawValue) \(partyName) ('\(party)'), from \(utcText(begunAt))"
            + (endsAt.map { ", bars until \(utcText($0))" } ?? "")
    }
}
