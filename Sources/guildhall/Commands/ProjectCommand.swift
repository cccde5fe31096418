internal import ArgumentParser
internal import Formats
internal import Marketplace
internal import Store

struct ProjectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "project",
        abstract: "Programmes of requesters: their part of the work that is given out.",
        subcommands: [Weigh.self]
    )

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
