internal import Formats
internal import HTTPTypes
package import Hummingbird
internal import HummingbirdCore
package import Logging
internal import Marketplace
internal import NIOCore
internal import Store

/// `GET /metrics`, for Prometheus: this process's requests and pool, and the market's figures. Totals, nothing of
/// anybody, so no token is asked for; a reverse proxy should keep it inside.
struct MetricsRoute {
    let market: Market
    let requests: RequestMetrics
    private let figures: FigureReading

    init(market: Market, requests: RequestMetrics) {
        (self.market, self.requests) = (market, requests)
        figures = FigureReading(MarketMetrics(market: market))
    }

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/metrics", "readMetrics", "Figures in Prometheus' text format", .service, for: .everybody,
                gives: .media("text/plain")
            ) { [market, requests, figures] _ in
                let own = requests.prometheusText + market.database.prometheusText
                return .raw(Response(metrics: own + (await figures.prometheusText)))
            }
        ]
    }
}

/// The market's figures. However many ask, the database is asked once in five seconds at most, and by one at a time.
actor FigureReading {
    private static let goodFor = Duration.seconds(5)
    /// How long is waited for the database: a scrape must have this process's figures while it is frozen.
    private static let patience = Duration.seconds(2)
    private let metrics: MarketMetrics
    private var known: (at: ContinuousClock.Instant, text: String)?
    private var asking: Task<Void, Never>?

    init(_ metrics: MarketMetrics) { self.metrics = metrics }

    /// Prometheus' text format; without the database only that they are not to be had.
    var prometheusText: String {
        get async {
            let text = await text()
            return """
                # HELP guildhall_market_figures_up Whether the market's figures could be read.
                # TYPE guildhall_market_figures_up gauge
                guildhall_market_figures_up \(text == nil ? 0 : 1)

                """ + (text ?? "")
        }
    }

    private func text() async -> String? {
        if let known, known.at + Self.goodFor > .now { return known.text }
        await Self.wait(for: asking ?? ask())
        guard let known, known.at + Self.goodFor > .now else { return nil }
        return known.text
    }

    private func ask() -> Task<Void, Never> {
        let question = Task {
            let text = try? await metrics().prometheusText
            if let text { known = (.now, text) }
            asking = nil
        }
        asking = question
        return question
    }

    /// Returns when the question is answered, or patience is at its end.
    private static func wait(for question: Task<Void, Never>) async {
        let (end, continuation) = AsyncStream<Void>.makeStream()
        Task {
            await question.value
            continuation.finish()
        }
        let clock = Task {
            try? await Task.sleep(for: Self.patience)
            continuation.finish()
        }
        for await _ in end {}
        clock.cancel()
    }
}

extension Response {
    init(metrics text: String) {
        self.init(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

/// The figures of a process that serves no API, such as the scheduler: `/metrics` and `/health`.
///
/// - Parameters:
///   - text: what is answered, in Prometheus' text format.
///   - onServerRunning: is told the port.
package func buildMetricsApplication(
    host: String, port: Int, logger: Logger, text: @escaping @Sendable () async throws -> String,
    onServerRunning: @escaping @Sendable (Int) async -> Void = { _ in }
) -> some ApplicationProtocol {
    let router = Router(context: APIContext.self)
    router.add(middleware: AnswerMiddleware(paths: PathTable([])))
    router.get("metrics") { _, _ in Response(metrics: try await text()) }
    router.get("health") { _, _ in Response(json: ["status": "ok"]) }
    return Application(
        router: router, server: .http1(configuration: .init(idleTimeout: .seconds(15))),
        configuration: ApplicationConfiguration(
            address: .hostname(host, port: port), serverName: "guildhall",
            availableConnectionsDelegate: MaximumAvailableConnections(64)),
        onServerRunning: { await onServerRunning($0.localAddress?.port ?? port) }, logger: logger)
}
