internal import ArgumentParser
internal import Formats
internal import Marketplace

struct ExamCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exam", abstract: "Qualification exams: publish, sit, score.",
        discussion: """
            A file of JSON has profession, key, title, sections (title, weight, questions of id, prompt, options and \
            skill), answer_key, minutes, attempts_max, cooldown_hours, pass_bps and valid_days. The key is never \
            shown. Answers count until 30 seconds after the time limit.
            """,
        subcommands: [Publish.self, List.self, Start.self, HandIn.self, Attempts.self, CloseOverdue.self]
    )

    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Publish an exam, or the next version of one.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The file of JSON.") var file: String

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let draft = try ExamDraft(json: try readJSON(file, "file"))
                let (id, version) = try await PublishExam(market: market)(draft, by: actor)
                return (
                    ["exam": .string("\(id)"), "key": .string(draft.key), "version": .integer(Int64(version))],
                    "\(id): \(draft.key), version \(version)"
                )
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The newest version of each exam.")
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var page: PageOptions

        func run() async throws {
            try await options.list(remotely: self) { market, _ in
                try await ListExams(market: market)(after: page.after, limit: page.limit).map {
                    ($0.json, "\($0.key), version \($0.version): \($0.title), \($0.minutes) minutes")
                }
            }
        }
    }

    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin an attempt as a worker, or show the one under way: its questions and its time limit."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Argument(help: "The exam's key.") var key: String
        @Flag(help: "Print JSON; so it is always.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let worker = try await session.market.worker(worker)
                Console.result(try await StartExam(market: session.market)(key, by: worker).json)
            }
        }
    }

    struct HandIn: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Hand an attempt in; twice is the same as once.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Argument(help: "The attempt's id.") var id: String
        @Argument(help: "{\"<question>\": \"<option>\"}, or a file of it.") var answers: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let worker = try await session.market.worker(worker)
                let attempt = try await HandInExam(market: session.market)(
                    try readID(id), answers: try readJSON(answers, "answers"), by: worker
                )
                if json { Console.result(attempt.json) } else { Console.result(line(attempt)) }
            }
        }
    }

    struct Attempts: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A worker's attempts, newest first.")
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var page: PageOptions
        @Argument(help: "The worker's key or id.") var worker: String

        func run() async throws {
            try await options.list(remotely: self) { market, actor in
                try await ListExams(market: market).attempts(
                    of: try await market.worker(worker), after: try page.id(), limit: page.limit, by: actor
                ).map { ($0.json, line($0)) }
            }
        }
    }

    struct CloseOverdue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Count attempts whose time has run out as handed in empty."
        )
        @OptionGroup var options: ExpertiseOptions
        @Option(help: "Most attempts, 1 to 200.") var limit = 200

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let count = try await CloseOverdueExams(market: market)(limit: limit, by: actor)
                return (["closed": .integer(Int64(count))], "Closed \(count).")
            }
        }
    }
}

private func line(_ attempt: ExamAttempt) -> String {
    let result = attempt.result.map { "\($0.scoreBps) of 10000, \($0.isPassed ? "passed" : "not passed")" }
    return "\(attempt.id): \(attempt.key), attempt \(attempt.attemptNo), \(result ?? "under way")"
}
