internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct ExclusionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exclusion",
        abstract: "Workers whom a requester does not want, with the reason that the worker is told.",
        subcommands: [Add.self, Lift.self, List.self]
    )

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Exclude a worker from a requester's work, by a decision that can be appealed."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The requester, by the operator's key.") var requester: String
        @Argument(help: "The worker's key or id.") var worker: String
        @Option(help: "Why, for the worker to read.") var reason: String
        @Option(help: .actor("an operator, as a decision is a person's")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let id = try await ExcludeWorker(market: session.market)(
                    try await session.worker(worker), from: try await session.requester(requester), reason: reason,
                    by: try await session.market.person(named: by)
                )
                Console.result(
                    ["exclusion": .string("\(id)")], "\(worker) is excluded by \(requester): \(id).", asJSON: json
                )
            }
        }
    }

    struct Lift: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End an exclusion; it stays on record.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The requester, by the operator's key.") var requester: String
        @Argument(help: "The worker's key or id.") var worker: String
        @Option(help: .actor("an operator, as a decision is a person's")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                try await LiftExclusion(market: session.market)(
                    of: try await session.worker(worker), from: try await session.requester(requester),
                    by: try await session.market.person(named: by)
                )
                Console.result(
                    ["lifted": .bool(true)], "\(requester) excludes \(worker) no longer.", asJSON: json
                )
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Whom a requester excludes, newest first.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The requester, by the operator's key.") var requester: String
        @Flag(help: "Show those that were lifted, too.") var past = false
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "Go on after this one, by id.") var before: String?
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let found = try await ListExclusions(market: session.market)(
                    of: try await session.requester(requester), past: past,
                    before: try pageID(before, of: Exclusion.self), limit: limit,
                    by: try await session.market.person(named: by)
                )
                Console.list(found.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }
}

extension Exclusion {
    fileprivate var json: JSON {
        [
            "exclusion": .string("\(id)"), "worker": .string(workerKey), "reason": .string(reason),
            "begun_at": .string(utcText(begunAt)), "lifted_at": liftedAt.map { .string(utcText($0)) } ?? .null,
        ]
    }

    fileprivate var line: String {
        let end = liftedAt.map { " until \(utcText($0))" } ?? ""
        return "\(id): \(workerKey) from \(utcText(begunAt))\(end): \(reason)"
    }
}
