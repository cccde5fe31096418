internal import Formats
package import Foundation

/// At most so many minutes a week on average, over some weeks that end with the one that runs.
///
/// Source: Directive 2003/88/EC, articles 6 and 16: 48 hours over up to four months.
package struct HoursWindow: Hashable, Sendable {
    /// 2 to 53.
    package let weeks: Int
    /// 0 to 10,080.
    package let averageMinutes: Int

    /// Of all its weeks together.
    package var minutesMax: Int { weeks * averageMinutes }

    /// - Throws: ``BadInput``.
    package init(weeks: Int, averageMinutes: Int) throws(BadInput) {
        guard (2...53).contains(weeks) else { throw BadInput("window_weeks", "must be 2 to 53") }
        guard (0...10_080).contains(averageMinutes) else {
            throw BadInput("window_minutes_average", "must be 0 to 10,080")
        }
        (self.weeks, self.averageMinutes) = (weeks, averageMinutes)
    }

    /// A window of which both halves are given; `nil` where neither is. Not inlined into an async body, as errors in
    /// there end the optimizer of Swift 6.3.1.
    ///
    /// - Throws: ``BadInput``.
    @inline(never)
    package static func ifGiven(weeks: Int?, averageMinutes: Int?) throws(BadInput) -> HoursWindow? {
        if weeks == nil, averageMinutes == nil { return nil }
        guard let weeks, let averageMinutes else {
            throw BadInput("window_weeks", "must come with window_minutes_average")
        }
        return try HoursWindow(weeks: weeks, averageMinutes: averageMinutes)
    }
}

/// What policies ask of a worker's hours beside caps, and what they have reserved as far as these look at it.
package struct HoursBounds: Hashable, Sendable {
    /// Of all policies that hold.
    package let windows: [HoursWindow]
    /// Minutes of rest in each 24 hours, 1 to 1,439: the most that a policy asks.
    package let restMinutes: Int?
    /// Minutes committed, by how many weeks ago: 0 for the week that runs. What is not there is 0.
    private let weekMinutes: [Int: Int]
    /// The newest; `nil` where rest is not asked for, or nothing was reserved lately.
    private let stretch: WorkStretch?

    /// - Parameters:
    ///   - weekMinutes: of as many weeks as the longest window has.
    ///   - reserved: what was reserved in the last days and not released, in the order of time.
    package init(
        windows: [HoursWindow], weekMinutes: [Int: Int], restMinutes: Int?, reserved: [(at: Date, minutes: Int)]
    ) {
        (self.windows, self.weekMinutes, self.restMinutes) = (windows, weekMinutes, restMinutes)
        guard let restMinutes else {
            stretch = nil
            return
        }
        stretch = reserved.reduce(nil as WorkStretch?) { last, work in
            WorkStretch.reserving(work.minutes, at: work.at, after: last, restMinutes: restMinutes)
        }
    }

    /// How many minutes more may be reserved at an instant; `Int.max` where nothing bounds them.
    package func minutesLeft(at instant: Date) -> Int {
        min(windows.map { max(left(in: $0), 0) }.min() ?? .max, minutesBeforeRest(at: instant))
    }

    /// The window in which the least is left.
    package var tightestWindow: HoursWindow? { windows.min { left(in: $0) < left(in: $1) } }

    /// What bars reserving so many minutes more at an instant, if anything does.
    ///
    /// - Parameter timeZone: where the worker lives.
    package func bar(_ minutes: Int, at instant: Date, timeZone: String) -> HoursBar? {
        let full = windows.filter { left(in: $0) < minutes }
        if !full.isEmpty { return .window(opens: opening(of: full, for: minutes, at: instant, timeZone: timeZone)) }
        guard let restMinutes, minutesBeforeRest(at: instant) < minutes else { return nil }
        guard minutes <= WorkStretch.minutesMax(restMinutes: restMinutes) else { return .rest(ends: nil) }
        return .rest(ends: stretch?.restEnd(restMinutes: restMinutes))
    }

    private func left(in window: HoursWindow, after weeks: Int = 0) -> Int {
        window.minutesMax - weekMinutes.reduce(0) { $0 + ($1.key + weeks < window.weeks ? $1.value : 0) }
    }

    private func minutesBeforeRest(at instant: Date) -> Int {
        guard let restMinutes else { return .max }
        return WorkStretch.continued(stretch, at: instant, restMinutes: restMinutes).minutesLeft(
            restMinutes: restMinutes)
    }

    /// When the first week begins in which all of these have room again as earlier weeks fall out of them; `nil` where
    /// none ever has.
    private func opening(
        of windows: [HoursWindow], for minutes: Int, at instant: Date, timeZone: String
    ) -> Date? {
        var ahead = 0
        for window in windows {
            guard let weeks = (1...window.weeks).first(where: { left(in: window, after: $0) >= minutes }) else {
                return nil
            }
            ahead = max(ahead, weeks)
        }
        guard let monday = try? WorkWeek.start(of: instant, timeZone: timeZone),
            let day = CalendarDate(daysSince2000: monday.daysSince2000 + 7 * ahead)
        else { return nil }
        return try? WorkWeek.beginning(of: day, timeZone: timeZone)
    }
}

/// What keeps minutes from being reserved beside the caps of day and week.
package enum HoursBar: Hashable, Sendable {
    /// A window of weeks is full. When one opens again; `nil` for never: it takes longer than all of it.
    case window(opens: Date?)
    /// Rest is due. When it ends; `nil` for never: it takes longer than may be worked between two rests.
    case rest(ends: Date?)
}

/// Work without the pause that is asked for between: each work that was reserved follows the one before it.
///
/// It ends no later than 24 hours less the rest from its beginning, so that each 24 hours have that rest. Source:
/// Directive 2003/88/EC, article 3.
struct WorkStretch: Hashable, Sendable {
    /// When its first work was reserved.
    let start: Date
    /// When all that is reserved is done.
    let end: Date

    static func minutesMax(restMinutes: Int) -> Int { 1_440 - restMinutes }

    /// The stretch that work reserved at an instant is part of, before it is.
    static func continued(_ last: WorkStretch?, at instant: Date, restMinutes: Int) -> WorkStretch {
        guard let last, instant < last.restEnd(restMinutes: restMinutes) else {
            return WorkStretch(start: instant, end: instant)
        }
        return WorkStretch(start: last.start, end: max(last.end, instant))
    }

    static func reserving(
        _ minutes: Int, at instant: Date, after last: WorkStretch?, restMinutes: Int
    ) -> WorkStretch {
        let before = continued(last, at: instant, restMinutes: restMinutes)
        return WorkStretch(start: before.start, end: before.end + TimeInterval(minutes) * 60)
    }

    /// When work may begin again.
    func restEnd(restMinutes: Int) -> Date { end + TimeInterval(restMinutes) * 60 }

    /// 0 or more.
    func minutesLeft(restMinutes: Int) -> Int {
        let latest = start + TimeInterval(Self.minutesMax(restMinutes: restMinutes)) * 60
        // What instants lose as floating-point seconds is no minute.
        let minutes = ((latest.timeIntervalSince(end) + 0.000_01) / 60).rounded(.down)
        return Int(exactly: min(max(minutes, 0), 1_440)) ?? 0
    }
}
