/// An entry of which not all lines have been read.
struct ICalendarDraft: Sendable {
    let kind: ICalendarEntry.Kind
    let line: Int
    private var start: ICalendarTime?
    private var end: (time: ICalendarTime, line: Int)?
    private var minutes: Int?
    private var weekdays: (days: [Int]?, line: Int)?
    private var exceptions: [ICalendarTime] = []
    private var isTransparent = false

    init(kind: ICalendarEntry.Kind, line: Int) { (self.kind, self.line) = (kind, line) }

    mutating func take(_ line: ICalendarLine) throws(ICalendarFault) {
        switch line.name {
        case "DTSTART":
            guard start == nil else { throw line.fault("DTSTART stands twice") }
            start = try Self.time(line.value, line)
        case "DTEND":
            guard end == nil, minutes == nil else { throw line.fault("the end stands twice") }
            end = (try Self.time(line.value, line), line.number)
        case "DURATION":
            guard end == nil, minutes == nil else { throw line.fault("the end stands twice") }
            minutes = try Self.duration(line)
        case "RRULE":
            guard weekdays == nil else { throw line.fault("RRULE stands twice") }
            weekdays = (try Self.rule(line), line.number)
        case "EXDATE":
            for value in line.value.split(separator: ",", omittingEmptySubsequences: false) {
                guard exceptions.count < 1_000 else { throw line.fault("there are too many exceptions") }
                exceptions.append(try Self.time(String(value), line))
            }
        case "TRANSP":
            guard ["OPAQUE", "TRANSPARENT"].contains(line.value) else { throw line.fault("TRANSP is not understood") }
            isTransparent = line.value == "TRANSPARENT"
        case "STATUS":
            guard line.value == "CONFIRMED" else { throw line.fault("only STATUS:CONFIRMED is understood") }
        default: throw line.fault("\(line.name) is not understood")
        }
    }

    func finished(at last: ICalendarLine) throws(ICalendarFault) -> ICalendarEntry {
        guard let start else { throw ICalendarFault(line: line, reason: "DTSTART is missing") }
        var days: [Int]?
        if let weekdays {
            let first = Self.weekday(of: start.day)
            days = weekdays.days ?? [first]
            guard days?.contains(first) == true else {
                throw ICalendarFault(line: weekdays.line, reason: "BYDAY does not name the weekday of DTSTART")
            }
        }
        guard days != nil || exceptions.isEmpty else {
            throw last.fault("EXDATE needs an RRULE")
        }
        return ICalendarEntry(
            line: line, kind: kind, isTransparent: isTransparent, start: start, minutes: try length(from: start),
            weekdays: days, exceptions: exceptions
        )
    }

    private func length(from start: ICalendarTime) throws(ICalendarFault) -> Int {
        if let minutes { return minutes }
        guard let end else {
            guard start.minute == nil else { throw ICalendarFault(line: line, reason: "DTEND or DURATION is missing") }
            return 1_440
        }
        guard end.time.zone == start.zone, (end.time.minute == nil) == (start.minute == nil) else {
            throw ICalendarFault(line: end.line, reason: "DTEND must be of the same kind and zone as DTSTART")
        }
        let days = Self.dayNumber(end.time.day) - Self.dayNumber(start.day)
        let length = days * 1_440 + (end.time.minute ?? 0) - (start.minute ?? 0)
        guard (1...525_600).contains(length) else {
            throw ICalendarFault(line: end.line, reason: "DTEND must be later than DTSTART, by a year at most")
        }
        return length
    }

    /// `FREQ=WEEKLY`, with BYDAY or without, for ever and every week.
    private static func rule(_ line: ICalendarLine) throws(ICalendarFault) -> [Int]? {
        var days: [Int]?
        var isWeekly = false
        for part in line.value.uppercased().split(separator: ";", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2 else { throw line.fault("RRULE is not understood") }
            switch pair[0] {
            case "FREQ":
                guard pair[1] == "WEEKLY" else { throw line.fault("only FREQ=WEEKLY is understood") }
                isWeekly = true
            case "INTERVAL": guard pair[1] == "1" else { throw line.fault("only INTERVAL=1 is understood") }
            case "WKST": continue
            case "BYDAY":
                var found: Set<Int> = []
                for code in pair[1].split(separator: ",", omittingEmptySubsequences: false) {
                    guard let place = ICalendar.weekdayCodes.firstIndex(of: String(code)) else {
                        throw line.fault("BYDAY takes weekdays such as MO,TU")
                    }
                    found.insert(place + 1)
                }
                days = found.sorted()
            default: throw line.fault("\(pair[0]) in RRULE is not understood")
            }
        }
        guard isWeekly else { throw line.fault("only FREQ=WEEKLY is understood") }
        return days
    }

