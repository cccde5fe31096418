internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct SuggestionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suggestion",
        abstract: "What models suggest, and what workers make of it.",
        discussion: """
            Suggestions come in with tasks (docs/FILES.md); control_bps of a batch says how many of its tasks stay \
            without, to compare with.
            """,
        subcommands: [Report.self]
    )

    struct Report: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "For each worker, model and version: how often a suggestion was handed in unchanged.",
            discussion: """
                The distance is that of the answer to the suggestion by leaves, in hundredths of a percent of the \
                larger of both (docs/FILES.md): much less with the suggestion at hand than for controls says that the \
                model leads its workers. Go on with --after WORKER, --after-source and --after-version of the last line.
                """
        )
        @OptionGroup var options: DatabaseOptions
        @Option(help: "Only of this worker: the key or the id.") var worker: String?
        @Option(help: "Only for tasks of this requester, by its key.") var requester: String?
        @Option(help: "Only lines after this worker's (an id) …") var after: String?
        @Option(help: "… with this source …") var afterSource = ""
        @Option(help: "… and this version.") var afterVersion = ""
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                var (whose, of): (Worker.ID?, Requester.ID?)
                if let worker { whose = try await session.worker(worker) }
                if let requester { of = try await session.requester(requester) }
                let lines = try await SuggestionReport(market: session.market)(
                    of: whose, for: of,
                    after: try pageID(after, of: Worker.self, field: "after").map { ($0, afterSource, afterVersion) },
                    limit: limit, by: try await session.market.person(named: by)
                )
                Console.list(lines.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }
}

extension SuggestionReportLine {
    fileprivate var line: String {
        func percent(_ basisPoints: Int?) -> String {
            basisPoints.map { "\($0 / 100).\($0 % 100 < 10 ? "0" : "")\($0 % 100) %" } ?? "-"
        }
        return "\(worker) \(source) \(version): \(copies) of \(shown) shown unchanged (\(percent(copyThrough))), "
            + "distance \(percent(meanDistanceShown)); \(controls) controls, distance \(percent(meanDistanceControl))"
    }
}
