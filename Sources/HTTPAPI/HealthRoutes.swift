internal import Formats
internal import HTTPTypes
internal import Hummingbird
internal import Marketplace
internal import NIOCore

/// For supervisors and load balancers.
struct HealthRoutes {
    let isReady: @Sendable () async -> String?
    let figures: FigureReading

    init(market: Market, isReady: @escaping @Sendable () async -> String?) {
        self.isReady = isReady
        figures = FigureReading(MarketMetrics(market: market))
    }

    var endpoints: [Endpoint] {
        [
            // The process lives; asks nobody, so that it answers while the database is frozen.
            Endpoint(
                .get, "/healthz", "showHealth", "The process lives; asks nobody", .service, for: .everybody,
                gives: .ok(["status": .words("ok")])
            ) { _ in .json(["status": "ok"]) },
            Endpoint(
                .get, "/readyz", "showReadiness",
                "The database answers and has this program's schema, or 503 with a reason", .service, for: .everybody,
                gives: .ok(["status": .words("ready")]), refuses: ["not_ready"]
            ) { [isReady] _ in
                if let reason = await isReady() { throw Problem(.serviceUnavailable, "not_ready", reason) }
                return .json(["status": "ready"])
            },
            // Totals of the market, nothing of anybody; so no token is asked for.
            Endpoint(
                .get, "/metrics", "readMetrics", "Figures in Prometheus' text format", .service, for: .everybody,
                gives: .media("text/plain")
            ) { [figures] _ in
                let text = try await figures.text()
                return .raw(
                    Response(
                        status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                        body: ResponseBody(byteBuffer: ByteBuffer(string: text))))
            },
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
