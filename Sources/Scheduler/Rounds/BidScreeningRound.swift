package import Marketplace
internal import Synchronization

/// Screens the cleared auctions of every cell once a day; what is unusual waits for a person.
package final class BidScreeningRound: SchedulerRound {
    package let name = "bid_screening"
    package let period: Duration = .seconds(86_400)
    private let market: Market
    private let actor: Principal.ID
    private let most: Int
    private let place = Mutex<ScreenBids.Place?>(nil)

    /// - Parameters:
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    ///   - most: cells in one piece, 1 to 100.
    package init(market: Market, by actor: Principal.ID, most: Int = 10) {
        (self.market, self.actor, self.most) = (market, actor, most)
    }

    package func runOnce() async throws -> RoundOutcome {
        let outcome = try await ScreenBids(market: market)(after: place.withLock { $0 }, most: most, by: actor)
        place.withLock { $0 = outcome.next }
        return RoundOutcome(
            counts: [.cellsScreened: outcome.cells, .findingsOpened: outcome.opened], hasMore: outcome.next != nil
        )
    }
}
