package import Marketplace

/// Keeps how right answers were, and writes the estimates of skill that follow.
package struct SkillRound: SchedulerRound {
    package let name = "skills"
    package let period: Duration = .seconds(60)
    private let market: Market
    private let actor: Principal.ID

    /// - Parameter actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    package init(market: Market, by actor: Principal.ID) {
        (self.market, self.actor) = (market, actor)
    }

    package func runOnce() async throws -> RoundOutcome {
        // What answers come to is sealed; what people judged is not.
        let told = market.keys == nil ? 0 : try await TellOutcomes(market: market)()
        let estimated = try await EstimateSkills(market: market)(by: actor)
        return RoundOutcome(
            counts: [.outcomesTold: told, .workersEstimated: estimated],
            hasMore: told == TellOutcomes.most || estimated == EstimateSkills.most)
    }
}
