package import Marketplace

/// Lets awards lapse that nobody answered, ends reservations, lets the next move up, and opens the next round for what
/// is left.
package struct AwardRound: SchedulerRound {
    package let name = "awards"
    package let period: Duration = .seconds(5)
    private let market: Market
    private let actor: Principal.ID
    private let settling = AuctionPass()
    private let following = AuctionPass()

    /// - Parameter actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    package init(market: Market, by actor: Principal.ID) { (self.market, self.actor) = (market, actor) }

    /// Either part is done whatever becomes of the other; a fault is told when there is nothing else to do.
    package func runOnce() async throws -> RoundOutcome {
        var (counts, hasMore): ([SchedulerCount: Int], Bool) = ([:], false)
        var fault: (any Error)?
        do {
            let settled = try await SettleAwards(market: market)(in: settling, by: actor)
            counts = [
                .awardsLapsed: settled.lapsed, .awardsMade: settled.movedUp, .reservationsEnded: settled.ended,
            ]
            hasMore = settled.hasMore
        } catch {
            fault = error
        }
        if market.keys != nil {
            do {
                let rest = try await AuctionRest(market: market)(in: following, by: actor)
                counts[.auctionsOpened] = rest.opened
                hasMore = hasMore || rest.hasMore || rest.opened > 0
            } catch {
                fault = fault ?? error
            }
        }
        if let fault, !hasMore { throw fault }
        return RoundOutcome(counts: counts, hasMore: hasMore)
    }
}
