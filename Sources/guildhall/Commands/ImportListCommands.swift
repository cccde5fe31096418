internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

extension ImportCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the imports into a batch, newest first; go on with --before the last one shown.",
            discussion: """
                One that is 'running' and that no process works on was cut off: start it again with the same file.

                Example: guildhall import list 0196f0c2-7c1e-7d3a-9a54-0242ac120002 --running
                """
        )
        @OptionGroup var of: BatchOptions
        @Flag(help: "Only those that have not ended.") var running = false
        @Option(help: "Only imports older than this one.") var before: String?
        @Option(help: "1 to 200.") var limit = 50

        func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await of.run(remotely: self) { session, id, requester, actor in
                let runs = try await ListImports(market: session.market)(
                    into: id, of: requester, in: running ? .running : nil,
                    before: try pageID(before, of: ImportRun.self), limit: limit, by: actor
                )
                Console.list(runs.map { ($0.json, $0.line) }, asJSON: of.json)
            }
        }
    }

    struct Faults: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the faulty records of an import, in the order of the file.",
            discussion: """
                The first \(ImportRun.faultsMax) are kept. Go on with --after the number of the last one shown.

                Example: guildhall import faults 0196f0c2-7c1e-7d3a-9a54-0242ac120002 --after 50
                """
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Argument(help: "The import's id.") var id: String
        @Option(help: "The batch's id; only with --server.") var batch: String?
        @Option(help: "The number of the last fault of the page before.") var after = 0
        @Option(help: "1 to 200.") var limit = 50
        @Flag(help: "Print JSON.") var json = false

        func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                guard let run = ImportRun.ID(id) else { throw BadInput("import", "must be a UUID") }
                let faults = try await ListImports(market: session.market).faults(
                    of: run, of: requester, after: after, limit: limit, by: actor)
                let lines = faults.map { number, fault -> (json: JSON, line: String) in
                    let json: JSON = [
                        "number": .integer(Int64(number)), "line": .integer(Int64(fault.line)),
                        "pointer": .string(fault.pointer), "code": .string(fault.code.rawValue),
                        "reason": .string(fault.reason),
                    ]
                    let place = fault.pointer.isEmpty ? "" : " \(fault.pointer)"
                    return (json, "\(number)  line \(fault.line)\(place): \(fault.reason) [\(fault.code.rawValue)]")
                }
                Console.list(lines, asJSON: json)
            }
        }
    }
}

extension ImportRun {
    fileprivate var json: JSON {
        [
            "import": .string("\(id)"), "source": .string(sourceName), "format": .string(format.rawValue),
            "state": .string(state.rawValue), "added": .integer(Int64(counts.added)),
            "unchanged": .integer(Int64(counts.unchanged)), "faulty": .integer(Int64(counts.faulty)),
            "begun_at": .string(utcText(begunAt)), "ended_at": endedAt.map { .string(utcText($0)) } ?? .null,
        ]
    }

    fileprivate var line: String {
        "\(id)  \(state.rawValue)  \(sourceName): \(counts.added) added, \(counts.unchanged) unchanged, "
            + "\(counts.faulty) faulty; begun \(utcText(begunAt))"
    }
}
