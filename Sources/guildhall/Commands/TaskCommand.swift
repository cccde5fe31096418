internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct TaskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task",
        abstract: "Where the tasks of a batch stand; nothing of their content.",
        discussion: """
            Examples:
              guildhall task list 0196f0c2-7c1e-7d3a-9a54-0242ac120002 --limit 20
              guildhall task show 0196f0c2-7c1e-7d3a-9a54-0242ac120002 C-17
            """,
        subcommands: [List.self, Show.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the tasks of a batch with the states of their slots; go on with --after the last one.")
        @OptionGroup var of: BatchOptions
        @Option(help: "The last task of the page before, by id.") var after: String?
        @Option(help: "1 to 200.") var limit = 50

        func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await of.run(remotely: self) { session, id, requester, actor in
                let tasks = try await ListTasks(market: session.market)(
                    of: id, from: requester, after: try pageID(after, of: WorkTask.self, field: "after"), limit: limit,
                    by: actor
                )
                Console.list(tasks.map { ($0.json, $0.line) }, asJSON: of.json)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print a task and each of its slots.")
        @OptionGroup var of: BatchOptions
        @Argument(help: "The task's external key.") var key: String

        func run() async throws {
            try await of.run(remotely: self) { session, id, requester, actor in
                let task = try await ListTasks(market: session.market).one(key, of: id, from: requester, by: actor)
                let lines = [task.line] + task.slots.map(\.line)
                Console.result(task.json, lines.joined(separator: "\n"), asJSON: of.json)
            }
        }
    }
}

extension TaskLine {
    fileprivate var json: JSON {
        [
            "task": .string("\(id)"), "external_key": .string(externalKey), "state": .string(state.rawValue),
            "slots": .array(slots.map(\.json)),
        ]
    }

    fileprivate var line: String {
        let counts = Dictionary(grouping: slots, by: \.state).mapValues(\.count)
        let text = SlotState.allCases.compactMap { state in counts[state].map { "\(state.rawValue) \($0)" } }
        return "\(id)  \(externalKey)  \(state.rawValue): \(text.joined(separator: ", "))"
    }
}

extension SlotLine {
    fileprivate var json: JSON {
        [
            "slot": .integer(Int64(number)), "state": .string(state.rawValue), "lapses": .integer(Int64(lapses)),
            "lease_until": leaseUntil.map { .string(utcText($0)) } ?? .null,
        ]
    }

    fileprivate var line: String {
        let until = leaseUntil.map { " until \(utcText($0))" } ?? ""
        return "  slot \(number): \(state.rawValue)\(until), \(lapses) leases without an answer"
    }
}
