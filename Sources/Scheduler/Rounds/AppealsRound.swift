package import Marketplace

/// Tells operators of appeals that wait for too long.
package struct AppealsRound: SchedulerRound {
    package let name = "appeals"
    package let period: Duration = .seconds(600)
    private let market: Market
    private let actor: Principal.ID

    /// - Parameter actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    package init(market: Market, by actor: Principal.ID) {
        (self.market, self.actor) = (market, actor)
    }

    package func runOnce() async throws -> RoundOutcome {
        RoundOutcome(
            try await TellLateAppeals(market: market)(by: actor), of: TellLateAppeals.most, as: .appealsTold)
    }
}
