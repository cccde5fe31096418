package import Marketplace
internal import Synchronization

/// Proposes promotions and losses of tiers for everybody, and gives what automatic rules give; hourly from first to
/// last.
package final class TierReviewRound: SchedulerRound {
    package let name = "tier_review"
    package let period: Duration = .seconds(3_600)
    private let market: Market
    private let actor: Principal.ID
    private let most: Int
    private let place = Mutex<ReviewTiers.Place?>(nil)

    /// - Parameters:
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    ///   - most: workers in one page, 1 to 200.
    package init(market: Market, by actor: Principal.ID, most: Int = ReviewTiers.workersMax) {
        (self.market, self.actor, self.most) = (market, actor, most)
    }

    package func runOnce() async throws -> RoundOutcome {
        let outcome = try await ReviewTiers(market: market)(after: place.withLock { $0 }, limit: most, by: actor)
        place.withLock { $0 = outcome.next }
        return RoundOutcome(
            counts: [.tiersProposed: outcome.proposed, .tiersGranted: outcome.granted], hasMore: outcome.next != nil
        )
    }
}
