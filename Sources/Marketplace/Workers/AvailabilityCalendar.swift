package import Formats
package import Foundation
internal import Store

/// Windows and exceptions as a calendar file says them.
///
/// What counts: an AVAILABLE of a VAVAILABILITY, or a VEVENT that is `TRANSP:TRANSPARENT`, is time in which the worker
/// is there: every week a window, once a free exception. Any other VEVENT takes time: once an away exception; every
/// week it is refused, as windows say when a worker is there and not when they are busy. EXDATE makes an away
/// exception. Times are the worker's own wall clock: floating, or with their zone's name.
package struct AvailabilityCalendar: Hashable, Sendable {
    package private(set) var windows: [AvailabilityWindow] = []
    package private(set) var exceptions: [AvailabilityException] = []

    /// - Parameter timeZone: the worker's.
    /// - Throws: ``BadInput`` for the field `calendar`, with the line of the first thing that is not understood.
    package init(importing bytes: [UInt8], timeZone: String) throws(BadInput) {
        do {
            for entry in try ICalendar.entries(of: bytes) { try take(entry, timeZone: timeZone) }
        } catch let fault as ICalendarFault {
            throw BadInput("calendar", fault.description)
        } catch let fault as BadInput {
            throw fault
        } catch {
            throw BadInput("calendar", "\(error)")
        }
        _ = try Availability(timeZone: timeZone, windows: windows, exceptions: exceptions)
    }

    private mutating func take(_ entry: ICalendarEntry, timeZone: String) throws {
        for time in [entry.start] + entry.exceptions {
            let fits =
                switch time.zone {
                case .floating: true
                case .utc: timeZone == "UTC"
                case .named(let name): name == timeZone
                }
            guard fits else {
                throw ICalendarFault(line: entry.line, reason: "its times are not of the worker's zone, \(timeZone)")
            }
        }
        let isFree = entry.kind == .available || entry.isTransparent
        guard let weekdays = entry.weekdays else {
            let kind: AvailabilityKind = isFree ? .free : .away
            exceptions += try Self.parts(of: entry, from: entry.start.day).map {
                AvailabilityException($0.day, kind, $0.span)
            }
            return
        }
        guard isFree else {
            throw ICalendarFault(
                line: entry.line, reason: "a weekly VEVENT must be TRANSP:TRANSPARENT to say when somebody is there"
            )
        }
        guard entry.minutes <= 1_440 else { throw ICalendarFault(line: entry.line, reason: "it is over a day long") }
        for weekday in weekdays {
            let shift = weekday - entry.start.day.weekday.rawValue
            guard let day = CalendarDate(daysSince2000: entry.start.day.daysSince2000 + shift) else { continue }
            windows += try Self.parts(of: entry, from: day).map { AvailabilityWindow($0.day.weekday, $0.span) }
        }
        for time in entry.exceptions {
            exceptions += try Self.parts(of: entry, from: time.day).map {
                AvailabilityException($0.day, .away, $0.span)
            }
        }
    }

    /// The entry as if it began on a day, cut at midnight.
    private static func parts(
        of entry: ICalendarEntry, from day: CalendarDate
    ) throws -> [(day: CalendarDate, span: DaySpan)] {
        var found: [(day: CalendarDate, span: DaySpan)] = []
        var (number, from, left) = (day.daysSince2000, entry.start.minute ?? 0, entry.minutes)
        while left > 0 {
            guard let day = CalendarDate(daysSince2000: number) else { break }
            let until = min(from + left, 1_440)
            found.append((day, try DaySpan(from: from, until: until)))
            (number, left, from) = (number + 1, left - (until - from), 0)
        }
        return found
    }
}

extension Availability {
    /// The windows and exceptions as a calendar file; importing it gives the same.
    ///
    /// - Parameters:
    ///   - monday: in whose week the weekly entries begin.
    ///   - instant: when the file was made.
    package func calendarText(from monday: CalendarDate, at instant: Date) -> String {
        var entries: [ICalendarEntry] = []
        for (span, windows) in Dictionary(grouping: windows, by: \.span).sorted(by: { $0.key < $1.key }) {
            let weekdays = windows.map(\.weekday.rawValue).sorted()
            guard let first = weekdays.first, let day = CalendarDate(daysSince2000: monday.daysSince2000 + first - 1)
            else { continue }
            entries.append(entry(.available, day, span, weekdays: weekdays))
        }
        for exception in exceptions {
            switch exception.kind {
            case .free: entries.append(entry(.available, exception.day, exception.span, weekdays: nil))
            case .away: entries.append(entry(.event, exception.day, exception.span, weekdays: nil))
            }
        }
        let stamp = instant.ISO8601Format().filter { $0 != "-" && $0 != ":" }
        return ICalendar.text(entries, stamp: stamp, name: "availability@guildhall")
    }

    private func entry(
        _ kind: ICalendarEntry.Kind, _ day: CalendarDate, _ span: DaySpan, weekdays: [Int]?
    ) -> ICalendarEntry {
        ICalendarEntry(
            kind: kind, isTransparent: false,
            start: ICalendarTime(day: day, minute: span.from, zone: .named(timeZone)),
            minutes: span.until - span.from, weekdays: weekdays
        )
    }
}

/// Puts what a calendar file says in the place of a worker's windows and of their exceptions to come.
package struct ImportAvailability: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker, or an operator for them.
    /// - Returns: what was read.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``BadInput`` for the field `calendar`, with the line.
    package func callAsFunction(
        _ bytes: [UInt8], of worker: Worker.ID, by actor: Principal.ID
    ) async throws -> AvailabilityCalendar {
        try await market.change { change in
            let transaction = change.transaction
            try await change.authorizeSelf(worker, orOperator: actor)
            guard let row = try await transaction.lockWorkerForChange(worker) else { throw NotFound("worker") }
            let calendar = try AvailabilityCalendar(importing: bytes, timeZone: row.timeZone)
            guard let yesterday = CalendarDate.yesterday(at: change.instant) else { throw NotFound("day") }
            try await transaction.replaceWindows(of: worker, with: calendar.windows)
            try await transaction.deleteExceptions(of: worker, from: yesterday)
            try await transaction.insertExceptions(
                of: worker, calendar.exceptions.filter { $0.day >= yesterday }
            )
            try await change.record(
                "availability_imported", by: actor, on: "worker", worker.uuid, in: .worker(worker),
                facts: [
                    "windows": .integer(Int64(calendar.windows.count)),
                    "exceptions": .integer(Int64(calendar.exceptions.count)),
                ]
            )
            return calendar
        }
    }
}
