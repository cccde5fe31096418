internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct ReviewPolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Print how a project's answers are judged; with --set, change it.",
        discussion: """
            A JSON file with any of these; what is left out has the default in brackets. Shares and chances are \
            ten-thousandths.
              field_weights         what each field of an answer weighs, 1 to 1000 [{}: judged as a whole]
              rubric                the highest score of each criterion, 1 to 100 [{}]
              second_bps            how likely a second, blind opinion is [500], and by how much more for
              value_bps             pay from value_from_minor on [1000, from 10000]
              newcomer_bps          workers with fewer judged answers than newcomer_below [2000, 20]
              disagreement_bps      answers that differ from another to the task [2000]
              load_bps              reviewers with more than load_above opinions a day [500, 100]
              tolerance_bps         how far two shares may differ and be one verdict [500]
              rejections_alone_bps  what share of a batch, or of a worker's work, one may reject alone [2000]
              reworks_max           how often an answer may be sent back, 0 to 5 [2]
              rework_hours          what time a worker has for it at least, 1 to 720 [72]
            Without any policy nobody is asked a second time by chance.

            guildhall review policy clauses --set policy.json --by operator
            """
    )
    @OptionGroup var options: DatabaseOptions
    @Argument(help: "The project's key.") var project: String
    @Option(help: "The requester's key.") var requester = "contract-desk"
    @Option(help: "A JSON file.") var set: String?
    @Option(help: .actor("who publishes for the requester")) var by = "operator"
    @Flag(help: "Print JSON, as is printed anyway.") var json = false

    func run() async throws {
        try await withSession(options) { session in
            let requester = try await session.requester(requester)
            let found = try await session.market.database.read {
                try await $0.project(of: requester, externalKey: project)
            }
            guard let found else { throw NotFound("project called '\(project)'") }
            if let set {
                let policy = try ReviewPolicy(try readJSONFile(set, "policy"))
                try await SetReviewPolicy(market: session.market)(
                    policy, of: found.id, from: requester, by: try await session.market.person(named: by))
            }
            let policy = try await session.market.database.read {
                try await $0.reviewPolicy(ofProject: found.id, requester)
            }
            Console.result((policy ?? .unset).json)
        }
    }
}
