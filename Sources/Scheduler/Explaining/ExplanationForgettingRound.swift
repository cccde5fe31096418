package import Marketplace

/// Forgets explanations of routing whose time is over.
package struct ExplanationForgettingRound: SchedulerRound {
    package let name = "explanation_forgetting"
    package let period: Duration = .seconds(600)
    private let market: Market
    private let actor: Principal.ID
    private let most: Int

    /// - Parameters:
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    ///   - most: of each sort in one piece, 1 to 1,000.
    package init(market: Market, by actor: Principal.ID, most: Int = 500) {
        (self.market, self.actor, self.most) = (market, actor, most)
    }

    package func runOnce() async throws -> RoundOutcome {
        let forgotten = try await ForgetExplanations(market: market)(most: most, by: actor)
        return RoundOutcome(forgotten, of: most, as: .explanationsForgotten)
    }
}
