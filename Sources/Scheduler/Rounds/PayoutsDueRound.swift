package import Marketplace

/// Opens payouts that fall due by their schedules, for people to prepare.
package struct PayoutsDueRound: SchedulerRound {
    package let name = "payouts_due"
    package let period: Duration = .seconds(60)
    private let market: Market
    private let actor: Principal.ID

    /// - Parameter actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    package init(market: Market, by actor: Principal.ID) {
        (self.market, self.actor) = (market, actor)
    }

    package func runOnce() async throws -> RoundOutcome {
        RoundOutcome(try await OpenDuePayouts(market: market)(by: actor), of: OpenDuePayouts.most, as: .payoutsDue)
    }
}
