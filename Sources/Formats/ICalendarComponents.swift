/// Puts the lines of a calendar together, one component inside the other.
struct ICalendarComponents: Sendable {
    private var open: [(name: String, line: Int)] = []
    private var entry: ICalendarDraft?
    private var found: [ICalendarEntry] = []
    private var isComplete = false

    /// Components whose content says nothing of when somebody is there.
    private static let skipped: Set = ["VTIMEZONE", "VALARM"]
    /// Which component may stand in which.
    private static let places: [String: Set<String>] = [
        "VCALENDAR": [""], "VEVENT": ["VCALENDAR"], "VAVAILABILITY": ["VCALENDAR"], "AVAILABLE": ["VAVAILABILITY"],
        "VTIMEZONE": ["VCALENDAR"], "VALARM": ["VEVENT"],
    ]
    /// Properties that say nothing of time.
    private static let silent: Set = [
        "UID", "DTSTAMP", "PRODID", "VERSION", "CALSCALE", "METHOD", "NAME", "SUMMARY", "DESCRIPTION", "LOCATION",
        "CREATED", "LAST-MODIFIED", "SEQUENCE", "CATEGORIES", "CLASS", "PRIORITY", "BUSYTYPE", "ORGANIZER", "URL",
        "COLOR", "COMMENT",
    ]

    private var isSkipping: Bool { open.contains { Self.skipped.contains($0.name) } }

    mutating func take(_ line: ICalendarLine) throws(ICalendarFault) {
        switch line.name {
        case "BEGIN": try begin(line)
        case "END": try end(line)
        default:
            guard !isSkipping else { return }
            guard !open.isEmpty else { throw line.fault("BEGIN:VCALENDAR is expected") }
            guard !Self.silent.contains(line.name), !line.name.hasPrefix("X-") else { return }
            guard entry != nil else { throw line.fault("\(line.name) is not understood here") }
            try entry?.take(line)
        }
    }

    func finished() throws(ICalendarFault) -> [ICalendarEntry] {
        if let last = open.last { throw ICalendarFault(line: last.line, reason: "\(last.name) does not end") }
        guard isComplete else { throw ICalendarFault(line: 1, reason: "there is no VCALENDAR") }
        return found
    }

    private mutating func begin(_ line: ICalendarLine) throws(ICalendarFault) {
        let name = line.value.uppercased()
        guard open.count < 8 else { throw line.fault("there are too many components inside each other") }
        if !isSkipping {
            guard Self.places[name]?.contains(open.last?.name ?? "") == true else {
                throw line.fault("\(name) is not understood here")
            }
        }
        open.append((name, line.number))
        if let kind = ICalendarEntry.Kind(rawValue: name), !isSkipping {
            guard found.count < ICalendar.entriesMax else { throw line.fault("there are too many entries") }
            entry = ICalendarDraft(kind: kind, line: line.number)
        }
    }

    private mutating func end(_ line: ICalendarLine) throws(ICalendarFault) {
        guard let last = open.popLast(), last.name == line.value.uppercased() else {
            throw line.fault("END:\(line.value) ends nothing that is open")
        }
        if last.name == "VCALENDAR" { isComplete = true }
        guard ICalendarEntry.Kind(rawValue: last.name) != nil, let draft = entry, !isSkipping else { return }
        found.append(try draft.finished(at: line))
        entry = nil
    }
}
