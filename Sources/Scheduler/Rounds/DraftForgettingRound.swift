package import Marketplace

/// Forgets drafts of answers that nobody came back for in 90 days.
package struct DraftForgettingRound: SchedulerRound {
    package let name = "draft_forgetting"
    package let period: Duration = .seconds(60)
    private let market: Market
    private let most: Int

    /// - Parameter most: drafts in one transaction, 1 to 10,000.
    package init(market: Market, most: Int = 1_000) { (self.market, self.most) = (market, most) }

    package func runOnce() async throws -> RoundOutcome {
        RoundOutcome(try await ForgetDrafts(market: market)(most: most), of: most, as: .draftsForgotten)
    }
}
