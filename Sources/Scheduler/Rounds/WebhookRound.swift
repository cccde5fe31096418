package import Marketplace

/// Sends what waits to requesters' endpoints, at least once each, in order for each object.
package struct WebhookRound: SchedulerRound {
    package let name = "webhooks"
    package let period: Duration = .seconds(2)
    private let deliver: DeliverWebhooks
    private let http: any OutboundHTTP
    private let actor: Principal.ID

    /// - Parameters:
    ///   - actor: ``Market/systemPrincipal()``.
    ///   - http: which checks where it connects to.
    ///   - policy: which networks endpoints may be in.
    package init(
        market: Market, by actor: Principal.ID, through http: any OutboundHTTP, policy: WebhookPolicy = WebhookPolicy()
    ) {
        (deliver, self.http, self.actor) = (DeliverWebhooks(market: market, policy: policy), http, actor)
    }

    package func runOnce() async throws -> RoundOutcome {
        let tried = try await deliver(through: http, by: actor)
        // What came free behind a delivery of the same object is due as well.
        return RoundOutcome(counts: [.webhooksTried: tried], hasMore: tried > 0)
    }
}
