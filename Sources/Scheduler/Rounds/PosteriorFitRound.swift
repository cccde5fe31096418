package import Marketplace

/// Estimates all workers and tasks of a project together, where enough answers have come in since the last time.
package struct PosteriorFitRound: SchedulerRound {
    package let name = "posterior_fit"
    package let period: Duration = .seconds(60)
    private let market: Market

    /// A round of this market.
    package init(market: Market) { self.market = market }

    package func runOnce() async throws -> RoundOutcome {
        guard market.keys != nil else { return RoundOutcome(counts: [:], hasMore: false) }
        return RoundOutcome(try await FitPosteriors(market: market)(), of: 1, as: .projectsFitted)
    }
}
