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

    func add(to router: some RouterMethods<BasicRequestContext>) {
        // The process lives; asks nobody, so that it answers while the database is frozen.
        router.get("healthz") { _, _ in Response(json: ["status": "ok"]) }
        router.get("readyz") { _, _ in
            guard let reason = await isReady() else { return Response(json: ["status": "ready"]) }
            return Response(json: ["status": "not_ready", "reason": .string(reason)], status: .serviceUnavailable)
        }
        // Totals of the market, nothing of anybody; so no token is asked for.
        router.get("metrics") { [figures] _, _ in
            let text = try await figures.text()
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text))
            )
        }
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
