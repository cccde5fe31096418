package import Formats

/// The days of the week, Monday first (ISO 8601).
package enum Weekday: Int, Sendable, CaseIterable, Comparable {
    case monday = 1
    case tuesday, wednesday, thursday, friday, saturday, sunday

    /// The weekday of a day counted from 2000-01-01, a Saturday.
    init(daysSince2000 days: Int) {
        let place = ((days + 5) % 7 + 7) % 7
        self = Self.allCases[place]
    }

    /// `mon` to `sun`; as commands take and print them.
    package var shortName: String {
        switch self {
        case .monday: "mon"
        case .tuesday: "tue"
        case .wednesday: "wed"
        case .thursday: "thu"
        case .friday: "fri"
        case .saturday: "sat"
        case .sunday: "sun"
        }
    }

    /// Two letters, as iCalendar writes it in BYDAY.
    package var calendarCode: String { shortName.prefix(2).uppercased() }

    package static func < (left: Weekday, right: Weekday) -> Bool { left.rawValue < right.rawValue }
}

extension CalendarDate {
    /// Which day of the week it is.
    package var weekday: Weekday { Weekday(daysSince2000: daysSince2000) }

    /// The Monday on or before it; `nil` before the year 1.
    package var weekStart: CalendarDate? { CalendarDate(daysSince2000: daysSince2000 - weekday.rawValue + 1) }
}
