internal import ArgumentParser
internal import Formats
internal import Marketplace
internal import Store

struct ProjectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "project",
        abstract: "Programmes of requesters: what is asked and how answers must look.",
        discussion: """
            guildhall project create --file samples/project.json --requester contract-desk
            guildhall project list --requester contract-desk
            guildhall batch create --file samples/batch.json      a release of work of a project
            """,
        subcommands: [Create.self, List.self, Show.self, Weigh.self, Share.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enter a project; the same key is the same project, left as it is.",
            discussion: """
                The file (at most 8 MiB): external_key, name, task_kind (`guildhall kind list`); guideline (a text, \
                Markdown) or existing_guideline (a key) with guideline_pin; parameters of the kind \
                (`guildhall kind show KIND`) or answer_schema and input_schema of its own; and if they matter \
                parties (names, for conflicts of interest), function (functional | safety), deidentification \
                (none | patterns | external), retention_class (`guildhall content retention-classes`).
                """
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Option(help: "The project (JSON); samples/project.json shows one.") var file: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let draft = try ProjectDraft(json: try readJSONFile(file, "file"))
                let (requester, actor) = try await whose.people(in: session)
                let id = try await CreateProject(market: session.market)(draft, of: requester, by: actor)
                Console.result(["project": .string("\(id)")], "\(id)", asJSON: json)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a requester's projects, oldest first; go on with --after the last one shown.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @OptionGroup var page: PageOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                let projects = try await ListProjects(market: session.market)(
                    of: requester, after: try page.id(), limit: page.limit, by: actor
                )
                Console.list(projects.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a project with the schemas that its inputs and answers are held to.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Argument(help: "The project's key.") var project: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                let found = try await ListProjects(market: session.market).one(project, of: requester, by: actor)
                let schemas: JSON = ["input": found.shape.inputSchema, "answer": found.shape.answerSchema]
                if json { return Console.result(["project": found.json, "schemas": schemas]) }
                Console.result(found.line)
                Console.result(schemas)
            }
        }
    }

    struct Share: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set how much of a batch one worker may do; without --bps what holds by default.",
            discussion: """
                By default the larger of 2 % and twice an equal share, and 20 tasks at least. Accounts that may be one \
                person's count together.

                Example: guildhall project share contract-clauses --bps 1000 --requester contract-desk
                """)
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Argument(help: "The project's key.") var project: String
        @Option(help: "Of a batch's slots, in ten-thousandths, 1 to 10000.") var bps: Int?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                let found = try await session.database.read {
                    try await $0.project(of: requester, externalKey: project)
                }
                guard let found else { throw NotFound("project called '\(project)'") }
                try await SetShareLimit(market: session.market)(bps, of: found.id, from: requester, by: actor)
                Console.result(
                    ["project": .string(project), "share_bps": bps.map { .integer(Int64($0)) } ?? .null],
                    "\(project): \(bps.map { "\($0) bps" } ?? "the default")", asJSON: json)
            }
        }
    }

    struct Weigh: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set how often a project is served beside others of the same priority.",
            discussion: """
                Workers who ask for work are served from projects by lot, in proportion to their weights: a project of \
                weight 2 twice as often as one of 1, however many tasks each has.

                Example: guildhall project weigh contract-clauses 2 --requester contract-desk
                """
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Argument(help: "The project's key.") var project: String
        @Argument(help: "1 to 1000; projects have 1 unless told otherwise.") var weight: Int
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                let found = try await session.database.read {
                    try await $0.project(of: requester, externalKey: project)
                }
                guard let found else { throw NotFound("project called '\(project)'") }
                try await WeighProject(market: session.market)(found.id, of: requester, weight: weight, by: actor)
                Console.result(
                    ["project": .string(project), "weight": .integer(Int64(weight))],
                    "\(project) has weight \(weight).", asJSON: json
                )
            }
        }
    }
}

extension Project {
    fileprivate var json: JSON {
        [
            "project": .string("\(id)"), "external_key": .string(externalKey), "name": .string(name),
            "task_kind": .string(taskKind.rawValue), "guideline": .string("\(guideline)"),
            "guideline_version": .integer(Int64(guidelineVersion)),
            "guideline_pin": guidelinePin.map { .integer(Int64($0)) } ?? .null,
            "function": .string(function.rawValue), "deidentification": .string(deidentification.rawValue),
        ]
    }

    fileprivate var line: String {
        "\(id): \(externalKey), \(name); \(taskKind.rawValue), \(function.rawValue), "
            + "guideline \(guideline) version \(guidelineVersion)" + (guidelinePin == nil ? "" : " (pinned)")
    }
}
