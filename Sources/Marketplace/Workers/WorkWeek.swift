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
        guard let zone = TimeZone(identifier: timeZone) else {
            throw BadInput("time_zone", "is not a known time zone: '\(timeZone.prefix(64))'")
        }
        let local = instant.timeIntervalSinceReferenceDate + Double(zone.secondsFromGMT(for: instant))
        // 2001-01-01, the reference date, was a Monday and is day 366 from 2000-01-01.
        let week = (local / (7 * 86_400)).rounded(.down)
        guard week.magnitude < 1_000_000, let monday = CalendarDate(daysSince2000: 366 + 7 * Int(week)) else {
            throw BadInput("instant", "is outside the years 1 to 9999")
        }
        return monday
    }
}
