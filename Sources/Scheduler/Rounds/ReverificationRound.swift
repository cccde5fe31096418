package import Marketplace

/// Tells workers whose credentials must soon be verified again.
package struct ReverificationRound: SchedulerRound {
    package let name = "reverification"
    package let period: Duration = .seconds(600)
    private let market: Market
    private let actor: Principal.ID
    private let most: Int

    /// - Parameters:
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    ///   - most: reminders in one transaction, 1 to 500.
    package init(market: Market, by actor: Principal.ID, most: Int = RemindReverification.batchMax) {
        (self.market, self.actor, self.most) = (market, actor, most)
    }

    package func runOnce() async throws -> RoundOutcome {
        let count = try await RemindReverification(market: market)(limit: most, by: actor)
        return RoundOutcome(count, of: most, as: .reverificationsReminded)
    }
}
