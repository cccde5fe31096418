package import Marketplace
internal import Synchronization

/// Withdraws what is left of batches past their deadline, and closes batches that have nothing left to do.
package final class BatchClosingRound: SchedulerRound {
    package let name = "batch_closing"
    package let period: Duration = .seconds(5)
    private let market: Market
    private let actor: Principal.ID
    /// Where the last piece ended; `nil` at the beginning.
    private let last = Mutex<Batch.ID?>(nil)

    /// - Parameter actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    package init(market: Market, by actor: Principal.ID) {
        (self.market, self.actor) = (market, actor)
    }

    package func runOnce() async throws -> RoundOutcome {
        let ended = try await EndBatches(market: market)(after: last.withLock { $0 }, by: actor)
        last.withLock { $0 = ended.last }
        return RoundOutcome(
            counts: [.batchesClosed: ended.closed, .tasksWithdrawn: ended.tasksWithdrawn],
            hasMore: ended.hasMore || ended.last != nil
        )
    }
}
