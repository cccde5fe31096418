package import Marketplace

/// Sends what waits to requesters' endpoints, at least once each, in order for each object. What an endpoint takes its
/// time to answer goes on beyond the turn in which it was sent.
package struct WebhookRound: SchedulerRound {
    package let name = "webhooks"
    package let period: Duration = .seconds(2)
    private let places: WebhookPlaces

    /// - Parameters:
    ///   - actor: ``Market/systemPrincipal()``.
    ///   - http: which checks where it connects to.
    ///   - policy: which networks endpoints may be in.
    package init(
        market: Market, by actor: Principal.ID, through http: any OutboundHTTP, policy: WebhookPolicy = WebhookPolicy()
    ) {
        places = WebhookPlaces(DeliverWebhooks(market: market, policy: policy), through: http, by: actor)
    }

    package func runOnce() async throws -> RoundOutcome {
        let turn = try await places.turn(within: period)
        // What came free behind a delivery of the same object is due as well.
        return RoundOutcome(counts: [.webhooksTried: turn.begun], hasMore: turn.isUnderWay)
    }

    package func finish() async { await places.finish() }
}
