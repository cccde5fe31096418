package import Marketplace

/// Reopens the slots of leases that have run out. Twenty times a second, so that a slot is open again within a second
/// of its lease's end, though its worker may be passed by a few times while somebody holds their lock.
package struct LeaseExpiryRound: SchedulerRound {
    package let name = "lease_expiry"
    package let period: Duration = .milliseconds(50)
    private let market: Market
    private let actor: Principal.ID
    private let most: Int

    /// - Parameters:
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    ///   - most: leases in one transaction, 1 to 1,000.
    package init(market: Market, by actor: Principal.ID, most: Int = 200) {
        (self.market, self.actor, self.most) = (market, actor, most)
    }

    package func runOnce() async throws -> RoundOutcome {
        RoundOutcome(try await ExpireLeases(market: market)(most: most, by: actor), of: most, as: .leasesExpired)
    }
}
