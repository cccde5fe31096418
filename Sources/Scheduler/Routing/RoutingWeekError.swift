internal import Foundation
internal import Marketplace
internal import Matching

extension RoutingWeek {
    /// How much of the week has passed before it tells how far its forecast is off; as in the study.
    private static let leastElapsed = 0.1

    /// How far the hours used of this week are from what the time passed would have used of the plan, over all these
    /// workers together, in millionths of it; each by the clock where they live. The same as the study's
    /// (`WeekRun.measureForecastError`). Above a fifth, prices are paced three times as hard.
    ///
    /// - Parameters:
    ///   - forecasts: whoever has none is left out.
    ///   - lastTested: the error of the last week that is known as a whole, for the week's begin.
    static func forecastErrorMillionths(
        of candidates: [RoutingCandidate], _ forecasts: [Worker.ID: RoutingForecast], at instant: Date,
        lastTested: Int
    ) -> Int {
        var (used, planned, due) = (0.0, 0.0, 0.0)
        for candidate in candidates {
            guard let forecast = forecasts[candidate.worker] else { continue }
            let week = RoutingWeek(candidate, forecast, at: instant)
            used += Double(week.used)
            planned += Double(week.planned)
            due += Double(week.planned) * Double(candidate.weekShareMillionths) / 1_000_000
        }
        guard due > leastElapsed * planned else { return lastTested }
        return PureMath.millionths(abs(used / max(due, 1) - 1))
    }
}
