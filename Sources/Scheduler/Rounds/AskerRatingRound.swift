package import Marketplace

/// Works out whose answers would settle most of what asks for one more.
package struct AskerRatingRound: SchedulerRound {
    package let name = "asker_rating"
    package let period: Duration = .seconds(10)
    private let market: Market

    /// A round of this market.
    package init(market: Market) { self.market = market }

    package func runOnce() async throws -> RoundOutcome {
        // Opens what answers come to; without keys it waits for a scheduler that has them.
        guard market.keys != nil else { return RoundOutcome(counts: [:], hasMore: false) }
        let isRated = try await RateAskers(market: market)()
        return RoundOutcome(counts: [.batchesRated: isRated ? 1 : 0], hasMore: isRated)
    }
}
