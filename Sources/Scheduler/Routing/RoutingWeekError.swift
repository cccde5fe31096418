internal import Foundation
internal import Marketplace
internal import Matching

extension RoutingWeek {
    /// How far the hours used of this week are from what the windows passed would have used of the plan, over all these
    /// workers together, in millionths of it. The same as the study's (`WeekRun.measureForecastError`). Above a fifth,
    /// prices are paced three times as hard.
    ///
    /// - Parameters:
    ///   - forecasts: whoever has none is left out.
    ///   - lastTested: the error of the last week that is known as a whole, for the week's begin.
    static func forecastErrorMillionths(
        of candidates: [RoutingCandidate], _ forecasts: [Worker.ID: RoutingForecast], at instant: Date,
        lastTested: Int
    ) -> Int {
        var error = WeekForecastError()
        for candidate in candidates {
            guard let forecast = forecasts[candidate.worker] else { continue }
            let week = RoutingWeek(candidate, forecast, at: instant)
            error.add(
                usedUnits: week.used, plannedUnits: week.planned, windowsPast: week.windowsPast,
                windowsLeft: week.windowsLeft)
        }
        return error.millionths ?? lastTested
    }
}
