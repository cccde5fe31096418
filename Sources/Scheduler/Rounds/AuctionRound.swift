package import Marketplace

/// Closes auctions whose time is up, opens their bids, clears them and writes the awards.
package struct AuctionRound: SchedulerRound {
    package let name = "auctions"
    package let period: Duration = .seconds(1)
    private let market: Market
    private let actor: Principal.ID
    private let pass = AuctionPass()

    /// - Parameter actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    package init(market: Market, by actor: Principal.ID) { (self.market, self.actor) = (market, actor) }

    package func runOnce() async throws -> RoundOutcome {
        // Without keys nothing can be opened, nor was anything sealed by this program.
        guard market.keys != nil else { return RoundOutcome(counts: [:], hasMore: false) }
        let progress = try await CloseAuctions(market: market)(in: pass, by: actor)
        return RoundOutcome(
            counts: [
                .auctionsClosed: progress.closed, .bidsOpened: progress.bidsOpened,
                .awardsMade: progress.awardsWritten,
            ],
            hasMore: progress.hasMore
        )
    }
}
