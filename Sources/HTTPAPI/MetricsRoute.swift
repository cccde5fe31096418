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
                .raw(
                    Response(
                        metrics: requests.prometheusText + market.database.prometheusText + (try await figures.text())))
            }
        ]
    }
}

/// The market's figures in Prometheus' text format. However many ask, the database is asked once in five seconds at
/// most, and by one at a time.
actor FigureReading {
    private let metrics: MarketMetrics
    private var known: (at: ContinuousClock.Instant, text: String)?
    private var asking: Task<String, any Error>?

    init(_ metrics: MarketMetrics) { self.metrics = metrics }

    func text() async throws -> String {
        if let known, known.at + .seconds(5) > .now { return known.text }
        if let asking { return try await asking.value }
        let question = Task { [metrics] in try await metrics().prometheusText }
        asking = question
        defer { asking = nil }
        let text = try await question.value
        known = (.now, text)
        return text
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
