internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct RateEndingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ending",
        abstract: "The end of a published version, by one person after the other; `rate end` is both at once.",
        discussion: """
            A finance maker prepares the end, by which nothing ends. A finance checker approves it by its id, before \
            its time has come. One that nobody approves lapses.
            """,
        subcommands: [Prepare.self, Approve.self, List.self]
    )

    struct Prepare: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prepare the end of a version at an instant to come; prints its id.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The version.") var version: Int
        @Option(help: "The instant, such as 2026-03-02T09:00:00Z.") var at: String
        @Option(help: .actor("a finance maker")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let prepared = try await EndRateCard(market: session.market).prepare(
                    version, at: try Date(instant: at, field: "at"),
                    by: try await session.market.person(named: by)
                )
                let end = utcText(prepared.end)
                Console.result(
                    ["ending": .string("\(prepared.id)"), "at": .string(end)],
                    "\(prepared.id): version \(version) is to end at \(end).", asJSON: json
                )
            }
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a version as it was prepared. Not by whoever prepared it.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The version.") var version: Int
        @Argument(help: "The prepared end's id.") var ending: String
        @Option(help: .actor("a finance checker, not who prepared it")) var by = "finance-checker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let end = try await EndRateCard(market: session.market).approve(
                    try readID(ending, "ending"), of: version, by: try await session.market.person(named: by)
                )
                Console.result(
                    ["state": "ended", "at": .string(utcText(end))], "Version \(version) ends at \(utcText(end)).",
                    asJSON: json
                )
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The ends of a version that were prepared, newest first.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The version.") var version: Int
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "Go on after this one, by id.") var before: String?
        @Option(help: .actor("somebody in finance")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let found = try await ListRateCardEnds(market: session.market)(
                    of: version, before: try pageID(before, of: AuditEvent.self), limit: limit,
                    by: try await session.market.person(named: by)
                )
                Console.list(found.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }
}

extension RateCardEnding {
    fileprivate var json: JSON {
        [
            "ending": .string("\(id)"), "at": .string(utcText(end)), "prepared_by": .string("\(preparedBy)"),
            "prepared_at": .string(utcText(preparedAt)), "is_open": .bool(isOpen),
        ]
    }

    fileprivate var line: String {
        "\(id): at \(utcText(end)), prepared \(utcText(preparedAt)) by \(preparedBy)" + (isOpen ? ", open" : "")
    }
}
