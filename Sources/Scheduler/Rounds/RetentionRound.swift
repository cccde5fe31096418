package import Marketplace

/// Destroys contents of closed batches when the time that they are kept is over.
package struct RetentionRound: SchedulerRound {
    package let name = "retention"
    package let period: Duration = .seconds(300)
    private let market: Market
    private let actor: Principal.ID

    /// - Parameter actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    package init(market: Market, by actor: Principal.ID) {
        (self.market, self.actor) = (market, actor)
    }

    package func runOnce() async throws -> RoundOutcome {
        let emptied = try await ApplyRetention(market: market)(by: actor)
        return RoundOutcome(counts: [.contentsEmptied: emptied ?? 0], hasMore: emptied != nil)
    }
}
