package import Marketplace

/// Screens the cleared auctions of every cell once a day, whichever scheduler takes it; what is unusual waits for a
/// person.
package struct BidScreeningRound: SchedulerRound {
    package let name = "bid_screening"
    package let period: Duration = .seconds(3_600)
    private let market: Market
    private let actor: Principal.ID
    private let most: Int

    /// - Parameters:
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    ///   - most: cells in one piece, 1 to 100.
    package init(market: Market, by actor: Principal.ID, most: Int = 10) {
        (self.market, self.actor, self.most) = (market, actor, most)
    }

    package func runOnce() async throws -> RoundOutcome {
        let outcome = try await ScreenBids(market: market)(most: most, by: actor)
        return RoundOutcome(
            counts: [.cellsScreened: outcome.cells, .findingsOpened: outcome.opened], hasMore: outcome.hasMore
        )
    }
}
