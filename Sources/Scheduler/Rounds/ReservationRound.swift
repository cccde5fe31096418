package import Marketplace

/// Lets everybody have what was reserved until now.
package struct ReservationRound: SchedulerRound {
    package let name = "reservation_end"
    package let period: Duration = .seconds(1)
    private let market: Market
    private let actor: Principal.ID
    private let most: Int

    /// - Parameters:
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    ///   - most: reservations in one transaction, 1 to 100.
    package init(market: Market, by actor: Principal.ID, most: Int = 20) {
        (self.market, self.actor, self.most) = (market, actor, most)
    }

    package func runOnce() async throws -> RoundOutcome {
        RoundOutcome(
            try await EndReservations(market: market)(most: most, by: actor), of: most, as: .reservationsEnded
        )
    }
}
