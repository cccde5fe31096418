package import Marketplace

/// Ends direct offers that nobody answered, or took, in time.
package struct DirectOfferLapseRound: SchedulerRound {
    package let name = "direct_offer_lapse"
    package let period: Duration = .seconds(1)
    private let market: Market
    private let actor: Principal.ID
    private let most: Int

    /// - Parameters:
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    ///   - most: offers in one transaction, 1 to 200.
    package init(market: Market, by actor: Principal.ID, most: Int = 100) {
        (self.market, self.actor, self.most) = (market, actor, most)
    }

    package func runOnce() async throws -> RoundOutcome {
        RoundOutcome(
            try await LapseDirectOffers(market: market)(most: most, by: actor), of: most, as: .directOffersLapsed)
    }
}
