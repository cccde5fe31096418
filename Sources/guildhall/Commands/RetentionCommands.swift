internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

extension ContentCommand {
    struct Retention: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say how long the content of a project is kept after its batches are closed."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The requester, by the operator's key.") var requester: String
        @Argument(help: "The project, by the requester's key.") var project: String
        @Argument(help: "The retention class; none keeps the content as long as the requester's key.") var name: String?
        @Option(help: .actor("an operator, or somebody of the requester")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let requester = try await session.requester(requester)
                let found = try await session.database.read {
                    try await $0.project(of: requester, externalKey: project)
                }
                guard let found else { throw NotFound("project called '\(project)'") }
                try await SetProjectRetention(market: session.market)(
                    of: found.id, from: requester, to: name, by: try await session.market.person(named: by)
                )
                Console.result(
                    ["project": .string("\(found.id)"), "retention_class": name.map { .string($0) } ?? .null],
                    "\(project): \(name ?? "kept as long as the requester's key").", asJSON: json
                )
            }
        }
    }

    struct RetentionClasses: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "retention-classes", abstract: "The retention classes, by name."
        )
        @OptionGroup var options: DatabaseOptions
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "Go on after this name.") var after: String?
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let found = try await ListRetentionClasses(market: session.market)(
                    after: after, limit: limit, by: try await session.market.person(named: by)
                )
                Console.list(found.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct SetRetention: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set-retention-class",
            abstract:
                "Set how many days content is kept after its batch was closed; of all projects that name the class."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "Lower-case letters, digits and _.") var name: String
        @Option(help: "Days after the batch was closed, 0 to 36,500.") var days: Int
        @Flag(help: "Known answers are destroyed, too.") var references = false
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let retention = try RetentionClass(
                    name: name, daysAfterClose: days, scope: references ? .contentAndReferences : .content
                )
                try await SetRetentionClass(market: session.market)(
                    retention, by: try await session.market.person(named: by)
                )
                Console.result(retention.json, retention.line, asJSON: json)
            }
        }
    }
}

extension RetentionClass {
    fileprivate var json: JSON {
        [
            "name": .string(name), "days_after_close": .integer(Int64(daysAfterClose)),
            "scope": .string(scope.rawValue),
        ]
    }

    fileprivate var line: String { "\(name): \(scope.rawValue), destroyed \(daysAfterClose) days after the close" }
}
