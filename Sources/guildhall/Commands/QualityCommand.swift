internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct QualityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quality",
        abstract: "What screens of answers found, what people decided of it, and what follows.",
        discussion: """
            The scheduler looks through the answers to each batch for work that is too fast, nearly the same texts, \
            workers who agree more than their skill explains, copied suggestions, work that became worse, and \
            contradiction on one feature only. What it finds waits here for a person; nothing follows from it by \
            itself, and its workers are not told of it. An exclusion that goes with an upheld case is a decision with \
            reasons and an appeal.

            guildhall quality cases
            guildhall quality case show ID           the evidence
            guildhall quality case dismiss ID --reasons "Both had read the same commentary."
            guildhall quality case uphold ID --reasons "They sent each other answers." --exclude w17
            """,
        subcommands: [
            Cases.self, Case.self, Withdraw.self, Withdrawals.self, Affected.self, Recollect.self, Quarantine.self,
            Quarantines.self, Gold.self,
        ]
    )

    struct Cases: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cases in one state, the oldest first; go on with --after the last one shown.",
            discussion: "Example: guildhall quality cases --state upheld --limit 20")
        @OptionGroup var options: DatabaseOptions
        @Option(help: "open, dismissed or upheld.") var state = "open"
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "Only those after this one.") var after: String?
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let found = try await ListQualityCases(market: session.market)(
                    in: try choice(state, of: QualityCaseState.self, field: "state"),
                    after: try pageID(after, of: QualityCase.self, field: "after"), limit: limit,
                    by: try await session.market.person(named: by))
                Console.list(found.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct Case: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One case: show it, dismiss it, uphold it.",
            subcommands: [Show.self, Dismiss.self, Uphold.self])
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One case with its newest evidence.", discussion: "Example: guildhall quality case show ID")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The case's id.") var id: String
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON on one line.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let found = try await ListQualityCases(market: session.market).one(
                    try readID(id), by: try await session.market.person(named: by))
                if json { return Console.result(found.case.json(with: found.evidence)) }
                Console.result(found.case.line)
                for worker in found.case.workers { Console.result("  worker \(worker)") }
                for evidence in found.evidence {
                    Console.result(
                        "  \(utcText(evidence.foundAt))  score \(evidence.scoreMilli)/1000  "
                            + "\(evidence.tasks.count) tasks  \(evidence.facts.canonicalText)")
                }
                if let reasons = found.case.reasons { Console.result("  \(reasons)") }
            }
        }
    }

    struct Dismiss: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that nothing is behind a case, with reasons.",
            discussion: "Example: guildhall quality case dismiss ID --reasons \"Both had read the same commentary.\"")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The case's id.") var id: String
        @Option(help: "Why, for other operators to read.") var reasons: String
        @Option(help: .actor("an operator whom it is not about")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                try await DecideQualityCase(market: session.market).dismiss(
                    try readID(id), reasons: reasons, by: try await session.market.person(named: by))
                Console.result(["state": "dismissed"], "\(id): dismissed.", asJSON: json)
            }
        }
    }

    struct Uphold: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that a case is so, with reasons; whom to exclude from the requester's work, if anybody.",
            discussion: "Example: guildhall quality case uphold ID --reasons \"They share a script.\" --exclude w17")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The case's id.") var id: String
        @Option(help: "Why, for other operators and for those who are excluded to read.") var reasons: String
        @Option(help: "A worker of the case to exclude, by their key; more than once for several.")
        var exclude: [String] = []
        @Option(help: .actor("an operator whom it is not about")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                var workers: Set<Worker.ID> = []
                for key in exclude { workers.insert(try await session.worker(key)) }
                try await DecideQualityCase(market: session.market).uphold(
                    try readID(id), reasons: reasons, excluding: workers,
                    by: try await session.market.person(named: by))
                Console.result(
                    ["state": "upheld", "excluded": .integer(Int64(workers.count))],
                    "\(id): upheld, \(workers.count) excluded.", asJSON: json)
            }
        }
    }
}

extension QualityCase {
    fileprivate var line: String {
        "\(id)  \(signal.rawValue)  \(state.rawValue)  batch \(batch)  score \(scoreMilli)/1000  "
            + "\(workers.count) workers  evidence \(evidenceCount)  \(utcText(openedAt))"
    }
}
