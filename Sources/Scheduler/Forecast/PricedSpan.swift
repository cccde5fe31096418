internal import Formats
internal import Foundation
internal import Marketplace

/// The time whose hours one solve prices: from its instant to the end of the week by UTC, as the demand that is looked
/// back at. Hours are counted by weeks where workers live, so the rest of one and the begin of the next may lie in it.
struct PricedSpan {
    /// How far ahead of its instant somebody's next week may end, with a day to spare.
    static let aheadSeconds: TimeInterval = 16 * 86_400

    let start: Date
    let end: Date
    /// When the week that runs ends, and the one after it, by zone.
    private var weeks: [String: (end: Date, nextEnd: Date)] = [:]

    /// - Throws: ``BadInput`` for an instant outside the years 1 to 9999.
    init(from instant: Date) throws(BadInput) {
        start = instant
        end = try Self.beginning(of: 1, after: instant, timeZone: "UTC")
    }

    /// The hours of a worker with what they have of this span.
    ///
    /// - Throws: ``BadInput`` for absurd instants.
    mutating func supply(
        _ supply: PriceSupply, _ availability: Availability
    ) throws(BadInput) -> PriceSupply {
        let (weekEnd, nextEnd) = try week(in: availability.timeZone)
        let open = try availability.openIntervals(from: start, until: nextEnd)
        func minutes(from first: Date, until last: Date) -> Int {
            let seconds = open.reduce(0.0) { sum, range in
                sum + max(0, min(range.upperBound, last).timeIntervalSince(max(range.lowerBound, first)))
            }
            return Int(min(seconds, 1e9) / 60)
        }
        var supply = supply
        supply.rest = PriceSupply.Presence(
            untilEnd: minutes(from: start, until: min(end, weekEnd)), all: minutes(from: start, until: weekEnd))
        supply.next = PriceSupply.Presence(
            untilEnd: minutes(from: weekEnd, until: min(end, nextEnd)), all: minutes(from: weekEnd, until: nextEnd))
        return supply
    }

    private mutating func week(in timeZone: String) throws(BadInput) -> (end: Date, nextEnd: Date) {
        if let known = weeks[timeZone] { return known }
        let week = (
            end: try Self.beginning(of: 1, after: start, timeZone: timeZone),
            nextEnd: try Self.beginning(of: 2, after: start, timeZone: timeZone)
        )
        weeks[timeZone] = week
        return week
    }

    /// When the week begins that comes so many after the one of an instant.
    private static func beginning(of weeks: Int, after instant: Date, timeZone: String) throws(BadInput) -> Date {
        let monday = try WorkWeek.start(of: instant, timeZone: timeZone)
        guard let day = CalendarDate(daysSince2000: monday.daysSince2000 + 7 * weeks) else {
            throw BadInput("instant", "is outside the years 1 to 9999")
        }
        return try WorkWeek.beginning(of: day, timeZone: timeZone)
    }
}
