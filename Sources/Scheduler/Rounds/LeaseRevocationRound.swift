package import Marketplace

/// Ends leases of workers who no longer meet what the work demands.
package struct LeaseRevocationRound: SchedulerRound {
    package let name = "lease_revocation"
    package let period: Duration = .seconds(1)
    private let market: Market
    private let actor: Principal.ID

    /// - Parameter actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    package init(market: Market, by actor: Principal.ID) { (self.market, self.actor) = (market, actor) }

    package func runOnce() async throws -> RoundOutcome {
        RoundOutcome(try await RevokeLeases(market: market)(by: actor), of: .max, as: .leasesRevoked)
    }
}
