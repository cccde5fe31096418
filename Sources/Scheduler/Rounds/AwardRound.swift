package import Marketplace
internal import Synchronization

/// Lets awards lapse that nobody answered, lets the next move up, and opens the next round for what is left.
package final class AwardRound: SchedulerRound {
    package let name = "awards"
    package let period: Duration = .seconds(5)
    private let market: Market
    private let actor: Principal.ID
    /// Where the last piece of auctions with a round to follow ended; `nil` at the beginning.
    private let last = Mutex<Auction.ID?>(nil)

    /// - Parameter actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    package init(market: Market, by actor: Principal.ID) { (self.market, self.actor) = (market, actor) }

    package func runOnce() async throws -> RoundOutcome {
        let settled = try await SettleAwards(market: market)(by: actor)
        var counts: [SchedulerCount: Int] = [.awardsLapsed: settled.lapsed, .awardsMade: settled.movedUp]
        guard market.keys != nil else { return RoundOutcome(counts: counts, hasMore: settled.hasMore) }
        let rest = try await AuctionRest(market: market)(after: last.withLock { $0 }, by: actor)
        last.withLock { $0 = rest.last }
        counts[.auctionsOpened] = rest.opened
        return RoundOutcome(counts: counts, hasMore: settled.hasMore || rest.last != nil)
    }
}
