internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct ClearanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clearance",
        abstract: "How sensitive the content is that a worker may read, 1 to 3.",
        discussion: "A batch with a sensitivity asks for that clearance or a higher one, beside its own requirement.",
        subcommands: [Grant.self, End.self, List.self]
    )

    struct Grant: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Clear a worker, in place of what they held.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Argument(help: "1 to 3.") var level: Int
        @Option(help: "Why.") var reasons: String
        @Option(help: "When it ends, such as 2027-01-01T00:00:00Z; never if left out.") var until: String?
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let id = try await GrantClearance(market: session.market)(
                    level, to: try await session.worker(worker),
                    until: try until.map { try utcInstant($0, field: "until") }, reasons: reasons,
                    by: try await session.market.person(named: by)
                )
                Console.result(
                    ["clearance": .string("\(id)")], "\(worker) is cleared for level \(level): \(id).", asJSON: json
                )
            }
        }
    }

    struct End: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a worker's clearance; it stays on record.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Option(help: "Why.") var reasons: String
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                try await EndClearance(market: session.market)(
                    of: try await session.worker(worker), reasons: reasons,
                    by: try await session.market.person(named: by)
                )
                Console.result(["ended": .bool(true)], "\(worker) is cleared no longer.", asJSON: json)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A worker's clearances, newest first.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "Go on after this one, by id.") var before: String?
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let found = try await ListClearances(market: session.market)(
                    of: try await session.worker(worker), before: try pageID(before, of: Clearance.self),
                    limit: limit, by: try await session.market.person(named: by)
                )
                Console.list(found.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }
}

extension Clearance {
    fileprivate var json: JSON {
        [
            "clearance": .string("\(id)"), "level": .integer(Int64(level)), "reasons": .string(reasons),
            "granted_by": .string("\(grantedBy)"),
            "from": inForce.lower.map { .string(utcText($0)) } ?? .null,
            "until": inForce.upper.map { .string(utcText($0)) } ?? .null,
        ]
    }

    fileprivate var line: String {
        let begin = inForce.lower.map { utcText($0) } ?? ""
        let end = inForce.upper.map { " until \(utcText($0))" } ?? ""
        return "\(id): level \(level) from \(begin)\(end): \(reasons)"
    }
}
