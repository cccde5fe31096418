internal import ArgumentParser
internal import Marketplace
internal import Simulation
internal import Store

struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Serve the API and run the scheduler in one process; everything on defaults.",
        discussion: """
            Starts the embedded PostgreSQL (or uses --database-url), makes the schema in an empty database, and stays \
            until Ctrl-C. An empty market gets an operator called 'operator'.
            """
    )
    @OptionGroup var options: DatabaseOptions
    @OptionGroup var server: ServerOptions
    @Flag(
        name: .customLong("with-sample"),
        help: "Load the sample market and run the main job on it, if the market is empty.")
    var withSample = false
    @Option(help: "The sample market's folder.") var samples = "samples"
    @OptionGroup var notices: NoticeOptions
    @OptionGroup var webhooks: WebhookOptions

    func run() async throws {
        try await withSession(options, schema: .made, endsBySignals: false) { session in
            if withSample { try await session.endedBySignals { try await loadSample(session) } }
            try await session.serve([
                session.api(server.settings(webhooks)),
                try await session.scheduler(
                    notices: try notices.sink(beside: options.directory), webhooks: webhooks),
            ])
        }
    }

    /// The main job on an empty market; on one that was loaded before, what stands there.
    private func loadSample(_ session: Session) async throws {
        let overview = try await MarketOverview.read(session.market)
        guard overview.isEmpty else {
            Console.note("The market was loaded earlier; its data are kept under \(options.directory).")
            if !overview.isFinished {
                Console.note("Not all of its work is done. To load the sample from the beginning, remove that folder.")
            }
            return Console.result(overview.table)
        }
        let clock = ManualClock(at: MarketSimulation.firstMorning)
        let simulated = try await session.under(clock)
        try await simulated.closing {
            let report = try await simulated.runSample(directory: samples, clock: clock, seed: 1)
            Console.result(report.table)
        }
    }
}
