internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

extension WorkerCommand {
    struct Rate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Rate a requester for a batch that was paid: each from 1, bad, to 5, good.",
            discussion:
                "Example: guildhall worker rate w17 BATCH --requester acme --clarity 4 --fairness 5 --pay-speed 3")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key.") var worker: String
        @Argument(help: "The batch's id.") var batch: String
        @Option(help: "The requester's key.") var requester: String
        @Option(help: "How clear it was what to do.") var clarity: Int
        @Option(help: "How fairly work was judged.") var fairness: Int
        @Option(help: "How soon it was paid.") var paySpeed: Int
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let actor = Principal.ID(try await session.worker(worker).uuid)
                try await RateRequester(market: session.market)(
                    RequesterRating(clarity: clarity, fairness: fairness, paySpeed: paySpeed),
                    of: try await session.requester(requester), for: try batchID(batch), by: actor)
                Console.result(["rated": .string(requester)], "\(requester): rated.", asJSON: json)
            }
        }
    }
}

extension RequesterCommand {
    struct Score: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How workers rate a requester, once five have.",
            discussion: "Example: guildhall requester score acme")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The requester's key.") var requester: String
        @Option(help: .actor("an operator, a worker, or somebody of the requester")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let score = try await ShowRequesterScore(market: session.market)(
                    of: try await session.requester(requester), by: try await session.market.person(named: by))
                guard let score else {
                    return Console.result(
                        ["workers": .null], "Fewer than \(RequesterScore.workersMin) workers have rated it.",
                        asJSON: json)
                }
                Console.result(
                    score.json,
                    "\(score.workers) workers  clarity \(score.clarity.line)  fairness \(score.fairness.line)  "
                        + "pay \(score.paySpeed.line)", asJSON: json)
            }
        }
    }
}

extension RequesterScore.Mean {
    /// In thousandths of a point.
    fileprivate var line: String { "\(milli) (\(lowMilli) to \(highMilli))" }
}
