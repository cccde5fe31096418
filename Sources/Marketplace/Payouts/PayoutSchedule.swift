package import Formats
package import Foundation
internal import Store

/// The values of the PostgreSQL enum `payout_rhythm`, in its order.
package enum PayoutRhythm: String, Sendable, CaseIterable, SQLEnum {
    case onDemand = "on_demand"
    case weekly, monthly
}

/// On which days, and when, payouts fall due.
package struct PayoutDates: Hashable, Sendable {
    package let rhythm: PayoutRhythm
    /// Bit 0 is Monday, or the first of the month.
    let days: Int64
    /// Of the wall clock, since midnight.
    package let minute: Int
    /// IANA.
    package let zone: String

    /// Of a week, where Monday is 1, or of a month.
    package var dayNumbers: [Int] { (1...31).filter { days >> ($0 - 1) & 1 == 1 } }

    /// When somebody asks for it.
    package static let onDemand = PayoutDates(rhythm: .onDemand, days: 0, minute: 0, zone: "UTC")

    /// Each week.
    ///
    /// - Throws: ``BadInput`` for a minute that a day has not, or an unknown zone.
    package static func weekly(on day: Weekday, minute: Int, in zone: String) throws(BadInput) -> PayoutDates {
        try checked(.weekly, 1 << (day.rawValue - 1), minute, zone)
    }

    /// On days of each month; on its last one, where it has not so many.
    ///
    /// - Parameter days: one to four of 1 to 31; the 1st and the 15th are twice a month.
    /// - Throws: ``BadInput``.
    package static func monthly(on days: [Int], minute: Int, in zone: String) throws(BadInput) -> PayoutDates {
        guard (1...4).contains(Set(days).count), days.allSatisfy((1...31).contains) else {
            throw BadInput("days", "must be one to four of 1 to 31")
        }
        return try checked(.monthly, days.reduce(0) { $0 | 1 << ($1 - 1) }, minute, zone)
    }

    private static func checked(
        _ rhythm: PayoutRhythm, _ days: Int64, _ minute: Int, _ zone: String
    ) throws(BadInput) -> PayoutDates {
        guard (0..<1_440).contains(minute) else { throw BadInput("minute", "must be 0 to 1439") }
        // A name with a slash means the same to everybody who reads the tz database; GMT+5 does not.
        guard zone.utf8.count <= 64, zone == "UTC" || zone.contains("/") else {
            throw BadInput("time_zone", "must be an IANA name, such as Europe/Berlin, or UTC")
        }
        _ = try ZoneClock(zone)
        return PayoutDates(rhythm: rhythm, days: days, minute: minute, zone: zone)
    }

    init(rhythm: PayoutRhythm, days: Int64, minute: Int, zone: String) {
        (self.rhythm, self.days, self.minute, self.zone) = (rhythm, days, minute, zone)
    }

    /// The first of the dates that is later than an instant; `nil` on demand.
    ///
    /// A minute that the clocks leave out in spring falls at the instant at which they are put forward; one that they
    /// show twice in autumn counts the first time.
    package func next(after instant: Date) throws(BadInput) -> Date? {
        guard rhythm != .onDemand else { return nil }
        let clock = try ZoneClock(zone)
        guard let today = clock.day(of: instant) else { return nil }
        // From the day before: a zone may have left a whole day out.
        for ahead in -1...62 {
            guard let day = CalendarDate(daysSince2000: today.daysSince2000 + ahead), has(day) else { continue }
            let date = clock.first(day, minute: minute)
            if date > instant { return date }
        }
        return nil
    }

    /// Up to so many of the dates after an instant.
    package func next(_ count: Int, after instant: Date) throws(BadInput) -> [Date] {
        var found: [Date] = []
        while found.count < count, let date = try next(after: found.last ?? instant) { found.append(date) }
        return found
    }

    /// The day on which a bank can pay what falls due at an instant: that of the wall clock, or the Monday after it.
    ///
    /// Holidays of banks are not known here; a bank moves what falls on one.
    func payDay(at instant: Date) throws(BadInput) -> CalendarDate {
        guard let day = try ZoneClock(zone).day(of: instant),
            let moved = CalendarDate(
                daysSince2000: day.daysSince2000 + (day.weekday < .saturday ? 0 : 8 - day.weekday.rawValue))
        else { throw BadInput("instant", "is outside the years 1 to 9999") }
        return moved
    }

    private func has(_ day: CalendarDate) -> Bool {
        switch rhythm {
        case .onDemand: return false
        case .weekly: return days >> (day.weekday.rawValue - 1) & 1 == 1
        case .monthly:
            let isLast = CalendarDate(daysSince2000: day.daysSince2000 + 1)?.month != day.month
            let rest = days >> (day.day - 1)
            return isLast ? rest != 0 : rest & 1 == 1
        }
    }
}

/// When payouts of a source fall due.
package struct PayoutSchedule: Hashable, Sendable {
    package let source: String
    package let dates: PayoutDates
    /// Who has earned less waits; of the source's currency.
    package let minimumMinor: Int64
    package let currency: Currency
    /// `nil` on demand.
    package let nextAt: Date?
}

/// The values of the PostgreSQL enum `payout_due_state`, in its order.
package enum PayoutDueState: String, Sendable, CaseIterable, SQLEnum {
    case open, prepared, skipped
}

/// A payout that fell due, and what people made of it. A program opens it; it prepares nothing.
package struct PayoutDue: Hashable, Sendable {
    package typealias ID = Identifier<PayoutDue>
    package let id: ID
    package let source: String
    package let dueAt: Date
    /// How many dates before it went by.
    package let missed: Int64
    package let payOn: CalendarDate
    package let minimumMinor: Int64
    /// The source's.
    package let currency: Currency
    package let state: PayoutDueState
    package let batch: PayoutBatch.ID?
    package let closedBy: Principal.ID?
    /// Why it was skipped.
    package let reason: String?

    package var json: JSON {
        [
            "due": .string("\(id)"), "source": .string(source), "due_at": .string(dueAt.formatted(.iso8601)),
            "missed": .integer(missed), "pay_on": .string("\(payOn)"), "minimum_minor": .integer(minimumMinor),
            "currency": .string(currency.code), "state": .string(state.rawValue),
            "payout_batch": batch.map { .string("\($0)") } ?? .null,
            "closed_by": closedBy.map { .string("\($0)") } ?? .null, "reason": reason.map(JSON.string) ?? .null,
        ]
    }
}

/// Why a payout that fell due is not prepared or skipped.
package enum PayoutDueRefusal: Refusal, CaseIterable {
    /// It was prepared or skipped before.
    case closed

    package var code: String {
        switch self {
        case .closed: "payout_due_closed"
        }
    }

    package var message: String {
        switch self {
        case .closed: "This payout was prepared or skipped before."
        }
    }
}
