internal import HTTPTypes
package import Hummingbird
internal import HummingbirdCore
package import Logging
internal import Marketplace
internal import Store
internal import NIOCore

/// `GET /metrics`, for Prometheus: this process's requests and pool, and the market's figures. Totals, nothing of
/// anybody, so no token is asked for; a reverse proxy should keep it inside.
struct MetricsRoute {
    let figures: FigureReading
    let requests: RequestMetrics
    let market: Market

    func add(to router: some RouterMethods<BasicRequestContext>) {
        router.get("metrics") { [figures, requests, market] _, _ in
            Response(
                metrics: requests.prometheusText + market.database.prometheusText + (try await figures.text()))
        }
    }
}

extension Response {
    init(metrics text: String) {
        self.init(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
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
    let router = Router(context: BasicRequestContext.self)
    router.add(middleware: AnswerMiddleware())
    router.get("metrics") { _, _ in Response(metrics: try await text()) }
    router.get("health") { _, _ in Response(json: ["status": "ok"]) }
    return Application(
        router: router, server: .http1(configuration: .init(idleTimeout: .seconds(15))),
        configuration: ApplicationConfiguration(
            address: .hostname(host, port: port), serverName: "guildhall",
            availableConnectionsDelegate: MaximumAvailableConnections(64)),
        onServerRunning: { await onServerRunning($0.localAddress?.port ?? port) }, logger: logger)
}
