internal import Formats
internal import Foundation

/// The wall clock of a zone, as pieces of time in which its offset from UTC stays the same.
struct ZoneClock: Hashable, Sendable {
    /// A stretch of time with one offset.
    struct Piece: Hashable, Sendable {
        /// Since 1970.
        let seconds: Range<Int>
        /// Of the wall clock from UTC.
        let offset: Int

        /// The days, counted from 2000-01-01, that the wall clock shows in it.
        var days: ClosedRange<Int> {
            Self.day(seconds.lowerBound + offset)...Self.day(max(seconds.upperBound - 1, seconds.lowerBound) + offset)
        }

        private static func day(_ seconds: Int) -> Int {
            (seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400) - 10_957
        }
    }

    private static let instants = 0..<7_258_118_400
    private static let daysMax = 400
    /// No zone has changed its clocks twice within so short a time.
    private static let step = 6 * 3_600
    private let zone: TimeZone

    init(_ name: String) throws(BadInput) {
        guard let zone = TimeZone(identifier: name) else {
            throw BadInput("time_zone", "is not a known time zone: '\(name.prefix(64))'")
        }
        self.zone = zone
    }

    /// Whole seconds between two instants, bounded.
    func seconds(from start: Date, until end: Date) throws(BadInput) -> Range<Int> {
        guard let first = Int(exactly: start.timeIntervalSince1970.rounded(.up)),
            let last = Int(exactly: end.timeIntervalSince1970.rounded(.down)),
            Self.instants.contains(first), Self.instants.contains(last)
        else { throw BadInput("instant", "is outside the years 1970 to 2200") }
        guard last - first <= Self.daysMax * 86_400 else {
            throw BadInput("until", "is more than \(Self.daysMax) days after the beginning")
        }
        return first..<max(first, last)
    }

    /// The stretches of one offset that make up a range.
    func pieces(of range: Range<Int>) -> [Piece] {
        var found: [Piece] = []
        var start = range.lowerBound
        var reached = start
        var offset = offset(at: start)
        while reached < range.upperBound {
            let next = min(reached + Self.step, range.upperBound)
            guard self.offset(at: next) != offset else {
                reached = next
                continue
            }
            let change = firstChange(of: offset, after: reached, by: next)
            found.append(Piece(seconds: start..<change, offset: offset))
            (start, reached, offset) = (change, change, self.offset(at: change))
        }
        if start < range.upperBound { found.append(Piece(seconds: start..<range.upperBound, offset: offset)) }
        return found
    }

    /// When the wall clock shows a minute of a day: the first time, where it shows it twice; where it leaves it out,
    /// the instant at which it does.
    func first(_ day: CalendarDate, minute: Int) -> Date {
        let wall = (day.daysSince2000 + 10_957) * 86_400 + minute * 60
        // No zone is a day or more from UTC.
        for piece in pieces(of: wall - 86_400..<wall + 86_400) {
            let second = max(wall - piece.offset, piece.seconds.lowerBound)
            if second < piece.seconds.upperBound { return Date(timeIntervalSince1970: Double(second)) }
        }
        return Date(timeIntervalSince1970: Double(wall))
    }

    /// The day that the wall clock shows.
    func day(of instant: Date) -> CalendarDate? {
        let second = Int(instant.timeIntervalSince1970.rounded(.down))
        return CalendarDate(
            daysSince2000: Piece(seconds: second..<second + 1, offset: offset(at: second)).days.lowerBound)
    }

    private func offset(at second: Int) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second)))
    }

    /// The first second with another offset, between one that has it and one that has not.
    private func firstChange(of offset: Int, after: Int, by: Int) -> Int {
        var (low, high) = (after, by)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if self.offset(at: middle) == offset { low = middle } else { high = middle }
        }
        return high
    }
}
