internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Simulation
internal import Store

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write what came back out to files.", subcommands: [Results.self]
    )

    struct Results: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The answers of a batch, or of all batches of a project.",
            discussion: """
                jsonl: one task a line, with its results. csv: one result a row. label-studio: an array of tasks, each \
                result an annotation. These can be imported as tasks again. crowd-kit: task,worker,label, the frame \
                that crowd-kit's aggregations read; --label says where in an answer the label is.

                Workers are pseudonyms, the same in every export of one requester. In CSV, cells that a spreadsheet \
                would take for formulas begin with an apostrophe, unless --unguarded is given, for files that only \
                programs read. docs/FILES.md has the rules.
                """
        )
        @OptionGroup var options: DatabaseOptions
        @Option(help: "The batch, by id.") var batch: String?
        @Option(help: "Or the project, by the requester's key.") var project: String?
        @Option(help: "jsonl, csv, label-studio or crowd-kit.") var format: ResultFormat
        @Option(help: "accepted, or counted: those that wait for review, too.") var answers = ExportChoice.accepted
        @Option(help: "For crowd-kit: the label in an answer, as a JSON Pointer such as /label.") var label: String?
        @Flag(help: "CSV for programs: texts as they are.") var unguarded = false
        @Option(help: "The requester, by the operator's key.") var requester = FoundMarket.requesterKey
        @Option(help: "The person who exports.") var by = "operator"
        @Option(help: "The file to write; it appears when it is complete. Standard output if left out.")
        var output: String?
        @Flag(help: "Print what was written as JSON, on standard error if the results are on standard output.")
        var json = false

        func validate() throws {
            guard (batch == nil) != (project == nil) else { throw ValidationError("Give --batch or --project.") }
        }

        func run() async throws {
            try await withSession(options) { session in
                let owner = try await session.requester(requester)
                var settings = ResultWriter.Settings(format)
                settings.label = label
                settings.isGuarded = !unguarded
                let file = try ResultFile(output)
                let bar = ProgressBar()
                defer { bar.end() }
                let summary: ExportSummary
                do {
                    summary = try await ExportResults(market: session.market)(
                        try await scope(session, owner), of: owner, answers, as: settings,
                        by: try await session.market.person(named: by), to: file.write
                    ) { bar.update(done: $0.tasks, total: nil, label: "tasks") }
                    try file.finish()
                } catch {
                    file.discard()
                    throw error
                }
                bar.end()
                let told: JSON = [
                    "tasks": .integer(Int64(summary.tasks)), "results": .integer(Int64(summary.results)),
                    "output": output.map { .string($0) } ?? .null,
                ]
                let line = "\(summary.results) results of \(summary.tasks) tasks."
                if output == nil { Console.note(json ? told.canonicalText : line) }
                if output != nil { Console.result(told, line, asJSON: json) }
            }
        }

        private func scope(_ session: Session, _ owner: Requester.ID) async throws -> ExportScope {
            if let batch {
                guard let id = Identifier<Batch>(batch) else { throw BadInput("batch", "must be a UUID") }
                return .batch(id)
            }
            let key = project ?? ""
            let found = try await session.database.read { try await $0.project(of: owner, externalKey: key) }
            guard let found else { throw NotFound("project called '\(key)'") }
            return .project(found.id)
        }
    }
}

/// Where results go: standard output, or a file that gets its name when it is complete.
final class ResultFile {
    private let path: String?
    private let handle: FileHandle

    private var partial: String { (path ?? "") + ".partial" }

    /// - Parameter isPrivate: readable by nobody else.
    init(_ path: String?, isPrivate: Bool = false) throws {
        self.path = path
        guard let path else {
            handle = .standardOutput
            return
        }
        let partial = path + ".partial"
        let attributes: [FileAttributeKey: Any]? = isPrivate ? [.posixPermissions: 0o600] : nil
        guard FileManager.default.createFile(atPath: partial, contents: nil, attributes: attributes),
            let handle = FileHandle(forWritingAtPath: partial)
        else { throw BadInput("output", "cannot be written") }
        self.handle = handle
    }

    func write(_ bytes: [UInt8]) throws { try handle.write(contentsOf: Data(bytes)) }

    /// - Throws: when the disk does not take it.
    func finish() throws {
        guard let path else { return }
        try handle.synchronize()
        try handle.close()
        guard rename(partial, path) == 0 else { throw BadInput("output", "cannot be written") }
    }

    func discard() {
        guard path != nil else { return }
        try? handle.close()
        try? FileManager.default.removeItem(atPath: partial)
    }
}

extension ResultFormat: ExpressibleByArgument {
    /// As the enum has it, with hyphens.
    init?(argument: String) { self.init(rawValue: argument.replacing("-", with: "_")) }
}

extension ExportChoice: ExpressibleByArgument {}
