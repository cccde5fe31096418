internal import ArgumentParser
internal import Foundation
internal import Marketplace
internal import Scheduler
internal import ServiceLifecycle
internal import Store

struct ScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule",
        abstract: "Run the scheduler; say why work was offered or not; alerts, raises, forecasts and prices of hours.",
        discussion: """
            Examples:
              guildhall schedule                       run it, as many as you like
              guildhall schedule explain               every weight of the value of an offer
              guildhall schedule why --batch acme/0196f0c2-7c1e-7d3a-9a54-0242ac120002
              guildhall schedule alerts list           batches that need somebody to be done in time
            """,
        subcommands: [
            Run.self, Explain.self, Why.self, Alerts.self, Steps.self, Raise.self, Backtest.self, Prices.self,
        ],
        defaultSubcommand: Run.self
    )

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run the scheduler: lease expiry, offers, audit sealing, notices. Run as many as you like.",
            discussion: "Example: guildhall schedule run")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var notices: NoticeOptions

        func run() async throws {
            try await withSession(options, endsBySignals: false) { session in
                try await session.serve([
                    try await session.scheduler(notices: try notices.sink(beside: options.directory))
                ])
            }
        }
    }
}

extension Session {
    func scheduler(notices sink: any NoticeSink) async throws -> SchedulerService {
        let urgent = apart(connections: 1)
        let loop = SchedulerLoop(
            market: market, urgent: urgent, by: try await market.foundedSystemPrincipal(),
            notices: sink, logger: logger
        )
        return SchedulerService(loop: loop, urgent: urgent)
    }
}

/// The scheduler as a service: asked to stop, it ends the rounds under way and begins no more.
struct SchedulerService: Service {
    let loop: SchedulerLoop
    /// The loop's own connections.
    let urgent: Market

    func run() async throws {
        await cancelWhenGracefulShutdown { await loop.run() }
        await urgent.database.shutdown()
    }
}
