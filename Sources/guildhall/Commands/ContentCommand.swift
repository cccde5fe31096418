internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct ContentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "content",
        abstract: "What tasks are made of: encrypted, read on record, destroyed in time.",
        discussion: """
            Every requester's content is encrypted under a key of its own, which the key file wraps. It is opened for \
            the worker who holds the task, for a reviewer of an answer that waits, and for the requester's exports; \
            each reading is on record.
            """,
        subcommands: [
            Seal.self, Readings.self, DestroyKey.self, Retention.self, RetentionClasses.self, SetRetention.self,
        ]
    )

    struct Seal: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Encrypt what was taken in before content was encrypted.",
            discussion: "In small transactions, while everything runs; cut off, it goes on where it was."
        )
        @OptionGroup var options: DatabaseOptions
        @Option(help: "Rows per transaction, 1 to 500.") var batch = 100
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws {
            guard (1...SealContent.batchMax).contains(batch) else { throw ValidationError("--batch must be 1 to 500.") }
        }

        func run() async throws {
            try await withSession(options) { session in
                let seal = SealContent(market: session.market)
                let actor = try await session.market.person(named: by)
                var count = 0
                while case let done = try await seal(limit: batch, by: actor), done > 0 { count += done }
                Console.result(["sealed": .integer(Int64(count))], "\(count) contents sealed.", asJSON: json)
            }
        }
    }

    struct Readings: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who read a requester's content, when and for what; newest first.",
            discussion: "An export has one row for each page of up to 500 tasks: the first, the last, how many."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The requester, by the operator's key.") var requester: String
        @Option(help: "Of this task only, by id.") var task: String?
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "Go on after this one, by id.") var before: String?
        @Option(help: .actor("an operator, or somebody of the requester")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let found = try await ListReadings(market: session.market)(
                    of: try await session.requester(requester),
                    task: try pageID(task, of: WorkTask.self, field: "task"),
                    before: try pageID(before, of: ContentReadingRecord.self), limit: limit,
                    by: try await session.market.person(named: by)
                )
                Console.list(found.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct DestroyKey: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "destroy-key",
            abstract: "Destroy a requester's keys, so that its content can never be read again.",
            discussion: """
                Two people: one operator asks for it with --reasons, another says --confirm. Batches that are open or \
                paused must be closed before. Ledger and audit log stay, and who answered what when. Backups and old rows of the database \
                still hold the wrapped keys: run `guildhall keys rotate` afterwards, and keep no copy of the old key \
                file, to make them worthless.
                """
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The requester, by the operator's key.") var requester: String
        @Option(help: "Ask for it: why.") var reasons: String?
        @Flag(help: "Do it, as the second person.") var confirm = false
        @Flag(help: "Take back what was asked for.") var withdraw = false
        @Option(help: .actor("an operator")) var by: String
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws {
            guard [reasons != nil, confirm, withdraw].filter({ $0 }).count == 1 else {
                throw ValidationError("Give one of --reasons, --confirm and --withdraw.")
            }
        }

        func run() async throws {
            try await withSession(options) { session in
                let id = try await session.requester(requester)
                let actor = try await session.market.person(named: by)
                let destroy = DestroyRequesterKey(market: session.market)
                let (state, line): (String, String)
                if let reasons {
                    try await destroy.propose(id, reasons: reasons, by: actor)
                    (state, line) = ("proposed", "Asked for. A second operator must say --confirm.")
                } else if confirm {
                    try await destroy.confirm(id, by: actor)
                    (state, line) = (
                        "destroyed", "The keys of \(requester) are destroyed. Now run `guildhall keys rotate`."
                    )
                } else {
                    try await destroy.withdraw(id, by: actor)
                    (state, line) = ("withdrawn", "Taken back.")
                }
                Console.result(["state": .string(state)], line, asJSON: json)
            }
        }
    }
}

extension ContentReadingRecord {
    fileprivate var json: JSON {
        [
            "reading": .string("\(id)"), "purpose": .string(purpose.rawValue), "reader": .string("\(reader)"),
            "task": .string("\(task)"), "last_task": lastTask.map { .string("\($0)") } ?? .null,
            "tasks": .integer(Int64(tasks)), "assignment": assignment.map { .string("\($0)") } ?? .null,
            "read_at": .string(utcText(readAt)),
        ]
    }

    fileprivate var line: String {
        let what = lastTask.map { "\(tasks) tasks, \(task) to \($0)" } ?? "task \(task)"
        return "\(id): \(utcText(readAt)) \(purpose.rawValue) by \(reader): \(what)"
    }
}
