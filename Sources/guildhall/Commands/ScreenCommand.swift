internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct ScreenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "screen",
        abstract: "What screens of cleared auctions found: list, show, decide.",
        discussion: """
            The scheduler looks through the auctions of a cell (one requirement, profession and tier) for rings, \
            rotation, identical bids, linked accounts and work that was won and not done. What it finds waits here \
            for a person; nothing follows from it by itself, and a confirmed finding is no penalty either: an \
            exclusion or a suspension is a decision of its own, with reasons and an appeal.

            guildhall screen list
            guildhall screen show ID            the evidence
            guildhall screen decide ID dismiss --reasons "Two partners of one firm, who said so."
            """,
        subcommands: [List.self, Show.self, Decide.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Findings in one state, the oldest first; go on with --after the last one shown.",
            discussion: "Example: guildhall screen list --state confirmed --limit 20")
        @OptionGroup var options: DatabaseOptions
        @Option(help: "open, dismissed or confirmed.") var state = "open"
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "Only those after this one.") var after: String?
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let found = try await ListFindings(market: session.market)(
                    in: try choice(state, of: FindingState.self, field: "state"),
                    after: try pageID(after, of: Finding.self, field: "after"), limit: limit,
                    by: try await session.market.person(named: by)
                )
                Console.list(found.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One finding with its evidence, as JSON.",
            discussion: "Example: guildhall screen show ID")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The finding's id.") var finding: String
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON on one line.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let found = try await ListFindings(market: session.market).one(
                    try findingID(finding), by: try await session.market.person(named: by))
                if json { return Console.result(found.json) }
                Console.result(found.line)
                for worker in found.workers { Console.result("  worker \(worker)") }
                for auction in found.auctions { Console.result("  auction \(auction.uuidString.lowercased())") }
                Console.result("  evidence \(found.evidence.canonicalText)")
                if let reasons = found.reasons { Console.result("  \(reasons)") }
            }
        }
    }

    struct Decide: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what is behind a finding: dismiss or confirm it, with reasons.",
            discussion: "Example: guildhall screen decide ID confirm --reasons \"They share a bank account.\"")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The finding's id.") var finding: String
        @Argument(help: "dismiss or confirm.") var verdict: String
        @Option(help: "Why, for other operators to read.") var reasons: String
        @Option(help: .actor("an operator whom it is not about")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                try await DecideFinding(market: session.market)(
                    try findingID(finding), try choice(verdict, of: FindingVerdict.self, field: "verdict"),
                    reasons: reasons, by: try await session.market.person(named: by)
                )
                Console.result(["decided": .string(verdict)], "\(finding): \(verdict).", asJSON: json)
            }
        }
    }
}

private func findingID(_ text: String) throws -> Finding.ID {
    guard let id = Finding.ID(text) else { throw BadInput("finding", "must be a UUID") }
    return id
}

extension Finding {
    fileprivate var line: String {
        "\(id)  \(kind.rawValue)  \(state.rawValue)  \(cell.profession)/\(cell.tier.rawValue)  "
            + "score \(scoreMilli)/1000  \(workers.count) workers  \(auctions.count) auctions  \(utcText(foundAt))"
    }
}
