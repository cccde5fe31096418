package import Marketplace

/// Puts audit events into their hash chains, within seconds of their transaction.
package struct AuditSealRound: SchedulerRound {
    package let name = "audit_seal"
    package let period: Duration = .seconds(1)
    private let market: Market

    /// A round of this market.
    package init(market: Market) { self.market = market }

    package func runOnce() async throws -> RoundOutcome {
        RoundOutcome(try await SealAudit(market: market)(), of: SealAudit.batchMax, as: .eventsSealed)
    }
}
