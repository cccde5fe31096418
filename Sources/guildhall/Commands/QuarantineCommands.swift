internal import ArgumentParser
internal import Formats
internal import Marketplace
internal import Store

extension BatchCommand {
    struct Quarantine: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What is held back since lease after lease on it ended without an answer.",
            discussion: """
                Look at the task and at why workers gave it back before you release it; what nobody can do is taken \
                back with `guildhall batch withdraw`.

                Examples:
                  guildhall batch quarantine list 0196f0c2-7c1e-7d3a-9a54-0242ac120002
                  guildhall batch quarantine release 0196f0c2-7c1e-7d3a-9a54-0242ac120002 --task C-17 --slot 1
                """,
            subcommands: [List.self, Release.self]
        )

        struct List: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "List the slots of a batch that are held back; go on with --after of the last one shown.")
            @OptionGroup var of: BatchOptions
            @Option(help: "The last slot of the page before, as it was printed: KEY#SLOT.") var after: String?
            @Option(help: "1 to 200.") var limit = 50

            func validate() throws { try checkPage(limit) }

            func run() async throws {
                try await of.run(remotely: self) { session, id, requester, actor in
                    let list = ListQuarantine(market: session.market)
                    var last: QuarantinedSlot?
                    if let after {
                        let (key, number) = try slotName(after)
                        let task = try await ListTasks(market: session.market).one(
                            key, of: id, from: requester, by: actor)
                        last = QuarantinedSlot(
                            task: task.id, slot: number, externalKey: key, lapses: 0, reasons: [:])
                    }
                    let found = try await list(id, of: requester, after: last, limit: limit, by: actor)
                    Console.list(found.map { ($0.json, $0.line) }, asJSON: of.json)
                }
            }
        }

        struct Release: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Let a slot be leased again, its lapses forgotten.")
            @OptionGroup var of: BatchOptions
            @Option(help: "The external key of the task.") var task: String
            @Option(help: "The number of the slot.") var slot: Int

            func run() async throws {
                try await of.run(remotely: self) { session, id, requester, actor in
                    let found = try await ListTasks(market: session.market).one(
                        task, of: id, from: requester, by: actor)
                    try await ReleaseQuarantine(market: session.market)(
                        found.id, slot: slot, of: requester, by: actor)
                    Console.result(
                        ["task": .string("\(found.id)"), "slot": .integer(Int64(slot)), "state": "open"],
                        "\(task)#\(slot) is open again.", asJSON: of.json)
                }
            }
        }
    }
}

/// `KEY#SLOT`; the key may have a `#` itself.
private func slotName(_ text: String) throws -> (key: String, number: Int) {
    guard let mark = text.lastIndex(of: "#"), let number = Int(text[text.index(after: mark)...]) else {
        throw BadInput("after", "must be written as KEY#SLOT")
    }
    return (String(text[..<mark]), number)
}

extension QuarantinedSlot {
    fileprivate var json: JSON {
        let said = reasons.map { ($0.key.rawValue, JSON.integer(Int64($0.value))) }
        return [
            "task": .string("\(task)"), "external_key": .string(externalKey), "slot": .integer(Int64(slot)),
            "lapses": .integer(Int64(lapses)),
            "reasons": .object(Dictionary(said, uniquingKeysWith: { first, _ in first })),
        ]
    }

    fileprivate var line: String {
        let said = reasons.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.rawValue) \($0.value)" }
        let why = said.isEmpty ? "" : ": \(said.joined(separator: ", "))"
        return "\(externalKey)#\(slot)  \(lapses) leases without an answer\(why)"
    }
}
