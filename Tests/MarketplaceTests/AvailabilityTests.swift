import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Availability")
struct AvailabilityTests {
    private static func window(_ weekday: Weekday, _ span: String) throws -> AvailabilityWindow {
        AvailabilityWindow(weekday, try DaySpan(span))
    }

    /// Sunday night, where clocks change.
    private static func night(_ zone: String, _ span: String) throws -> Availability {
        try Availability(timeZone: zone, windows: [window(.sunday, span)], exceptions: [])
    }

    @Test(
        "a window over a change of clocks loses what does not exist and has the doubled hour twice",
        arguments: [
            // Forward: 02:00 becomes 03:00; in Lord Howe 02:30.
            ("America/New_York", "2026-03-08", "00:00-04:00", 180, "2026-03-08T05:00:00Z", "2026-03-08T08:00:00Z"),
            ("Europe/Berlin", "2026-03-29", "00:00-04:00", 180, "2026-03-28T23:00:00Z", "2026-03-29T02:00:00Z"),
            ("Australia/Lord_Howe", "2026-10-04", "00:00-04:00", 210, "2026-10-03T13:30:00Z", "2026-10-03T17:00:00Z"),
            // Back: in New York and Berlin an hour twice, in Lord Howe half an hour.
            ("America/New_York", "2026-11-01", "00:00-04:00", 300, "2026-11-01T04:00:00Z", "2026-11-01T09:00:00Z"),
            ("Europe/Berlin", "2026-10-25", "00:00-04:00", 300, "2026-10-24T22:00:00Z", "2026-10-25T03:00:00Z"),
            ("Australia/Lord_Howe", "2026-04-05", "00:00-04:00", 270, "2026-04-04T13:00:00Z", "2026-04-04T17:30:00Z"),
            // A day without a change.
            ("Europe/Berlin", "2026-03-22", "00:00-04:00", 240, "2026-03-21T23:00:00Z", "2026-03-22T03:00:00Z"),
        ])
    func changes(zone: String, day: String, span: String, minutes: Int, from: String, until: String) throws {
        let availability = try Self.night(zone, span)
        #expect(availability.openMinutes(on: .day(day)) == minutes)
        let open = try availability.openIntervals(from: .at(from) - 43_200, until: .at(until) + 43_200)
        #expect(open == [Date.at(from)..<Date.at(until)])
    }

    @Test("a window inside the gap does not exist that day; one inside the overlap is two intervals")
    func gapAndOverlap() throws {
        let gap = try Self.night("America/New_York", "02:10-02:50")
        #expect(gap.openMinutes(on: .day("2026-03-08")) == 0)
        #expect(try gap.openIntervals(from: .at("2026-03-08T00:00:00Z"), until: .at("2026-03-09T00:00:00Z")) == [])
        let overlap = try Self.night("America/New_York", "01:10-01:50")
        #expect(overlap.openMinutes(on: .day("2026-11-01")) == 80)
        let open = try overlap.openIntervals(from: .at("2026-11-01T00:00:00Z"), until: .at("2026-11-02T00:00:00Z"))
        let expected: [Range<Date>] = [
            Date.at("2026-11-01T05:10:00Z")..<Date.at("2026-11-01T05:50:00Z"),
            Date.at("2026-11-01T06:10:00Z")..<Date.at("2026-11-01T06:50:00Z"),
        ]
        #expect(open == expected)
    }

