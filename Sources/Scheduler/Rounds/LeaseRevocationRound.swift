package import Marketplace
internal import Synchronization

/// Ends leases of workers who no longer meet what the work demands: up to 5,000 live leases are looked at in a second,
/// round and round.
package final class LeaseRevocationRound: SchedulerRound {
    package let name = "lease_revocation"
    package let period: Duration = .seconds(1)
    private static let pages = 5
    private let market: Market
    private let actor: Principal.ID
    /// Where the next piece goes on.
    private let place = Mutex<LeasePlace?>(nil)

    /// - Parameter actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    package init(market: Market, by actor: Principal.ID) { (self.market, self.actor) = (market, actor) }

    package func runOnce() async throws -> RoundOutcome {
        var (revoked, last) = (0, place.withLock { $0 })
        for _ in 0..<Self.pages {
            let (count, next) = try await RevokeLeases(market: market).page(after: last, by: actor)
            (revoked, last) = (revoked + count, next)
            if next == nil { break }
        }
        place.withLock { [last] in $0 = last }
        return RoundOutcome(revoked, of: .max, as: .leasesRevoked)
    }
}
