package import Marketplace
internal import Store
internal import Synchronization

/// Forecasts each active worker's hours of the week that runs, once, from what came of their weeks before; and tests
/// the weeks that ended. Several schedulers at once write each forecast once.
package final class HoursForecastRound: SchedulerRound {
    package let name = "hours_forecast"
    package let period: Duration = .seconds(600)
    private let market: Market
    private let actor: Principal.ID
    private let most: Int
    private let last = Mutex<Worker.ID?>(nil)

    /// - Parameters:
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    ///   - most: workers in one piece, 1 to 200.
    package init(market: Market, by actor: Principal.ID, most: Int = 200) {
        (self.market, self.actor, self.most) = (market, actor, most)
    }

    package func runOnce() async throws -> RoundOutcome {
        let keep = KeepForecasts(market: market)
        let (closed, tested) = try await keep.closeWeeks(by: actor)
        let (start, most) = (last.withLock { $0 }, most)
        let (forecasts, seen) = try await market.database.read(isolation: .repeatableRead) { transaction in
            let page = try await transaction.workersToForecast(after: start, limit: most)
            return (try await HoursForecasting()(page, in: transaction), page)
        }
        let made = forecasts.isEmpty ? 0 : try await keep(forecasts, by: actor)
        let isFull = seen.count == most
        last.withLock { $0 = isFull ? seen.last?.id : nil }
        return RoundOutcome(
            counts: [.hoursForecast: made, .weeksTested: tested], hasMore: isFull || closed == KeepForecasts.most)
    }
}