    @Test("a week with a change of clocks has 167 or 169 hours, a day that a zone left out none")
    func wholeDays() throws {
        let always = try Availability(timeZone: "America/New_York", windows: [], exceptions: [])
        let limits = WorkLimits(weeklyMinutesMax: 20_000, dailyMinutesMax: 20_000)
        for (monday, hours) in [("2026-03-02", 167), ("2026-03-09", 168), ("2026-10-26", 169)] {
            #expect(
                always.freeMinutes(inWeekOf: .day(monday), limits: limits, committed: [:], committedInWeek: 0)
                    == hours * 60)
        }
        let apia = try Availability(timeZone: "Pacific/Apia", windows: [], exceptions: [])
        #expect(apia.openMinutes(on: .day("2011-12-30")) == 0)
        #expect(apia.openMinutes(on: .day("2011-12-29")) == 1_440)
    }

    @Test("an exception takes away from its day, or adds to it")
    func exceptions() throws {
        let availability = try Availability(
            timeZone: "Europe/Berlin", windows: [Self.window(.monday, "09:00-12:00")],
            exceptions: [
                AvailabilityException(.day("2026-03-02"), .away, try DaySpan("10:00-11:00")),
                AvailabilityException(.day("2026-03-02"), .free, try DaySpan("11:00-13:00")),
                AvailabilityException(.day("2026-03-03"), .free, try DaySpan("20:00-24:00")),
            ])
        #expect(availability.openMinutes(on: .day("2026-03-02")) == 180)
        let open = try availability.openIntervals(from: .at("2026-03-02T00:00:00Z"), until: .at("2026-03-03T22:00:00Z"))
        let expected: [Range<Date>] = [
            Date.at("2026-03-02T08:00:00Z")..<Date.at("2026-03-02T09:00:00Z"),
            Date.at("2026-03-02T10:00:00Z")..<Date.at("2026-03-02T12:00:00Z"),
            Date.at("2026-03-03T19:00:00Z")..<Date.at("2026-03-03T22:00:00Z"),
        ]
        #expect(open == expected)
    }

    @Test("free minutes are the least of what is open and what the caps leave")
    func freeMinutes() throws {
        let availability = try Availability(
            timeZone: "Europe/Berlin",
            windows: [Self.window(.monday, "09:00-12:00"), Self.window(.tuesday, "09:00-10:00")], exceptions: []
        )
        let limits = WorkLimits(weeklyMinutesMax: 200, dailyMinutesMax: 150)
        let monday = CalendarDate.day("2026-03-02")
        func day(_ committed: Int, _ week: Int) -> Int {
            availability.freeMinutes(on: monday, limits: limits, committed: committed, committedInWeek: week)
        }
        let days: [Int] = [day(0, 0), day(100, 100), day(0, 190), day(160, 160)]
        #expect(days == [150, 50, 10, 0])
        func week(_ committed: Int) -> Int {
            availability.freeMinutes(
                inWeekOf: monday, limits: limits, committed: [monday: committed], committedInWeek: committed
            )
        }
        let weeks: [Int] = [week(0), week(30), week(150)]
        #expect(weeks == [200, 170, 50])
    }

    @Test("open intervals are what a walk minute by minute finds", arguments: 0..<60)
    func bruteForce(seed: Int) throws {
        let dice = Dice(seed: UInt64(seed))
        let zone = dice.pick(["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"])
        // A few days around a change of clocks or anywhere in the year.
        let around = dice.pick(["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"])
        let first = CalendarDate.day(around).midnightUTC + TimeInterval(dice.roll(-2_880...2_880) * 60)
        func span() throws -> DaySpan {
            let from = dice.roll(0...1_439)
            return try DaySpan(from: from, until: dice.roll(from + 1...1_440))
        }
        var windows: [AvailabilityWindow] = []
        for _ in 0..<dice.roll(0...14) {
            let one = AvailabilityWindow(dice.pick(Weekday.allCases), try span())
            if !windows.contains(where: { $0.weekday == one.weekday && $0.span.overlaps(one.span) }) {
                windows.append(one)
            }
        }
        var exceptions: [AvailabilityException] = []
        for _ in 0..<dice.roll(0...6) {
            let day = try #require(
                CalendarDate(daysSince2000: CalendarDate.day(around).daysSince2000 + dice.roll(-3...3)))
            let one = AvailabilityException(day, dice.pick([.free, .away]), try span())
            if !exceptions.contains(where: { $0.day == one.day && $0.span.overlaps(one.span) }) {
                exceptions.append(one)
            }
        }
        let availability = try Availability(timeZone: zone, windows: windows, exceptions: exceptions)
        let minutes = dice.roll(1...4_320)
        let open = try availability.openIntervals(from: first, until: first + TimeInterval(minutes * 60))
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: zone))
        var byDay: [CalendarDate: Int] = [:]
        for number in 0..<minutes {
            let instant = first + TimeInterval(number * 60)
            let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute], from: instant)
            let day = try #require(
                CalendarDate(year: parts.year ?? 0, month: parts.month ?? 0, day: parts.day ?? 0))
            let minute = (parts.hour ?? 0) * 60 + (parts.minute ?? 0)
            func holds(_ span: DaySpan) -> Bool { span.from <= minute && minute < span.until }
            let special = exceptions.first { $0.day == day && holds($0.span) }
            let isOpen =
                special.map { $0.kind == .free }
                ?? (windows.isEmpty || windows.contains { $0.weekday == day.weekday && holds($0.span) })
            #expect(open.contains { $0.contains(instant) } == isOpen, "seed \(seed), \(zone), \(instant)")
            if isOpen { byDay[day, default: 0] += 1 }
        }
        let seconds = open.reduce(TimeInterval(0)) { $0 + $1.upperBound.timeIntervalSince($1.lowerBound) }
        let counted = byDay.values.reduce(0, +)
        #expect(seconds == TimeInterval(counted * 60))
        for day in byDay.keys.sorted().dropFirst().dropLast() {
            #expect(availability.openMinutes(on: day) == byDay[day], "seed \(seed), \(zone), \(day)")
        }
    }

    @Test("what overlaps, is unknown or too much is refused")
    func refusals() throws {
        #expect(throws: BadInput.self) { try Availability(timeZone: "Mars/Olympus", windows: [], exceptions: []) }
        #expect(throws: BadInput.self) {
            try Availability(
                timeZone: "UTC",
                windows: [Self.window(.monday, "09:00-12:00"), Self.window(.monday, "11:59-13:00")], exceptions: []
            )
        }
        let always = try Availability(timeZone: "UTC", windows: [], exceptions: [])
        for (from, until) in [(0.0, 401 * 86_400.0), (0, 1e300), (-1, 5), (.nan, 5)] {
            #expect(throws: BadInput.self) {
                try always.openIntervals(
                    from: Date(timeIntervalSince1970: from), until: Date(timeIntervalSince1970: until)
                )
            }
        }
        let spans = [
            "", "09:00", "9:00-10:00", "10:00-09:00", "09:00-24:01", "09:60-10:00", "aa:bb-cc:dd", "09:00-09:00",
        ]
        for text in spans {
            #expect(throws: BadInput.self, "\(text)") { try DaySpan(text) }
        }
    }

    @Test("exported as a calendar and imported again, it is the same")
    func roundTrip() throws {
        let availability = try Availability(
            timeZone: "Europe/Berlin",
            windows: [
                Self.window(.monday, "09:00-12:00"), Self.window(.wednesday, "09:00-12:00"),
                Self.window(.sunday, "00:00-24:00"), Self.window(.saturday, "22:00-24:00"),
            ],
            exceptions: [
                AvailabilityException(.day("2026-03-04"), .away, .wholeDay),
                AvailabilityException(.day("2026-03-05"), .free, try DaySpan("18:00-20:30")),
            ])
        let text = availability.calendarText(from: .day("2026-03-02"), at: .at("2026-03-02T09:00:00Z"))
        #expect(text.contains("DTSTAMP:20260302T090000Z\r\n"))
        #expect(text.contains("RRULE:FREQ=WEEKLY;BYDAY=MO,WE\r\n"))
        let read = try AvailabilityCalendar(importing: Array(text.utf8), timeZone: "Europe/Berlin")
        #expect(read.windows.sorted() == availability.windows)
        #expect(read.exceptions.sorted() == availability.exceptions)
    }

    @Test("a window over midnight is cut in two; another zone, and time that is taken every week, are refused")
    func imports() throws {
        func read(_ event: String, _ zone: String = "UTC") throws -> AvailabilityCalendar {
            let text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\n\(event)\nEND:VEVENT\nEND:VCALENDAR\n"
            return try AvailabilityCalendar(importing: Array(text.utf8), timeZone: zone)
        }
        let weekly = "DTSTART:20260301T220000\nDTEND:20260302T020000\nRRULE:FREQ=WEEKLY\n"
        let night = try read(weekly + "TRANSP:TRANSPARENT\nEXDATE:20260308T220000")
        #expect(night.windows == [try Self.window(.sunday, "22:00-24:00"), try Self.window(.monday, "00:00-02:00")])
        #expect(night.exceptions.map(\.day) == [.day("2026-03-08"), .day("2026-03-09")])
        #expect(night.exceptions.allSatisfy { $0.kind == .away })
        let weeklyTaken = #expect(throws: BadInput.self) { try read(weekly) }
        #expect(weeklyTaken?.message.contains("line 2:") == true)
        #expect(throws: BadInput.self) {
            try read("DTSTART;TZID=Europe/Paris:20260301T220000\nDURATION:PT1H", "Europe/Berlin")
        }
        let away = try read("DTSTART;VALUE=DATE:20260704\nDTEND;VALUE=DATE:20260706")
        #expect(away.exceptions.map(\.day) == [.day("2026-07-04"), .day("2026-07-05")])
        #expect(away.exceptions.allSatisfy { $0.kind == .away && $0.span == .wholeDay })
    }
}
