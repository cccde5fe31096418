package import Formats
internal import Foundation
internal import Store

/// Keeps forecasts of hours, what came of them, and how good they were; a log of its own, which changes nothing in the
/// market.
package struct KeepForecasts: Sendable {
    /// Rows in one piece.
    package static let most = 1_000
    /// How long forecasts are kept: 26 weeks.
    package static let keptDays = 182
    let market: Market

    package init(market: Market) { self.market = market }

    /// Writes forecasts of weeks that have none yet.
    ///
    /// - Parameters:
    ///   - forecasts: up to 1,000.
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Returns: how many are new.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(_ forecasts: [WorkerForecast], by actor: Principal.ID) async throws -> Int {
        guard forecasts.count <= Self.most else { throw BadInput("forecasts", "must be \(Self.most) or fewer") }
        return try await market.log { change in
            try await change.transaction.authorize(actor, as: .operator)
            return try await change.transaction.insert(forecasts.sorted { $0.worker < $1.worker })
        }
    }

    /// Writes what came of weeks that ended, a day later, when it is over everywhere; then tests the weeks of which all
    /// is known, and forgets what is old. Call it again at once while it returns `most` closed parts.
    ///
    /// - Parameters:
    ///   - most: parts of weeks, 1 to 1,000.
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Returns: parts closed, and weeks tested.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func closeWeeks(
        most: Int = Self.most, by actor: Principal.ID
    ) async throws -> (closed: Int, tested: Int) {
        guard (1...Self.most).contains(most) else { throw BadInput("most", "must be 1 to \(Self.most)") }
        return try await market.log { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            let closed = try await transaction.closeWeeks(most: most)
            let tested = closed < most ? try await transaction.testWeeks() : 0
            try await transaction.forgetForecasts(olderThan: Self.keptDays, most: most)
            return (closed, tested)
        }
    }
}

/// Shows how well weeks were forecast, the newest first, by pages.
package struct ListBacktests: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - before: the last week of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: an operator.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        before: CalendarDate? = nil, limit: Int = 20, by actor: Principal.ID
    ) async throws -> [ForecastBacktest] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            return try await transaction.backtests(before: before, limit: limit)
        }
    }
}
