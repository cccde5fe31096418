package import Marketplace

/// Forgets the stored answers of idempotency keys that are three days old.
package struct AnswerForgettingRound: SchedulerRound {
    package let name = "answer_forgetting"
    package let period: Duration = .seconds(60)
    private let market: Market
    private let most: Int

    /// - Parameter most: keys in one transaction, 1 to 10,000.
    package init(market: Market, most: Int = 1_000) {
        (self.market, self.most) = (market, most)
    }

    package func runOnce() async throws -> RoundOutcome {
        RoundOutcome(try await ForgetAnswers(market: market)(most: most), of: most, as: .answersForgotten)
    }
}
