internal import Hummingbird
internal import HummingbirdCore
package import Logging
package import Marketplace
internal import NIOCore
internal import NIOPosix
package import ServiceLifecycle

/// Where and within which bounds the API is served.
package struct ServerSettings: Sendable {
    package var host = "127.0.0.1"
    /// 0 lets the system choose.
    package var port = 8080
    /// Of one network a quarter.
    package var connectionsMax = 4_096
    /// Seconds after which a silent connection is closed.
    package var idleSeconds: Int64 = 15
    /// Seconds within which a body has to be there.
    package var bodySeconds: Int64 = 20
    /// By one principal, or of strangers from one address, in this process; from one address in all ten times as many.
    package var requestsPerMinute = 6_000
    /// Guesses at passwords, codes and sign-ins from one address; by one principal, or at one name, a third as many.
    package var attemptsPerMinute = 60
    /// Bytes of bodies that are on their way or being worked on; of one principal a quarter. Beyond them 503.
    package var bodyBytesMax = 256 << 20
    /// Proxies whose word is taken for where requests come from.
    package var trustedProxies: [NetworkRange] = []
    /// Requests under way at once; beyond them 503.
    package var inFlightMax = 512
    /// Streams of server-sent events open at once.
    package var streamsMax = 256
    /// Seconds after which a connection is closed that does not take what is written to it.
    package var writeSeconds: Int64 = 30
    package var identity = IdentitySettings()

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
) -> some Service {
    let requests = RequestMetrics()
    let served = endpoints(
        of: market, isReady: isReady, streamsMax: settings.streamsMax, requests: requests,
        identity: settings.identity)
    let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: ObservingMiddleware(metrics: requests))
    router.add(middleware: AnswerMiddleware(paths: PathTable(served)))
    Edge(market: market, limits: RequestLimits(settings), publicOrigin: settings.identity.publicOrigin)
        .add(served, to: router)
    let shares = ConnectionShares(settings)
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let application = Application(
        responder: OwnTaskResponder(inner: router.buildResponder()),
        server: .http1(
            configuration: .init(
                additionalChannelHandlers: [
                    ConnectionShareHandler(shares), SlowReaderHandler(limit: .seconds(settings.writeSeconds)),
                ],
                idleTimeout: .seconds(settings.idleSeconds))),
        configuration: ApplicationConfiguration(
            address: .hostname(settings.host, port: settings.port), serverName: "guildhall",
            availableConnectionsDelegate: MaximumAvailableConnections(settings.connectionsMax)
        ),
        onServerRunning: { await onServerRunning($0.localAddress?.port ?? settings.port) },
        eventLoopGroupProvider: .shared(loop),
        logger: logger
    )
    return OnLoop(service: application, executor: LoopExecutor(loop: loop))
}

/// Answers each request in a task of its own: a connection's task keeps all the memory that it ever needed for as long
/// as it is kept alive, mostly to wait.
struct OwnTaskResponder: HTTPResponder {
    let inner: RouterResponder<APIContext>

    func respond(to request: Request, context: APIContext) async throws -> Response {
        try await withThrowingTaskGroup(of: Response.self) { [inner] group in
            group.addImmediateTask { try await inner.respond(to: request, context: context) }
            guard let response = try await group.next() else { throw CancellationError() }
            return response
        }
    }
}

/// Everything that the API does: the one list that is served, documented and tested.
package func endpoints(
    of market: Market, isReady: @escaping @Sendable () async -> String?, streamsMax: Int = 256,
    requests: RequestMetrics = RequestMetrics(), identity: IdentitySettings = IdentitySettings()
) -> [Endpoint] {
    let ties: [Endpoint] =
        InterestRoutes(market: market).endpoints
        + ExclusionRoutes(market: market).endpoints
        + ClearanceRoutes(market: market).endpoints
        + ReservationRoutes(market: market).endpoints
    let operated: [Endpoint] =
        RoutingWeightRoutes(market: market).endpoints
        + EscalationRoutes(market: market).endpoints
        + CatalogueRoutes(market: market).endpoints
        + CredentialRoutes(market: market).endpoints
    let all =
        HealthRoutes(isReady: isReady).endpoints
        + MetricsRoute(market: market, requests: requests).endpoints
        + identity.endpoints(of: market)
        + WorkRoutes(market: market).endpoints
        + OfferRoutes(market: market).endpoints
        + BidRoutes(market: market).endpoints
        + DirectOfferRoutes(market: market).endpoints
        + ReviewRoutes(market: market).endpoints
        + DecisionRoutes(market: market).endpoints
        + AskRoutes(market: market).endpoints
        + QualityRoutes(market: market).endpoints
        + GoldRoutes(market: market).endpoints
        + RecollectionRoutes(market: market).endpoints
        + RatingRoutes(market: market).endpoints
        + ScheduleRoutes(market: market).endpoints
        + StoppingRoutes(market: market).endpoints
        + RequesterRoutes(market: market).endpoints
        + BatchRoutes(market: market).endpoints
        + TaskRoutes(market: market).endpoints
        + ImportRoutes(market: market).endpoints
        + WorkerRoutes(market: market).endpoints
        + AvailabilityRoutes(market: market).endpoints
        + ties
        + operated
        + TeamRoutes(market: market).endpoints
        + ExamRoutes(market: market).endpoints
        + TierRoutes(market: market).endpoints
        + GuidelineRoutes(market: market).endpoints
        + ProjectPolicyRoutes(market: market).endpoints
        + AuctionRoutes(market: market).endpoints
        + OperatorRoutes(market: market).endpoints
        + DoctorRoutes(market: market).endpoints
        + AuditRoutes(market: market).endpoints
        + RateRoutes(market: market).endpoints
        + TaxRoutes(market: market).endpoints
        + PayoutListRoutes(market: market).endpoints
        + LedgerRoutes(market: market).endpoints
        + PayoutRoutes(market: market).endpoints
        + ReconciliationRoutes(market: market).endpoints
        + AgreementRoutes(market: market).endpoints
        + NoticePreferenceRoutes(market: market).endpoints
        + StandingRoutes(market: market).endpoints
        + StreamRoutes(market: market, room: StreamRoom(most: streamsMax)).endpoints
    return all + DocumentRoutes(documented: all).endpoints
}
