package import Formats
package import Foundation

/// The weeks in which workers' hours are counted: Monday to Sunday by the wall clock where the worker lives.
package enum WorkWeek {
    /// The Monday of the week that an instant falls in.
    ///
    /// - Parameter timeZone: IANA name. The offset is the one in force at the instant, so a week with a change of
    ///   clocks has 167 or 169 hours.
    /// - Throws: ``BadInput`` for a zone that this machine does not know, or an instant outside the years 1 to 9999.
    package static func start(of instant: Date, timeZone: String) throws(BadInput) -> CalendarDate {
        guard let monday = try day(of: instant, timeZone: timeZone).weekStart else {
            throw BadInput("instant", "is outside the years 1 to 9999")
        }
        return monday
    }

    /// The day that an instant falls in, by the wall clock.
    ///
    /// - Throws: as ``start(of:timeZone:)``.
    package static func day(of instant: Date, timeZone: String) throws(BadInput) -> CalendarDate {
        guard let zone = TimeZone(identifier: timeZone) else {
            throw BadInput("time_zone", "is not a known time zone: '\(timeZone.prefix(64))'")
        }
        let local = instant.timeIntervalSinceReferenceDate + Double(zone.secondsFromGMT(for: instant))
        // 2001-01-01, the reference date, is day 366 from 2000-01-01.
        let days = (local / 86_400).rounded(.down)
        guard days.magnitude < 10_000_000, let day = CalendarDate(daysSince2000: 366 + Int(days)) else {
            throw BadInput("instant", "is outside the years 1 to 9999")
        }
        return day
    }

    /// The instant at which a day begins by the wall clock.
    ///
    /// - Throws: as ``start(of:timeZone:)``.
    package static func beginning(of day: CalendarDate, timeZone: String) throws(BadInput) -> Date {
        guard let zone = TimeZone(identifier: timeZone) else {
            throw BadInput("time_zone", "is not a known time zone: '\(timeZone.prefix(64))'")
        }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let parts = DateComponents(year: day.year, month: day.month, day: day.day)
        guard let instant = calendar.date(from: parts) else {
            throw BadInput("day", "is outside the years 1 to 9999")
        }
        return instant
    }
}
