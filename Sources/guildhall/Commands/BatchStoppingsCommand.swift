internal import ArgumentParser
internal import Formats
internal import Marketplace

extension BatchCommand {
    struct Stoppings: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Why one more answer to a task was asked for, or no more; oldest first.",
            discussion: """
                Of batches whose redundancy adapts. By agreement: the share of the commonest answer. By the posterior, \
                where the batch has error_cost_minor and a fit of the project can be trusted: how likely each answer \
                is, calibrated. Unsettled: none is left to ask for, and people settle it.
                """
        )
        @OptionGroup var of: BatchOptions
        @Option(help: "The last one of the page before.") var after: String?
        @Option(help: "1 to 200.") var limit = 50

        func run() async throws {
            try await of.run(remotely: self) { session, id, requester, actor in
                let items = try await ListStoppings(market: session.market)(
                    of: id, from: requester, after: try pageID(after, of: Stopping.self, field: "after"), limit: limit,
                    by: actor)
                let lines = items.map { "\($0.id) \($0.task) \($0.sentence)" }
                Console.result(
                    .array(items.map(\.json)), items.isEmpty ? "None." : lines.joined(separator: "\n"),
                    asJSON: of.json)
            }
        }
    }
}
