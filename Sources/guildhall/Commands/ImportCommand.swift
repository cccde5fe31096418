internal import ArgumentParser
internal import Marketplace
internal import Simulation
internal import Store

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring workers and tasks in from files; importing twice adds nothing.",
        discussion: """
            Bad records are reported with their position and reason and do not stop the rest. An empty market on the \
            embedded PostgreSQL is founded first: the people of the platform, a requester with play money, the rate \
            card. On a server of your own that takes --found.
            """,
        subcommands: [Tasks.self, List.self, Faults.self, Workers.self, Cuad.self, PubMedQA.self]
    )

    struct Workers: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A roster of workers with their credentials (CSV, one row a credential).",
            discussion: """
                samples/workers.csv shows the columns. Whoever may be a worker already, by a licence number or, with \
                a key file, by name and mailbox, is put on record but not activated: `worker duplicates list`.
                """
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var founding: FoundingOptions
        @Argument(help: "The roster, gzipped or not.") var file: String
        @Option(help: "Most faults and remarks to print.") var show = 20

        func run() async throws {
            try await importing(options, founding: founding.found, show: show) { market, founders, progress in
                try await ImportWorkers(market: market, keys: market.keys)(
                    file, by: founders.chief, progress: progress)
            }
        }
    }

    struct Cuad: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cuad",
            abstract: "Commercial contracts with their lawyers' answers, in the layout of CUAD v1.",
            discussion:
                "One task a contract, its clause types as the keys to extract; published with its worst case held."
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var founding: FoundingOptions
        @Option(help: "A folder of .txt files, or a tar archive of them, gzipped or not.") var contracts: String
        @Option(help: "master_clauses.csv, gzipped or not.") var answers: String
        @Option(help: "Most faults and remarks to print.") var show = 20

        func run() async throws {
            try await importing(options, founding: founding.found, show: show) { market, founders, progress in
                try await ImportContracts(market: market)(
                    contracts: contracts, answers: answers, of: founders.requester, by: founders.requesterKey,
                    progress: progress
                )
            }
        }
    }

    struct PubMedQA: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pubmedqa",
            abstract: "Medical questions with two expert passes and the settled answer, in the layout of PubMedQA."
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var founding: FoundingOptions
        @Argument(help: "The JSON file, gzipped or not.") var file: String
        @Option(help: "Most faults and remarks to print.") var show = 20

        func run() async throws {
            try await importing(options, founding: founding.found, show: show) { market, founders, progress in
                try await ImportQuestions(market: market)(
                    file, of: founders.requester, by: founders.requesterKey, progress: progress
                )
            }
        }
    }
}

extension AsyncParsableCommand {
    /// Runs one import with a progress bar, and prints its summary.
    fileprivate func importing(
        _ options: DatabaseOptions, founding found: Bool, show: Int,
        _ run: (Market, MarketFounders, @escaping ProgressReport) async throws -> ImportSummary
    ) async throws {
        try await withSession(options) { session in
            let bar = ProgressBar()
            let founders = try await session.founders(founding: found)
            let summary = try await run(session.market, founders) { bar.update(done: $0, total: $1, label: $2) }
            bar.end()
            Console.result(summary.text(showing: show))
        }
    }
}

/// Whether a market on a server of one's own may be founded.
struct FoundingOptions: ParsableArguments {
    @Flag(
        help: "Found the market on --database-url too: its people, and a requester with 1,000,000.00 USD of play money."
    )
    var found = false
}

extension Session {
    /// The people of a founded market. The embedded one is founded at need; money that nobody paid is booked nowhere
    /// else unless it is asked for.
    func founders(founding: Bool) async throws -> MarketFounders {
        if !isEmbedded && !founding {
            let known = try await database.read { try await $0.requester(externalKey: FoundMarket.requesterKey) }
            guard known != nil else {
                throw ValidationError("This market has no requester '\(FoundMarket.requesterKey)'. --found sets it up.")
            }
        }
        return try await FoundMarket(market: market)()
    }
}
