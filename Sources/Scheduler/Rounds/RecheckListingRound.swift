package import Marketplace

/// Completes lists of what a change of a guideline asks to check again, where there was very much to look at.
package struct RecheckListingRound: SchedulerRound {
    package let name = "recheck_listing"
    package let period: Duration = .seconds(10)
    private let market: Market
    private let actor: Principal.ID
    private let answersPerStep: Int

    /// - Parameters:
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    ///   - answersPerStep: how many assignments a step looks at, 1 to 10,000.
    package init(market: Market, by actor: Principal.ID, answersPerStep: Int = 10_000) {
        (self.market, self.actor, self.answersPerStep) = (market, actor, answersPerStep)
    }

    package func runOnce() async throws -> RoundOutcome {
        let listing = try await ListOn(market: market, answersPerStep: answersPerStep).next(by: actor)
        return RoundOutcome(counts: [.recheckSteps: listing == nil ? 0 : 1], hasMore: listing != nil)
    }
}
