internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

/// Which award, of whom.
struct AwardOptions: ParsableArguments {
    @OptionGroup var options: DatabaseOptions
    @Option(help: "The requester's key or id.") var requester = "contract-desk"
    @Argument(help: "The award's id.") var award: String
    @Option(help: "The worker's key or id.") var worker: String
    @Flag(help: "Print JSON.") var json = false

    func run(
        remotely command: some ParsableCommand, _ body: (Session, Award.Key, Principal.ID) async throws -> Void
    ) async throws {
        try await withSession(options, remotely: command as? any RemoteCommand) { session in
            let whose: Requester.ID
            if let id = Requester.ID(requester) { whose = id } else { whose = try await session.requester(requester) }
            guard let id = Award.ID(award) else { throw BadInput("award", "must be a UUID") }
            let actor = Principal.ID(try await session.worker(worker).uuid)
            try await body(session, Award.Key(requester: whose, id: id), actor)
        }
    }
}

struct AwardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "award",
        abstract: "What workers have won in auctions: list, accept, decline.",
        discussion: """
            Accepted work is leased at once as far as there is room, the rest stays reserved and is claimed from the \
            batch later, at the award's price. What is declined, or not answered in time, goes to the next.

            guildhall award list --worker L01
            guildhall award accept AWARD --worker L01
            guildhall award decline AWARD --worker L01
            """,
        subcommands: [List.self, Accept.self, Decline.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a worker's awards, the newest first.", discussion: "guildhall award list --worker L01")
        @OptionGroup var options: DatabaseOptions
        @Option(help: "The worker's key or id.") var worker: String
        @Option(help: "The last one of the page before.") var before: String?
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let actor = Principal.ID(try await session.worker(worker).uuid)
                let found = try await MyAwards(market: session.market)(
                    before: try pageID(before, of: Award.self), limit: limit, by: actor)
                Console.list(found.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take what was won.", discussion: "guildhall award accept AWARD --worker L01")
        @OptionGroup var of: AwardOptions

        func run() async throws {
            try await of.run(remotely: self) { session, key, actor in
                let (leases, until) = try await AcceptAward(market: session.market)(key, by: actor)
                Console.result(
                    [
                        "leases": .array(leases.map { .string("\($0.id)") }),
                        "reserved_until": .string(until.ISO8601Format()),
                    ],
                    "\(leases.count) tasks are leased; the rest is reserved until \(utcText(until)).", asJSON: of.json)
            }
        }
    }

    struct Decline: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Leave what was won to the next.", discussion: "guildhall award decline AWARD --worker L01")
        @OptionGroup var of: AwardOptions

        func run() async throws {
            try await of.run(remotely: self) { session, key, actor in
                try await DeclineAward(market: session.market)(key, by: actor)
                Console.result(["declined": true], "Declined.", asJSON: of.json)
            }
        }
    }
}

extension Award {
    fileprivate var line: String {
        let end = reservedUntil.map { "reserved until \(utcText($0))" } ?? "accept by \(utcText(acceptBy))"
        return "\(id)  \(state.rawValue)  \(units) units for \(total)  batch \(batch)  \(end)"
    }
}
