package import Marketplace

/// Forgets sessions, tickets, failed attempts to sign in and sent webhooks that are long over.
package struct SignInForgettingRound: SchedulerRound {
    private static let most = 500
    package let name = "sign_in_forgetting"
    package let period: Duration = .seconds(60)
    private let market: Market

    package init(market: Market) { self.market = market }

    package func runOnce() async throws -> RoundOutcome {
        let signIns = try await ForgetSignIns(market: market)(most: Self.most)
        let events = try await ForgetWebhooks(market: market)(most: Self.most)
        return RoundOutcome(
            counts: [.signInsForgotten: signIns, .webhooksForgotten: events],
            hasMore: max(signIns, events) >= Self.most)
    }
}
