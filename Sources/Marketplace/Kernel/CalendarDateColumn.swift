package import Formats
package import Foundation
package import Store

extension CalendarDate {
    /// Days from 2000-01-01, which is 0.
    ///
    /// Source: Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.
    package var daysSince2000: Int {
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 730_425
    }

    /// - Returns: `nil` outside the years 1 to 9999.
    package init?(daysSince2000 days: Int) {
        guard (-730_119...2_921_939).contains(days) else { return nil }
        let shifted = days + 730_425
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        self.init(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        )
    }

    /// The instant at which the day begins in UTC.
    package var midnightUTC: Date { Date(timeIntervalSince1970: Double(daysSince2000 + 10_957) * 86_400) }
}

extension CalendarDate: SQLParameter, SQLDecodable {
    package static var typeOID: UInt32 { DayNumber.typeOID }

    package func write(to wire: inout WireBuffer) {
        DayNumber(daysSince2000: Int32(truncatingIfNeeded: daysSince2000)).write(to: &wire)
    }

    package init(cell: Cell) throws(CellFault) {
        let number = try DayNumber(cell: cell)
        guard let date = CalendarDate(daysSince2000: Int(number.daysSince2000)) else {
            throw .badValue("is a day outside the years 1 to 9999")
        }
        self = date
    }
}
