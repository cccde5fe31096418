package import Hummingbird
internal import HummingbirdCore
package import Logging
package import Marketplace
internal import NIOCore

/// Where and within which bounds the API is served.
package struct ServerSettings: Sendable {
    package var host = "127.0.0.1"
    /// 0 lets the system choose.
    package var port = 8080
    package var connectionsMax = 4_096
    /// Seconds after which a silent connection is closed.
    package var idleSeconds: Int64 = 15

    package init() {}
}

/// The HTTP API over a market: the same for `guildhall serve` and for tests.
///
/// - Parameters:
///   - isReady: whether the database answers and has the schema of this program; a sentence if not.
///   - onServerRunning: is told the port.
package func buildApplication(
    market: Market, settings: ServerSettings, logger: Logger,
    isReady: @escaping @Sendable () async -> String?,
    onServerRunning: @escaping @Sendable (Int) async -> Void = { _ in }
) -> some ApplicationProtocol {
    let router = Router(context: BasicRequestContext.self)
    router.add(middleware: AnswerMiddleware())
    addRoutes(of: market, isReady: isReady, to: router)
    return Application(
        router: router,
        server: .http1(configuration: .init(idleTimeout: .seconds(settings.idleSeconds))),
        configuration: ApplicationConfiguration(
            address: .hostname(settings.host, port: settings.port), serverName: "guildhall",
            availableConnectionsDelegate: MaximumAvailableConnections(settings.connectionsMax)
        ),
        onServerRunning: { await onServerRunning($0.localAddress?.port ?? settings.port) },
        logger: logger
    )
}

/// Every route of the API.
package func addRoutes(
    of market: Market, isReady: @escaping @Sendable () async -> String?,
    to router: some RouterMethods<BasicRequestContext>
) {
    HealthRoutes(market: market, isReady: isReady).add(to: router)
    WorkRoutes(market: market).add(to: router)
    OfferRoutes(market: market).add(to: router)
    BidRoutes(market: market).add(to: router)
    DirectOfferRoutes(market: market).add(to: router)
    ReviewRoutes(market: market).add(to: router)
    DecisionRoutes(market: market).add(to: router)
    AskRoutes(market: market).add(to: router)
    QualityRoutes(market: market).add(to: router)
    RatingRoutes(market: market).add(to: router)
    ScheduleRoutes(market: market).add(to: router)
    StoppingRoutes(market: market).add(to: router)
}
