internal import ArgumentParser
internal import Formats
internal import Marketplace

extension QualityCommand {
    struct Gold: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What workers are tested with: made of settled tasks, canaries, and how workers did.",
            discussion: """
                Gold is mixed into a batch at its gold_bps: that much of what a newcomer is given, less with the \
                square root of how many answers they have given, a quarter of it from 1,600 on. Nobody is shown an \
                item twice, by whichever of their accounts, and one that was minted, or is a canary, only to so many \
                people in all.

                guildhall quality gold mint BATCH --requester acme --most 200
                guildhall quality gold canary BATCH --requester acme --task C-17 --reason broken_content
                guildhall quality gold list --requester acme --source minted
                """,
            subcommands: [Mint.self, Canary.self, List.self])

        struct Mint: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Add copies of the project's settled tasks to a draft batch, as gold.",
                discussion: """
                    Settled is an answer that an adjudicator accepted in full, or two people, while no other answer to \
                    the task was accepted. Each copy is a task of the batch, is held for and paid like any other. \
                    Called again it adds what is missing.

                    Example: guildhall quality gold mint BATCH --requester acme --most 200 --exposures 3
                    """)
            @OptionGroup var options: DatabaseOptions
            @Argument(help: "The id of the draft batch.") var batch: String
            @Option(help: "The requester's key.") var requester: String
            @Option(help: "How many copies the batch is to have in all, 1 to 10,000.") var most: Int
            @Option(help: "To how many people an item is shown in all, 1 to 100.") var exposures = GoldItem.usualMost
            @Option(help: .actor("somebody who publishes")) var by = "operator"
            @Flag(help: "Print JSON.") var json = false

            func run() async throws {
                try await withSession(options) { session in
                    let minted = try await MintGold(market: session.market)(
                        into: try readID(batch, "batch"), of: try await session.requester(requester), most: most,
                        exposures: exposures, by: try await session.market.person(named: by))
                    Console.result(
                        ["added": .integer(Int64(minted.added)), "in_batch": .integer(Int64(minted.inBatch))],
                        "\(minted.added) added, \(minted.inBatch) in the batch.", asJSON: json)
                }
            }
        }

        struct Canary: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Make a task of a draft batch a canary: who reads it gives it back, and says why.",
                discussion: """
                    Give the reasons that are right, as `guildhall worker return` has them; any answer to it is wrong.

                    Example: guildhall quality gold canary BATCH --requester acme --task C-17 --reason broken_content
                    """)
            @OptionGroup var options: DatabaseOptions
            @Argument(help: "The id of the draft batch.") var batch: String
            @Option(help: "The requester's key.") var requester: String
            @Option(help: "The external key of the task.") var task: String
            @Option(help: "A reason that is right to give it back for; more than once for several.")
            var reason: [String]
            @Option(help: "To how many people it is shown in all, 1 to 100.") var exposures = GoldItem.usualMost
            @Option(help: .actor("somebody who publishes")) var by = "operator"
            @Flag(help: "Print JSON.") var json = false

            func run() async throws {
                try await withSession(options) { session in
                    let reasons = Set(try reason.map { try choice($0, of: ReturnReason.self, field: "reason") })
                    let id = try await SetCanary(market: session.market)(
                        task, in: try readID(batch, "batch"), of: try await session.requester(requester),
                        reasons: reasons, exposures: exposures, by: try await session.market.person(named: by))
                    Console.result(["gold": .string("\(id)")], "\(task) is a canary.", asJSON: json)
                }
            }
        }

        struct List: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "A requester's gold: to how many it was shown, and how they did.",
                discussion: "Example: guildhall quality gold list --requester acme --source canary")
            @OptionGroup var options: DatabaseOptions
            @Option(help: "The requester's key.") var requester: String
            @Option(help: "brought, minted or canary; all without.") var source: String?
            @OptionGroup var page: PageOptions
            @Option(help: .actor("somebody who publishes")) var by = "operator"
            @Flag(help: "Print JSON.") var json = false

            func run() async throws {
                try await withSession(options) { session in
                    let found = try await ListGold(market: session.market)(
                        of: try await session.requester(requester),
                        in: try source.map { try choice($0, of: GoldSource.self, field: "source") },
                        after: try page.id(), limit: page.limit, by: try await session.market.person(named: by))
                    Console.list(
                        found.map { item in
                            let most = item.exposuresMax.map { " of \($0)" } ?? ""
                            return (
                                item.json,
                                "\(item.id)  \(item.source.rawValue)  \(item.externalKey)  shown to "
                                    + "\(item.exposures)\(most)  right \(item.right)  wrong \(item.wrong)"
                            )
                        }, asJSON: json)
                }
            }
        }
    }
}
