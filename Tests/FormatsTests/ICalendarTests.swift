import Formats
import Testing

@Suite("iCalendar")
struct ICalendarTests {
    private static func file(_ lines: [String]) -> [UInt8] {
        Array((["BEGIN:VCALENDAR", "VERSION:2.0"] + lines + ["END:VCALENDAR"]).joined(separator: "\r\n").utf8)
    }

    private static func event(_ lines: String...) -> [UInt8] { file(["BEGIN:VEVENT"] + lines + ["END:VEVENT"]) }

    private func fault(_ bytes: [UInt8]) -> String {
        do {
            _ = try ICalendar.entries(of: bytes)
            return "none"
        } catch { return "\(error)" }
    }

    @Test("a weekly event in a zone is read, folded lines, exceptions and all")
    func weekly() throws {
        let entries = try ICalendar.entries(
            of: Self.event(
                "DTSTART;TZID=Europe/Berlin:20260302T090000", "DTEND;TZID=\"Europe/Berlin\":202603", " 02T123000",
                "RRULE:FREQ=WEEKLY;INTERVAL=1;WKST=MO;BYDAY=WE,MO", "EXDATE;TZID=Europe/Berlin:20260309T090000",
                "TRANSP:TRANSPARENT", "SUMMARY:Work: at home"
            ))
        let day = try #require(CalendarDate(iso: "2026-03-02")), next = try #require(CalendarDate(iso: "2026-03-09"))
        let zone = ICalendarTime.Zone.named("Europe/Berlin")
        #expect(
            entries == [
                ICalendarEntry(
                    line: 3, kind: .event, isTransparent: true,
                    start: ICalendarTime(day: day, minute: 540, zone: zone), minutes: 210, weekdays: [1, 3],
                    exceptions: [ICalendarTime(day: next, minute: 540, zone: zone)]
                )
            ])
    }

    @Test("what is not understood is refused with its line")
    func refusals() {
        let start = "DTSTART:20260302T090000", end = "DURATION:PT1H"
        let cases: [([UInt8], String)] = [
            (Array("".utf8), "line 1: there is no VCALENDAR"),
            (Array("BEGIN:VEVENT".utf8), "line 1: VEVENT is not understood here"),
            (Array("BEGIN:VCALENDAR\r\nnonsense".utf8), "line 2: a property and its value are expected"),
            (Array(" BEGIN:VCALENDAR".utf8), "line 1: nothing comes before this continuation"),
            (Array("BEGIN:VCALENDAR".utf8), "line 1: VCALENDAR does not end"),
            (Self.file(["BEGIN:VTODO", "END:VTODO"]), "line 3: VTODO is not understood here"),
            (Self.file(["BEGIN:VAVAILABILITY", start]), "line 4: DTSTART is not understood here"),
            (Self.event(end), "line 3: DTSTART is missing"),
            (Self.event(start), "line 3: DTEND or DURATION is missing"),
            (Self.event(start, end, "RRULE:FREQ=DAILY"), "line 6: only FREQ=WEEKLY is understood"),
            (Self.event(start, end, "RRULE:FREQ=WEEKLY;COUNT=3"), "line 6: COUNT in RRULE is not understood"),
            (Self.event(start, end, "RRULE:FREQ=WEEKLY;UNTIL=20270101"), "line 6: UNTIL in RRULE is not understood"),
            (Self.event(start, end, "RRULE:FREQ=WEEKLY;INTERVAL=2"), "line 6: only INTERVAL=1 is understood"),
            (Self.event(start, end, "RRULE:FREQ=WEEKLY;BYDAY=1MO"), "line 6: BYDAY takes weekdays such as MO,TU"),
            (
                Self.event(start, end, "RRULE:FREQ=WEEKLY;BYDAY=TU"),
                "line 6: BYDAY does not name the weekday of DTSTART"
            ),
            (Self.event(start, end, "RDATE:20260303T090000"), "line 6: RDATE is not understood"),
            (Self.event(start, end, "EXDATE:20260309T090000"), "line 7: EXDATE needs an RRULE"),
            (Self.event("DTSTART:20260229T090000", end), "line 4: DTSTART is no day"),
            (Self.event("DTSTART:20260302T250000", end), "line 4: DTSTART is no time"),
            (Self.event("DTSTART:20260302T090001", end), "line 4: DTSTART is not a whole minute"),
            (Self.event("DTSTART:20260302", end), "line 4: a day needs VALUE=DATE"),
            (Self.event(start, "DTEND:20260302T080000"), "line 5: DTEND must be later than DTSTART, by a year at most"),
            (Self.event(start, "DURATION:-PT1H"), "line 5: DURATION is not understood; write PT8H30M"),
            (Self.event(start, end, "STATUS:CANCELLED"), "line 6: only STATUS:CONFIRMED is understood"),
        ]
        for (bytes, expected) in cases {
            #expect(fault(bytes) == expected)
        }
    }

    @Test("alarms, zones' rules and names of things are passed by")
    func silent() throws {
        let entries = try ICalendar.entries(
            of: Self.file([
                "BEGIN:VTIMEZONE", "TZID:Europe/Berlin", "BEGIN:STANDARD", "DTSTART:19701025T030000", "END:STANDARD",
                "END:VTIMEZONE", "BEGIN:VEVENT", "UID:1", "DTSTART;VALUE=DATE:20260704", "BEGIN:VALARM",
                "TRIGGER:-PT5M", "END:VALARM", "X-ANYTHING:1", "END:VEVENT",
            ]))
        #expect(entries.map(\.minutes) == [1_440])
        #expect(entries.map(\.start.minute) == [nil])
    }

    @Test("no file of mutated bytes does more than be refused", arguments: 0..<400)
    func mutations(seed: Int) {
        var bytes = Self.event(
            "DTSTART;TZID=Europe/Berlin:20260302T090000", "DURATION:PT8H30M", "RRULE:FREQ=WEEKLY;BYDAY=MO,TU",
            "EXDATE:20260309T090000"
        )
        var state = UInt64(seed) &+ 0x9e37_79b9_7f4a_7c15
        for _ in 0..<(1 + seed % 9) {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 20)
        }
        _ = try? ICalendar.entries(of: bytes)
    }

    @Test("lines are folded at 75 bytes, between characters, and read back")
    func folding() throws {
        let day = try #require(CalendarDate(iso: "2026-03-02"))
        let zone = "America/" + String(repeating: "Ü", count: 60)
        let entry = ICalendarEntry(
            kind: .available, isTransparent: false, start: ICalendarTime(day: day, minute: 0, zone: .named(zone)),
            minutes: 90, weekdays: [1]
        )
        let text = ICalendar.text([entry], stamp: "20260302T090000Z", name: "a@b")
        let lines = text.split(separator: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 75 })
        #expect(lines.contains { $0.hasPrefix(" ") })
        let read = try ICalendar.entries(of: Array(text.utf8))
        #expect(read.map(\.start) == [entry.start])
        #expect(read.map(\.weekdays) == [[1]])
    }
}
