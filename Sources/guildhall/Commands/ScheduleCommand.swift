internal import ArgumentParser
internal import Foundation
internal import HTTPAPI
internal import Logging
internal import Marketplace
internal import Scheduler
internal import ServiceLifecycle
internal import Store

struct ScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule",
        abstract: "Run the scheduler; say why work was offered or not; weights, alerts, forecasts, prices of hours.",
        discussion: """
            Examples:
              guildhall schedule                       run it, as many as you like
              guildhall schedule explain               every weight of the value of an offer, and its default
              guildhall schedule weights               what is in force; 'weights set' changes it
              guildhall schedule why --batch acme/0196f0c2-7c1e-7d3a-9a54-0242ac120002
              guildhall schedule alerts list           batches that need somebody to be done in time
            """,
        subcommands: [
            Run.self, Explain.self, Weights.self, Why.self, Alerts.self, Steps.self, Raise.self, Backtest.self,
            Prices.self,
        ],
        defaultSubcommand: Run.self
    )

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run the scheduler: lease expiry, offers, audit sealing, notices. Run as many as you like.",
            discussion: "Example: guildhall schedule run")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var notices: NoticeOptions
        @OptionGroup var webhooks: WebhookOptions
        @Option(
            name: .customLong("metrics-port"),
            help: "Answer /metrics, for Prometheus, and /health on this port; 0 lets the system choose.")
        var metricsPort: Int?
        @Option(name: .customLong("metrics-host"), help: "Address to answer them on.") var metricsHost = "127.0.0.1"

        mutating func validate() throws {
            if let metricsPort, !(0...65_535).contains(metricsPort) {
                throw ValidationError("--metrics-port must be 0 to 65535.")
            }
        }

        func run() async throws {
            try await withSession(options, endsBySignals: false) { session in
                let scheduler = try await session.scheduler(
                    notices: try notices.sink(beside: options.directory), webhooks: webhooks)
                var services: [any Service] = [scheduler]
                if let metricsPort {
                    services.append(scheduler.metrics(on: metricsHost, metricsPort, logger: session.logger))
                }
                try await session.serve(services)
            }
        }
    }
}

extension Session {
    func scheduler(notices sink: any NoticeSink, webhooks: WebhookOptions) async throws -> SchedulerService {
        let actor = try await market.foundedSystemPrincipal()
        let urgent = apart(connections: 1)
        let loop = SchedulerLoop(
            market: market, urgent: urgent, by: actor,
            notices: sink, webhooks: webhooks.round(in: market, by: actor), logger: logger
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

    /// What it counts, on a port of its own.
    func metrics(on host: String, _ port: Int, logger: Logger) -> any Service {
        buildMetricsApplication(
            host: host, port: port, logger: logger,
            text: { [metrics = loop.metrics, database = urgent.database] in
                metrics.prometheusText + database.prometheusText
            },
            onServerRunning: { Console.note("Metrics on http://\(host):\($0)/metrics") })
    }
}
