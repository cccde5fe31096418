internal import ArgumentParser
internal import Formats
internal import Marketplace

struct DecisionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decision",
        abstract: "What was decided against workers, and what they say against it.",
        discussion: """
            Whatever is adverse has a decision: its rule, facts, reasons and the person who made it. For 14 days its \
            worker can appeal; another person answers within 14 more. What is overturned is made up for at once.

            Examples:
              guildhall decision list --kind rejection
              guildhall decision appeals
              guildhall decision appeal DECISION --worker W-17 --statement "The clause is on page 3."
              guildhall decision answer APPEAL --verdict overturned --answer "You are right." --by Second
              guildhall decision statistics
            """,
        subcommands: [List.self, Appeals.self, File.self, Withdraw.self, Answer.self, Statistics.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List decisions, newest first.",
            discussion: "With --server those about who asks: `--worker me`.")
        @OptionGroup var options: DatabaseOptions
        @Option(help: "The operator's key for the worker, or their id; without it, about everybody.") var worker:
            String?
        @Option(help: "\(DecisionKind.allCases.map(\.rawValue).joined(separator: ", ")).") var kind: String?
        @Option(help: "The last one of the page before.") var before: String?
        @Option(help: "1 to 200.") var limit = 20
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                var about: Worker.ID?
                if let worker { about = try await session.worker(worker) }
                let found = try await ListDecisions(market: session.market)(
                    about: about, of: try kind.map { try choice($0, of: DecisionKind.self, field: "kind") },
                    before: try pageID(before, of: Decision.self), limit: limit,
                    by: try await session.market.person(named: by))
                Console.list(
                    found.map {
                        (
                            $0.json,
                            "\($0.id)  \($0.kind.rawValue) by rule \($0.rule), \(utcText($0.decidedAt)); "
                                + ($0.appealState.map { "appeal \($0.rawValue)" } ?? "no appeal")
                        )
                    }, asJSON: json)
            }
        }
    }

    struct Appeals: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List appeals: the open ones by when they are to be answered, what is overdue first.")
        @OptionGroup var options: DatabaseOptions
        @Option(help: "\(AppealState.allCases.map(\.rawValue).joined(separator: ", ")).") var state = "open"
        @Option(help: "The last one of the page before.") var after: String?
        @Option(help: "1 to 200.") var limit = 20
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let found = try await ListAppeals(market: session.market)(
                    in: try choice(state, of: AppealState.self, field: "state"),
                    after: try pageID(after, of: Appeal.self, field: "after"), limit: limit,
                    by: try await session.market.person(named: by))
                Console.list(
                    found.map {
                        (
                            $0.json,
                            "\($0.id)  \($0.kind.rawValue), answer by \(utcText($0.answerUntil)): \($0.statement)"
                        )
                    }, asJSON: json)
            }
        }
    }

    struct File: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "appeal", abstract: "Enter a worker's appeal, as they said it.",
            discussion: "The same again is the same appeal. Workers file it themselves over HTTP.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The decision's id.") var decision: String
        @Option(help: "The operator's key for the worker, or their id.") var worker: String
        @Option(help: "What they say, up to 4,000 characters.") var statement: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let worker = try await session.worker(worker)
                let appeal = try await FileAppeal(market: session.market)(
                    try readID(decision, "decision"), statement: statement, by: Principal.ID(worker.uuid))
                Console.result(
                    appeal.json, "\(appeal.id): to be answered by \(utcText(appeal.answerUntil))", asJSON: json)
            }
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a worker's appeal back; it cannot be filed again.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The appeal's id.") var appeal: String
        @Option(help: "The operator's key for the worker, or their id.") var worker: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let worker = try await session.worker(worker)
                try await WithdrawAppeal(market: session.market)(
                    try readID(appeal, "appeal"), by: Principal.ID(worker.uuid))
                Console.result(["state": "withdrawn"], "withdrawn", asJSON: json)
            }
        }
    }

    struct Answer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Answer an appeal, as another person than who decided.",
            discussion: """
                Overturned, it is made up for at once: refused pay is paid by the platform, a suspension or exclusion \
                ends, a tier is held again. 'by_hand' says that another command must do it (credentials, closures).
                """)
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The appeal's id.") var appeal: String
        @Option(help: "upheld (the decision stands) or overturned.") var verdict: String
        @Option(help: "For the worker to read, up to 4,000 characters.") var answer: String
        @Option(help: .actor("an operator who had no part in it")) var by: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let verdict = try choice(
                    verdict, of: AppealState.self, field: "verdict", but: [.open, .withdrawn])
                let remedy = try await AnswerAppeal(market: session.market)(
                    try readID(appeal, "appeal"), isOverturned: verdict == .overturned, answer: answer,
                    by: try await session.market.person(named: by))
                Console.result(
                    ["state": .string(verdict.rawValue), "remedy": remedy ?? .null],
                    "\(verdict.rawValue)" + (remedy.map { ": \($0.canonicalText)" } ?? ""), asJSON: json)
            }
        }
    }

    struct Statistics: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print how many decisions and appeals there were, and how they ended: numbers, no persons.")
        @OptionGroup var options: DatabaseOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let found = try await DecisionStatistics(market: session.market)()
                Console.list(
                    found.map {
                        (
                            $0.json,
                            "\($0.kind.rawValue): \($0.decisions) decisions, \($0.appeals) appeals, "
                                + "\($0.overturned) overturned, \($0.upheld) upheld, \($0.open) open, "
                                + "\($0.overdue) overdue"
                        )
                    }, asJSON: json)
            }
        }
    }
}
