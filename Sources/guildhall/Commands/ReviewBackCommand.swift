internal import ArgumentParser
internal import Formats
internal import Marketplace

struct ReviewBackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "back",
        abstract: "Send an answer back to its worker: same terms, with reasons.",
        discussion: """
            The worker has the time that was left when they handed in, but at least what the project sets. If no \
            other version comes until then, the one that stands is judged.

            guildhall review back ASSIGNMENT --reasons "Clause 4 is missing." --by Rita
            """
    )
    @OptionGroup var options: DatabaseOptions
    @OptionGroup var whose: ReviewerOptions
    @Argument(help: "The assignment's id.") var assignment: String
    @Option(help: "With --server: the batch's id.") var batch: String?
    @Option(help: "For the worker: what is to be done.") var reasons: String
    @Option(help: "A JSON file of marks, as for `review judge`.") var fields: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await withSession(options) { session in
            let (id, sheet) = (try assignmentID(assignment), try reviewSheet(fields))
            let (requester, actor) = try await whose.people(in: session)
            let end = try await SendBack(market: session.market)(
                id, of: requester, sheet: sheet, reasons: reasons, by: actor)
            Console.result(["answer_until": .string(utcText(end))], "another version by \(utcText(end))", asJSON: json)
        }
    }
}

struct ReviewReviewersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reviewers",
        abstract: "List how reviewers' opinions stand beside those of others.",
        discussion: """
            The weight is what one word of theirs counts in estimates of skill, in millionths: how likely it is borne \
            out by a second person or a known answer, by their newest 200; 500000 before the first.
            """
    )
    @OptionGroup var options: DatabaseOptions
    @Option(help: "The last one of the page before.") var after: String?
    @Option(help: "1 to 200.") var limit = 20
    @Option(help: .actor("an operator")) var by = "operator"
    @Flag(help: "Print JSON.") var json = false

    func validate() throws { try checkPage(limit) }

    func run() async throws {
        try await withSession(options) { session in
            let found = try await ListReviewers(market: session.market)(
                after: try pageID(after, of: Principal.self, field: "after"), limit: limit,
                by: try await session.market.person(named: by))
            Console.list(
                found.map { record in
                    (
                        record.json,
                        "\(record.person)  \(record.opinions) opinions, agreed \(record.agreed) of \(record.compared), "
                            + "overturned \(record.overturned), weight \(record.weightMillionths)/1000000"
                    )
                }, asJSON: json)
        }
    }
}
