package import Marketplace
internal import Synchronization

/// Flags batches whose work comes to less than the pay floor, and tops up what they have paid.
package final class PayFloorRound: SchedulerRound {
    package let name = "pay_floor"
    package let period: Duration = .seconds(60)
    private let market: Market
    private let actor: Principal.ID
    /// Where the last piece ended; `nil` at the beginning.
    private let last = Mutex<Batch.ID?>(nil)

    /// - Parameter actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    package init(market: Market, by actor: Principal.ID) {
        (self.market, self.actor) = (market, actor)
    }

    package func runOnce() async throws -> RoundOutcome {
        let watch = try await ApplyPayFloor(market: market)(after: last.withLock { $0 }, by: actor)
        last.withLock { $0 = watch.last }
        return RoundOutcome(counts: [.payTopUps: watch.topUps], hasMore: watch.last != nil)
    }
}
