package import Marketplace

/// Works out who meets requirements that are new or name an agreement with a new version. Nothing waits for it.
package struct EligibilityRound: SchedulerRound {
    package let name = "eligibility"
    package let period: Duration = .seconds(5)
    private let market: Market

    /// A round of this market.
    package init(market: Market) { self.market = market }

    package func runOnce() async throws -> RoundOutcome {
        RoundOutcome(
            try await SweepEligibility(market: market)(), of: SweepEligibility.workersMax, as: .eligibilitiesKept
        )
    }
}
