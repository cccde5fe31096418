internal import ArgumentParser
internal import Marketplace
internal import Simulation

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring workers and tasks in from files; importing twice adds nothing.",
        discussion: """
            Bad records are reported with their position and reason and do not stop the rest. Into an empty market, \
            the people of the platform, a requester with money and the rate card are set up first.
            """,
        subcommands: [Workers.self, Cuad.self, PubMedQA.self]
    )

    struct Workers: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A roster of workers with their credentials (CSV, one row a credential).",
            discussion: "samples/workers.csv shows the columns."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The roster, gzipped or not.") var file: String
        @Option(help: "Most faults and remarks to print.") var show = 20

        func run() async throws {
            try await importing(options, show: show) { market, founders, progress in
                try await ImportWorkers(market: market)(file, by: founders.chief, progress: progress)
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
        @Option(help: "A folder of .txt files, or a tar archive of them, gzipped or not.") var contracts: String
        @Option(help: "master_clauses.csv, gzipped or not.") var answers: String
        @Option(help: "Most faults and remarks to print.") var show = 20

        func run() async throws {
            try await importing(options, show: show) { market, founders, progress in
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
        @Argument(help: "The JSON file, gzipped or not.") var file: String
        @Option(help: "Most faults and remarks to print.") var show = 20

        func run() async throws {
            try await importing(options, show: show) { market, founders, progress in
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
        _ options: DatabaseOptions, show: Int,
        _ run: (Market, MarketFounders, @escaping ProgressReport) async throws -> ImportSummary
    ) async throws {
        try await withSession(options) { session in
            let bar = ProgressBar()
            let founders = try await FoundMarket(market: session.market)()
            let summary = try await run(session.market, founders) { bar.update(done: $0, total: $1, label: $2) }
            bar.end()
            Console.result(summary.text(showing: show))
        }
    }
}
