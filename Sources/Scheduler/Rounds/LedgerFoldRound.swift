package import Marketplace

/// Notes balances of accounts with many transfers, so that reading them stays quick.
package struct LedgerFoldRound: SchedulerRound {
    package let name = "ledger_fold"
    package let period: Duration = .seconds(5)
    private let market: Market

    /// A round of this market.
    package init(market: Market) { self.market = market }

    package func runOnce() async throws -> RoundOutcome {
        RoundOutcome(try await FoldLedger(market: market)(), of: FoldLedger.foldsMax, as: .balancesFolded)
    }
}
