package import Formats
package import Foundation
internal import Store

/// When a worker is there in every week.
package struct AvailabilityWindow: Hashable, Comparable, Sendable {
    package let weekday: Weekday
    package let span: DaySpan

    package init(_ weekday: Weekday, _ span: DaySpan) { (self.weekday, self.span) = (weekday, span) }

    package static func < (left: AvailabilityWindow, right: AvailabilityWindow) -> Bool {
        (left.weekday, left.span) < (right.weekday, right.span)
    }
}

/// What an exception does to the windows of its day: the values of the PostgreSQL enum `availability_kind`, in order.
package enum AvailabilityKind: String, Sendable, CaseIterable, SQLEnum {
    case free, away
}

/// A part of one day in which a worker is there, or away, whatever the windows say.
package struct AvailabilityException: Hashable, Comparable, Sendable {
    package let day: CalendarDate
    package let kind: AvailabilityKind
    package let span: DaySpan

    package init(_ day: CalendarDate, _ kind: AvailabilityKind, _ span: DaySpan) {
        (self.day, self.kind, self.span) = (day, kind, span)
    }

    package static func < (left: AvailabilityException, right: AvailabilityException) -> Bool {
        (left.day, left.span) < (right.day, right.span)
    }
}

/// When a worker is there, by the wall clock of their zone.
///
/// An instant is open when the wall clock, read at that instant, stands in a window of its weekday or in a free
/// exception of its day, and in no away exception. So a window that falls into the gap of a change of clocks loses
/// what does not exist, and one that falls into the overlap counts the doubled hour twice. Without any window the
/// worker is always there, exceptions apart.
package struct Availability: Hashable, Sendable {
    package static let windowsMax = 100
    package static let exceptionsMax = 1_000

    /// IANA name.
    package let timeZone: String
    /// By weekday and time; no two overlap.
    package let windows: [AvailabilityWindow]
    /// By day and time; no two overlap.
    package let exceptions: [AvailabilityException]
    private let clock: ZoneClock
    private let spansByWeekday: [Weekday: [DaySpan]]
    private let exceptionsByDay: [Int: [AvailabilityException]]

    /// - Throws: ``BadInput`` for an unknown zone, too many windows or exceptions, or two that overlap.
    package init(
        timeZone: String, windows: [AvailabilityWindow], exceptions: [AvailabilityException]
    ) throws(BadInput) {
        clock = try ZoneClock(timeZone)
        guard windows.count <= Self.windowsMax else {
            throw BadInput("windows", "are more than \(Self.windowsMax)")
        }
        guard exceptions.count <= Self.exceptionsMax else {
            throw BadInput("exceptions", "are more than \(Self.exceptionsMax)")
        }
        let (windows, exceptions) = (windows.sorted(), exceptions.sorted())
        for (one, next) in zip(windows, windows.dropFirst())
        where one.weekday == next.weekday && one.span.overlaps(next.span) {
            throw BadInput("windows", "\(one.weekday.shortName) \(one.span) overlaps \(next.span)")
        }
        for (one, next) in zip(exceptions, exceptions.dropFirst())
        where one.day == next.day && one.span.overlaps(next.span) {
            throw BadInput("exceptions", "\(one.day) \(one.span) overlaps \(next.span)")
        }
        (self.timeZone, self.windows, self.exceptions) = (timeZone, windows, exceptions)
        spansByWeekday = Dictionary(grouping: windows, by: \.weekday).mapValues { $0.map(\.span) }
        exceptionsByDay = Dictionary(grouping: exceptions, by: \.day.daysSince2000)
    }

    /// The intervals between two instants in which the worker is there: in order, none touching the next.
    ///
    /// - Throws: ``BadInput`` for more than 400 days, or instants outside the years 1970 to 2200.
    package func openIntervals(from start: Date, until end: Date) throws(BadInput) -> [Range<Date>] {
        let instants = try clock.seconds(from: start, until: end)
        return open(clock.pieces(of: instants), on: nil).map {
            Date(timeIntervalSince1970: Double($0.lowerBound))..<Date(timeIntervalSince1970: Double($0.upperBound))
        }
    }

    /// Minutes of a day in which the worker is there; a day on which clocks change has more or fewer.
    package func openMinutes(on day: CalendarDate) -> Int {
        // Midnight is at most 15 hours from that of UTC, anywhere.
        let start = (day.daysSince2000 + 10_957) * 86_400
        let pieces = clock.pieces(of: start - 16 * 3_600..<start + 40 * 3_600)
        return open(pieces, on: day.daysSince2000).reduce(0) { $0 + $1.count } / 60
    }

    /// The parts of a day that the rules open.
    private func spans(on day: Int) -> [DaySpan] {
        let weekday = Weekday(daysSince2000: day)
        var spans = windows.isEmpty ? [.wholeDay] : spansByWeekday[weekday] ?? []
        guard let exceptions = exceptionsByDay[day] else { return spans.merged }
        for exception in exceptions {
            switch exception.kind {
            case .away: spans = spans.without(exception.span)
            case .free: spans.append(exception.span)
            }
        }
        return spans.merged
    }

    /// Seconds since 1970 that are open; of one day only, if given.
    private func open(_ pieces: [ZoneClock.Piece], on only: Int?) -> [Range<Int>] {
        var found: [Range<Int>] = []
        for piece in pieces {
            for day in piece.days where only == nil || only == day {
                let midnight = (day + 10_957) * 86_400 - piece.offset
                for span in spans(on: day) {
                    let start = max(midnight + span.from * 60, piece.seconds.lowerBound)
                    let end = min(midnight + span.until * 60, piece.seconds.upperBound)
                    guard start < end else { continue }
                    if let last = found.last, last.upperBound == start {
                        found[found.count - 1] = last.lowerBound..<end
                    } else {
                        found.append(start..<end)
                    }
                }
            }
        }
        return found
    }
}

extension Availability {
    /// Minutes that a worker can still take on a day: open, within the caps, not committed.
    package func freeMinutes(
        on day: CalendarDate, limits: WorkLimits, committed: Int, committedInWeek: Int
    ) -> Int {
        max(
            0,
            min(openMinutes(on: day), limits.dailyMinutesMax - committed, limits.weeklyMinutesMax - committedInWeek)
        )
    }

    /// Minutes that a worker can still take in a week: on each day those open and within its cap, all together within
    /// the week's.
    ///
    /// - Parameters:
    ///   - monday: the week's first day.
    ///   - committed: minutes by day; days without are left out.
    package func freeMinutes(
        inWeekOf monday: CalendarDate, limits: WorkLimits, committed: [CalendarDate: Int], committedInWeek: Int
    ) -> Int {
        let days = (0..<7).compactMap { CalendarDate(daysSince2000: monday.daysSince2000 + $0) }
        let open = days.reduce(0) { sum, day in
            sum + max(0, min(openMinutes(on: day), limits.dailyMinutesMax - (committed[day] ?? 0)))
        }
        return max(0, min(open, limits.weeklyMinutesMax - committedInWeek))
    }
}