    /// `P1D`, `P2W`, `PT8H30M` and their like; whole minutes.
    private static func duration(_ line: ICalendarLine) throws(ICalendarFault) -> Int {
        let reason = "DURATION is not understood; write PT8H30M"
        var minutes = 0
        var number: Int?
        var isTime = false
        guard line.value.utf8.first == UInt8(ascii: "P"), line.value.utf8.count <= 16 else { throw line.fault(reason) }
        for byte in line.value.utf8.dropFirst() {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let next = (number ?? 0) * 10 + Int(byte) - 0x30
                guard next <= 525_600 else { throw line.fault(reason) }
                number = next
            case UInt8(ascii: "T"):
                guard !isTime, number == nil else { throw line.fault(reason) }
                isTime = true
            default:
                let units: [UInt8: Int] =
                    isTime
                    ? [UInt8(ascii: "H"): 60, UInt8(ascii: "M"): 1]
                    : [UInt8(ascii: "D"): 1_440, UInt8(ascii: "W"): 10_080]
                guard let unit = units[byte], let count = number else { throw line.fault(reason) }
                minutes += count * unit
                number = nil
            }
        }
        guard number == nil, (1...525_600).contains(minutes) else { throw line.fault(reason) }
        return minutes
    }

    /// `20260302`, `20260302T090000` or `20260302T090000Z`.
    private static func time(_ text: String, _ line: ICalendarLine) throws(ICalendarFault) -> ICalendarTime {
        let known: Set = ["VALUE", "TZID"]
        guard line.parameters.keys.allSatisfy({ known.contains($0) || $0.hasPrefix("X-") }) else {
            throw line.fault("a parameter of \(line.name) is not understood")
        }
        let digits = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            guard digits.indices.contains(range.upperBound - 1) else { return nil }
            return digits[range].reduce(0) { sum, byte in
                guard let sum, (0x30...0x39).contains(byte) else { return nil }
                return sum * 10 + Int(byte) - 0x30
            }
        }
        guard let year = number(0..<4), let month = number(4..<6), let dayOfMonth = number(6..<8),
            let day = CalendarDate(year: year, month: month, day: dayOfMonth)
        else { throw line.fault("\(line.name) is no day") }
        if digits.count == 8 {
            guard line.parameters["VALUE"] == "DATE" else { throw line.fault("a day needs VALUE=DATE") }
            return ICalendarTime(day: day, minute: nil, zone: .floating)
        }
        let isUTC = digits.count == 16 && digits.last == UInt8(ascii: "Z")
        guard digits.count == 15 || isUTC, digits[8] == UInt8(ascii: "T"), let hour = number(9..<11), hour < 24,
            let minute = number(11..<13), minute < 60, line.parameters["VALUE"] ?? "DATE-TIME" == "DATE-TIME"
        else { throw line.fault("\(line.name) is no time") }
        guard number(13..<15) == 0 else { throw line.fault("\(line.name) is not a whole minute") }
        guard let name = line.parameters["TZID"] else {
            return ICalendarTime(day: day, minute: hour * 60 + minute, zone: isUTC ? .utc : .floating)
        }
        guard !isUTC else { throw line.fault("\(line.name) is in UTC and in a zone at once") }
        return ICalendarTime(day: day, minute: hour * 60 + minute, zone: .named(name))
    }

    /// Days from 0000-03-01 (Howard Hinnant, days_from_civil).
    private static func dayNumber(_ date: CalendarDate) -> Int {
        let year = date.month > 2 ? date.year : date.year - 1
        let ofYear = (153 * (date.month > 2 ? date.month - 3 : date.month + 9) + 2) / 5 + date.day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + ofYear
    }

    /// 1 Monday to 7 Sunday; 0000-03-01 was a Wednesday.
    private static func weekday(of date: CalendarDate) -> Int { (dayNumber(date) + 2) % 7 + 1 }
}
