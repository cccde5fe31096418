package import Marketplace

/// Accepts what nobody has judged within the review window.
package struct UnjudgedRound: SchedulerRound {
    package let name = "unjudged"
    package let period: Duration = .seconds(600)
    private let market: Market
    private let actor: Principal.ID

    /// - Parameter actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    package init(market: Market, by actor: Principal.ID) {
        (self.market, self.actor) = (market, actor)
    }

    package func runOnce() async throws -> RoundOutcome {
        RoundOutcome(
            try await AcceptUnreviewed(market: market)(by: actor), of: AcceptUnreviewed.most, as: .unjudgedAccepted)
    }
}
