internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Simulation
internal import Store

extension ImportCommand {
    struct Tasks: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tasks of your own into a draft batch, from a file of any size.",
            discussion: """
                jsonl: one object a line, {"external_key": "K-1", "payload": {…}}, perhaps with "reference_answers" \
                ({"source": answer}) and "parties" (["Acme Inc"]).
                csv: a column external_key; every other column is a member of the payload, its type behind a colon \
                (pages:integer; also text, number, boolean, json); parties, and reference:SOURCE for answers as JSON.
                label-studio: the array of tasks that Label Studio exports and imports.

                Faulty records are told with their line and do not stop the rest; --strict checks the file first and \
                takes nothing in if one is faulty. What the batch has already, by external key, is left as it is. An \
                import that was cut off goes on where it was when it is started again. docs/FILES.md has the rules.
                """
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The file, gzipped or not.") var file: String
        @Option(help: "The draft batch, by id.") var batch: String
        @Option(help: "jsonl, csv or label-studio.") var format: TaskFileFormat
        @Option(help: "The requester, by the operator's key.") var requester = FoundMarket.requesterKey
        @Option(help: "The person who imports.") var by = "operator"
        @Flag(help: "Take nothing in if one record is faulty.") var strict = false
        @Option(
            name: .customLong("deidentify-with"),
            help: "A program that every payload passes through: a JSON value a line in, one a line out.")
        var deidentifyWith: String?
        @Option(name: .customLong("deidentify-seconds"), help: "The most that it may take for one value, 1 to 600.")
        var deidentifySeconds = 30
        @Option(help: "Most faults to print, 0 to 1000.") var show = 20
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            guard (0...ImportRun.faultsMax).contains(show) else { throw ValidationError("--show must be 0 to 1000.") }
            guard (1...600).contains(deidentifySeconds) else {
                throw ValidationError("--deidentify-seconds must be 1 to 600.")
            }
        }

        /// What is inherited, but for what opens our content and database.
        private static var programEnvironment: [String: String] {
            ProcessInfo.processInfo.environment.filter { name, _ in
                !name.hasPrefix("GUILDHALL_") && !name.hasPrefix("PG") && name != "DATABASE_URL"
            }
        }

        func run() async throws {
            try await withSession(options) { session in
                guard let batch = Identifier<Batch>(batch) else { throw BadInput("batch", "must be a UUID") }
                let bar = ProgressBar()
                defer { bar.end() }
                let program = try deidentifyWith.map {
                    try ExternalDeidentifier(
                        path: $0, limit: .seconds(deidentifySeconds), environment: Self.programEnvironment)
                }
                do {
                    let report = try await ImportTasks(market: session.market, deidentifier: program)(
                        TaskFile(path: file, format: format), to: batch,
                        of: try await session.requester(requester),
                        by: try await session.market.person(named: by), isStrict: strict
                    ) { bar.update(done: $0.records, total: nil, label: "tasks") }
                    bar.end()
                    Console.result(report.json(showing: show), report.text(showing: show), asJSON: json)
                } catch let ImportRefusal.faulty(count, first) {
                    let faults = first.prefix(show)
                    Console.result(
                        [
                            "refused": "import_faulty", "faulty": .integer(Int64(count)),
                            "faults": .array(faults.map(\.json)),
                        ],
                        faults.map(\.text).joined(separator: "\n"), asJSON: json
                    )
                    throw ImportRefusal.faulty(count: count, first: [])
                }
            }
        }
    }
}

extension TaskFileFormat: ExpressibleByArgument {
    /// As the enum has it, with hyphens.
    init?(argument: String) { self.init(rawValue: argument.replacing("-", with: "_")) }
}

extension ImportReport {
    fileprivate func json(showing shown: Int) -> JSON {
        [
            "import": .string("\(run.id)"), "batch": .string("\(run.batch)"), "state": .string(run.state.rawValue),
            "records": .integer(Int64(run.counts.records)), "added": .integer(Int64(run.counts.added)),
            "unchanged": .integer(Int64(run.counts.unchanged)), "faulty": .integer(Int64(run.counts.faulty)),
            "resumed_after": .integer(Int64(resumedAfter)), "faults": .array(faults.prefix(shown).map(\.json)),
        ]
    }

    fileprivate func text(showing shown: Int) -> String {
        var lines = [
            "\(run.counts.records) records: \(run.counts.added) added, \(run.counts.unchanged) unchanged, "
                + "\(run.counts.faulty) faulty."
        ]
        if resumedAfter > 0 { lines.insert("Resumed after record \(resumedAfter).", at: 0) }
        lines += faults.prefix(shown).map(\.text)
        let untold = run.counts.faulty - min(shown, faults.count)
        if untold > 0 { lines.append("  and \(untold) more faults") }
        return lines.joined(separator: "\n")
    }
}

extension TaskRecordFault {
    var json: JSON {
        [
            "line": .integer(Int64(line)), "pointer": .string(pointer), "code": .string(code.rawValue),
            "reason": .string(reason),
        ]
    }

    var text: String {
        "  line \(line)\(pointer.isEmpty ? "" : " \(pointer)"): \(reason) [\(code.rawValue)]"
    }
}
