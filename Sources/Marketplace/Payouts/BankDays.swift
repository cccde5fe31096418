package import Formats
internal import Foundation
package import Payments

/// A payment system, which does not settle on Saturdays, Sundays and its holidays.
package enum PaymentSystem: CaseIterable, Sendable {
    /// Euro: T2, formerly TARGET2. Source: European Central Bank, "TARGET closing days", of every year since 2002.
    case target
    /// US dollar: FedACH. Source: Federal Reserve Banks, "Holiday schedules"; 5 U.S.C. 6103(a).
    case fedACH

    /// - Returns: `nil` where files of that form, in that currency, go by no calendar that is known here.
    package init?(of format: PaymentFileFormat, in currency: Currency) {
        switch format {
        case .pain001v03, .pain001v09:
            guard currency.code == "EUR" else { return nil }
            self = .target
        case .nachaPPD, .nachaCCD: self = .fedACH
        case .chineseCSV, .csv: return nil
        }
    }

    /// The day that it is where files of that form, in that currency, are taken in; where days end last, if that is not
    /// known.
    static func today(
        of format: PaymentFileFormat, in currency: Currency, at instant: Date
    ) throws(BadInput) -> CalendarDate {
        let zone =
            switch PaymentSystem(of: format, in: currency) {
            case .target: "Europe/Berlin"
            case .fedACH: "America/New_York"
            case nil: format == .chineseCSV ? "Asia/Shanghai" : "Pacific/Pago_Pago"
            }
        return try WorkWeek.day(of: instant, timeZone: zone)
    }

    /// Why nothing is settled on a day; `nil` when it is.
    package func closing(on day: CalendarDate) -> String? {
        switch day.weekday {
        case .saturday: return "a Saturday"
        case .sunday: return "a Sunday"
        case .monday, .tuesday, .wednesday, .thursday, .friday: break
        }
        return holidays.first { $0.rule.isMet(by: day, movingSundays: self == .fedACH) && day.year >= $0.since }?.name
    }

    /// The first day from that one on that is no holiday.
    package func day(from day: CalendarDate) -> CalendarDate {
        var found = day
        while closing(on: found) != nil, let next = CalendarDate(daysSince2000: found.daysSince2000 + 1) {
            found = next
        }
        return found
    }

    private struct Holiday {
        let name: String
        let rule: HolidayRule
        var since = 2002
    }

    private var holidays: [Holiday] {
        switch self {
        case .target: Self.european
        case .fedACH: Self.american
        }
    }

    private static let european = [
        Holiday(name: "New Year's Day", rule: .fixed(month: 1, day: 1)),
        Holiday(name: "Good Friday", rule: .easter(-2)),
        Holiday(name: "Easter Monday", rule: .easter(1)),
        Holiday(name: "Labour Day", rule: .fixed(month: 5, day: 1)),
        Holiday(name: "Christmas Day", rule: .fixed(month: 12, day: 25)),
        Holiday(name: "26 December", rule: .fixed(month: 12, day: 26)),
    ]

    private static let american = [
        Holiday(name: "New Year's Day", rule: .fixed(month: 1, day: 1)),
        Holiday(name: "Birthday of Martin Luther King, Jr.", rule: .weekday(.monday, number: 3, month: 1)),
        Holiday(name: "Washington's Birthday", rule: .weekday(.monday, number: 3, month: 2)),
        Holiday(name: "Memorial Day", rule: .weekday(.monday, number: -1, month: 5)),
        Holiday(name: "Juneteenth", rule: .fixed(month: 6, day: 19), since: 2022),
        Holiday(name: "Independence Day", rule: .fixed(month: 7, day: 4)),
        Holiday(name: "Labor Day", rule: .weekday(.monday, number: 1, month: 9)),
        Holiday(name: "Columbus Day", rule: .weekday(.monday, number: 2, month: 10)),
        Holiday(name: "Veterans Day", rule: .fixed(month: 11, day: 11)),
        Holiday(name: "Thanksgiving Day", rule: .weekday(.thursday, number: 4, month: 11)),
        Holiday(name: "Christmas Day", rule: .fixed(month: 12, day: 25)),
    ]
}

/// On which day of a year a holiday is.
private enum HolidayRule {
    case fixed(month: Int, day: Int)
    /// Days after Easter Sunday.
    case easter(Int)
    /// The first is 1, the last -1.
    case weekday(Weekday, number: Int, month: Int)

    /// - Parameter movingSundays: whether a fixed one that is a Sunday is kept on the Monday after. One that is a
    ///   Saturday is not moved: Reserve Banks are open on the Friday before.
    func isMet(by day: CalendarDate, movingSundays: Bool) -> Bool {
        switch self {
        case .fixed(let month, let number):
            if (day.month, day.day) == (month, number) { return true }
            return movingSundays && day.weekday == .monday && (day.month, day.day) == (month, number + 1)
        case .easter(let days): return day.daysSince2000 == Self.easter(of: day.year) + days
        case .weekday(let weekday, let number, let month):
            guard day.month == month, day.weekday == weekday else { return false }
            if number > 0 { return (day.day - 1) / 7 + 1 == number }
            return CalendarDate(daysSince2000: day.daysSince2000 + 7)?.month != month
        }
    }

    /// Easter Sunday in days since 2000-01-01.
    ///
    /// Source: Meeus, "Astronomical Algorithms", chapter 8 (the Gregorian Easter).
    private static func easter(of year: Int) -> Int {
        let (a, b, c) = (year % 19, year / 100, year % 100)
        let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30
        let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7
        let sum = h + l - 7 * ((a + 11 * h + 22 * l) / 451) + 114
        return CalendarDate(year: year, month: sum / 31, day: sum % 31 + 1)?.daysSince2000 ?? 0
    }
}
