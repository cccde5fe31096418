/// How far the hours used of a week are from what the windows passed would have used of the plan, over all workers
/// together: people who work from Monday to Friday, nine to five, have a fifth behind them on Monday evening, when a
/// tenth of the calendar has passed.
package struct WeekForecastError: Hashable, Sendable {
    /// How much of the plan must be due before a week tells how far its forecast is off.
    private static let leastDue = 0.1

    private var used = 0.0
    private var planned = 0.0
    private var due = 0.0

    /// Of nobody.
    package init() {}

    /// Adds a worker's week.
    /// - Parameters:
    ///   - usedUnits: reserved or worked since it began.
    ///   - plannedUnits: that it is planned with (``HoursForecast``).
    ///   - windowsPast: units of their windows before now.
    ///   - windowsLeft: those from now to its end.
    package mutating func add(usedUnits: Int, plannedUnits: Int, windowsPast: Int, windowsLeft: Int) {
        let (past, left) = (Double(max(windowsPast, 0)), Double(max(windowsLeft, 0)))
        used += Double(usedUnits)
        planned += Double(plannedUnits)
        due += Double(plannedUnits) * past / max(past + left, 1)
    }

    /// In millionths of what is due; `nil` before a tenth of the plan is.
    package var millionths: Int? {
        guard due > Self.leastDue * planned else { return nil }
        return PureMath.millionths(abs(used / max(due, 1) - 1))
    }
}
