/// What was wrong with an iCalendar file, and in which line: 1-based, as the file has them before unfolding.
package struct ICalendarFault: Error, Hashable, Sendable, CustomStringConvertible {
    package let line: Int
    /// A clause in lower case, without a full stop.
    package let reason: String

    package init(line: Int, reason: String) { (self.line, self.reason) = (line, reason) }

    package var description: String { "line \(line): \(reason)" }
}

/// A time of the wall clock, or a whole day.
package struct ICalendarTime: Hashable, Sendable {
    /// Whose wall clock.
    package enum Zone: Hashable, Sendable {
        /// Wherever the reader is.
        case floating
        case utc
        /// An IANA name, not checked.
        case named(String)
    }

    package let day: CalendarDate
    /// From midnight: 0 to 1,439; `nil` for a whole day.
    package let minute: Int?
    package let zone: Zone

    package init(day: CalendarDate, minute: Int?, zone: Zone) {
        (self.day, self.minute, self.zone) = (day, minute, zone)
    }
}

/// One VEVENT, or one AVAILABLE of a VAVAILABILITY: once, or on weekdays of every week.
package struct ICalendarEntry: Hashable, Sendable {
    /// Which component says it.
    package enum Kind: String, Hashable, Sendable {
        case event = "VEVENT"
        case available = "AVAILABLE"
    }

    /// Of its BEGIN; 0 for an entry that is to be written.
    package let line: Int
    package let kind: Kind
    /// Whether TRANSP says that it takes no time of its owner.
    package let isTransparent: Bool
    package let start: ICalendarTime
    /// Minutes from `start`, by the wall clock: 1 to 525,600.
    package let minutes: Int
    /// 1 Monday to 7 Sunday, sorted; `nil` when it happens once.
    package let weekdays: [Int]?
    /// When a weekly one does not happen.
    package let exceptions: [ICalendarTime]

    package init(
        line: Int = 0, kind: Kind, isTransparent: Bool, start: ICalendarTime, minutes: Int, weekdays: [Int]?,
        exceptions: [ICalendarTime] = []
    ) {
        (self.line, self.kind, self.isTransparent) = (line, kind, isTransparent)
        (self.start, self.minutes, self.weekdays, self.exceptions) = (start, minutes, weekdays, exceptions)
    }
}

/// The subset of iCalendar that says when somebody is there: VEVENT and VAVAILABILITY, once or `FREQ=WEEKLY;BYDAY`.
///
/// Source: RFC 5545; VAVAILABILITY from RFC 7953.
package enum ICalendar {
    package static let bytesMax = 1 << 20
    package static let linesMax = 20_000
    package static let entriesMax = 2_000

    /// Reads the entries of a calendar. What it does not understand it refuses: nothing is left out in silence but
    /// what says nothing of time (names, places, alarms, `X-` properties, the rules of VTIMEZONE, whose names count).
    ///
    /// - Throws: ``ICalendarFault`` with the line of the first fault.
    package static func entries(of bytes: [UInt8]) throws(ICalendarFault) -> [ICalendarEntry] {
        guard bytes.count <= bytesMax else { throw ICalendarFault(line: 1, reason: "the file is over 1 MiB") }
        var reader = ICalendarComponents()
        for line in try ICalendarLine.lines(of: bytes) { try reader.take(line) }
        return try reader.finished()
    }

    /// A calendar of these entries; AVAILABLE ones inside one VAVAILABILITY, before the VEVENTs.
    ///
    /// Shape: lines of at most 75 bytes, ended by CRLF.
    ///
    /// - Parameters:
    ///   - stamp: for DTSTAMP: `yyyyMMddTHHmmssZ`.
    ///   - name: makes the UIDs; printable ASCII without spaces.
    package static func text(_ entries: [ICalendarEntry], stamp: String, name: String) -> String {
        var lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Guildhall//Availability//EN"]
        let available = entries.filter { $0.kind == .available }
        if !available.isEmpty {
            lines += ["BEGIN:VAVAILABILITY", "UID:\(name)", "DTSTAMP:\(stamp)"]
            for (number, entry) in available.enumerated() {
                lines += entry.lines(stamp: stamp, uid: "\(name)-available-\(number)")
            }
            lines.append("END:VAVAILABILITY")
        }
        for (number, entry) in entries.filter({ $0.kind == .event }).enumerated() {
            lines += entry.lines(stamp: stamp, uid: "\(name)-event-\(number)")
        }
        lines.append("END:VCALENDAR")
        return lines.map { folded($0) + "\r\n" }.joined()
    }

    /// The line in pieces of at most 75 bytes, between characters, joined by CRLF and a space.
    static func folded(_ line: String) -> String {
        var pieces = ""
        var length = 0
        for character in line.unicodeScalars {
            let size = character.utf8.count
            if length + size > 75 {
                pieces += "\r\n "
                length = 1
            }
            pieces.unicodeScalars.append(character)
            length += size
        }
        return pieces
    }

    /// Weekdays by their codes, Monday first.
    static let weekdayCodes = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
}

extension ICalendarEntry {
    fileprivate func lines(stamp: String, uid: String) -> [String] {
        var lines = ["BEGIN:\(kind.rawValue)", "UID:\(uid)", "DTSTAMP:\(stamp)", "DTSTART\(start.text)"]
        lines.append("DURATION:P\(minutes % 1_440 == 0 ? "\(minutes / 1_440)D" : "T\(minutes / 60)H\(minutes % 60)M")")
        if let weekdays {
            let codes = weekdays.map { ICalendar.weekdayCodes[min(max($0, 1), 7) - 1] }
            lines.append("RRULE:FREQ=WEEKLY;BYDAY=\(codes.joined(separator: ","))")
        }
        lines += exceptions.map { "EXDATE\($0.text)" }
        if kind == .event { lines.append("TRANSP:\(isTransparent ? "TRANSPARENT" : "OPAQUE")") }
        lines.append("END:\(kind.rawValue)")
        return lines
    }
}

extension ICalendarTime {
    /// Parameters, colon and value.
    fileprivate var text: String {
        let date = "\(day)".filter { $0 != "-" }
        guard let minute else { return ";VALUE=DATE:\(date)" }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let value = "\(date)T\(two(minute / 60))\(two(minute % 60))00"
        return switch zone {
        case .floating: ":\(value)"
        case .utc: ":\(value)Z"
        case .named(let name): ";TZID=\(name):\(value)"
        }
    }
}
