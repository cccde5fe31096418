package import Marketplace

/// Screens the answers to every batch once a day, piece by piece, whichever scheduler takes it; what is unusual waits
/// for a person.
package struct AnswerScreeningRound: SchedulerRound {
    package let name = "answer_screening"
    package let period: Duration = .seconds(900)
    private let market: Market
    private let actor: Principal.ID
    private let most: Int

    /// - Parameters:
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    ///   - most: pieces of one batch at a time, 1 to 1,000.
    package init(market: Market, by actor: Principal.ID, most: Int = 20) {
        (self.market, self.actor, self.most) = (market, actor, most)
    }

    package func runOnce() async throws -> RoundOutcome {
        let outcome = try await ScreenAnswers(market: market)(most: most, by: actor)
        return RoundOutcome(
            counts: [.answersScreened: outcome.pieces, .qualityCasesOpened: outcome.opened], hasMore: outcome.hasMore)
    }
}
