package import Marketplace

/// Ends offers of which nothing is left to take, and tells their workers.
package struct OfferFillRound: SchedulerRound {
    package let name = "offer_fill"
    package let period: Duration = .seconds(1)
    private let market: Market
    private let actor: Principal.ID
    private let most: Int

    /// - Parameters:
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    ///   - most: offers in one transaction, 1 to 1,000.
    package init(market: Market, by actor: Principal.ID, most: Int = 200) {
        (self.market, self.actor, self.most) = (market, actor, most)
    }

    package func runOnce() async throws -> RoundOutcome {
        RoundOutcome(try await FillOffers(market: market)(most: most, by: actor), of: most, as: .offersFilled)
    }
}
