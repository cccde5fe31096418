package import Marketplace

/// Counts attempts at exams whose time has run out as handed in empty.
package struct ExamClosingRound: SchedulerRound {
    package let name = "exam_closing"
    package let period: Duration = .seconds(30)
    private let market: Market
    private let actor: Principal.ID
    private let most: Int

    /// - Parameters:
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    ///   - most: attempts in one transaction, 1 to 200.
    package init(market: Market, by actor: Principal.ID, most: Int = CloseOverdueExams.batchMax) {
        (self.market, self.actor, self.most) = (market, actor, most)
    }

    package func runOnce() async throws -> RoundOutcome {
        let count = try await CloseOverdueExams(market: market)(limit: most, by: actor)
        return RoundOutcome(count, of: most, as: .examsClosed)
    }
}
