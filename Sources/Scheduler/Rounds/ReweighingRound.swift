package import Marketplace

/// Weighs answers anew where one was rejected, or counts again.
package struct ReweighingRound: SchedulerRound {
    package let name = "reweighing"
    package let period: Duration = .seconds(5)
    private let market: Market

    /// A round of this market.
    package init(market: Market) { self.market = market }

    package func runOnce() async throws -> RoundOutcome {
        // Opens answers; without keys they wait for a scheduler that has them.
        guard market.keys != nil else { return RoundOutcome(counts: [:], hasMore: false) }
        return RoundOutcome(try await ReweighAnswers(market: market)(), of: ReweighAnswers.most, as: .answersWeighed)
    }
}
