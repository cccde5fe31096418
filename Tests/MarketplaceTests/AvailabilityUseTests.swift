import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Setting availability", .scratchDatabase)
struct AvailabilityUseTests {
    @Test("windows and caps are set by the worker, and what is not named stays")
    func set() async throws {
        let crew = try await Crew()
        let worker = try await crew.worker()
        let me = Principal.ID(worker.uuid)
        let set = SetAvailability(market: crew.market)
        let show = ShowAvailability(market: crew.market)
        let window = AvailabilityWindow(.friday, try DaySpan("18:00-24:00"))
        try await set(
            AvailabilitySettings(windows: [window], dailyMinutesMax: 300, tasksAtOnceMax: 2, offerNoticeMinutes: 45),
            of: worker, by: me
        )
        try await set(AvailabilitySettings(weeklyMinutesMax: 500), of: worker, by: crew.chief)
        let shown = try await show(of: worker, by: me)
        #expect(shown.availability.windows == [window])
        #expect(
            shown.limits
                == WorkLimits(weeklyMinutesMax: 500, dailyMinutesMax: 300, tasksAtOnceMax: 2, offerNoticeMinutes: 45))
        try await set(AvailabilitySettings(clearsDailyMax: true), of: worker, by: me)
        #expect(
            try await show(of: worker, by: me).limits
                == WorkLimits(weeklyMinutesMax: 500, dailyMinutesMax: 10_080, tasksAtOnceMax: 2, offerNoticeMinutes: 45)
        )
        #expect(throws: BadInput.self) { try AvailabilitySettings(dailyMinutesMax: 1, clearsDailyMax: true) }
        try await set(AvailabilitySettings(windows: []), of: worker, by: me)
        #expect(try await show(of: worker, by: me).availability.windows == [])
    }

    @Test("an exception is added once for the same minutes, and a day is cleared")
    func except() async throws {
        let crew = try await Crew()
        let worker = try await crew.worker()
        let me = Principal.ID(worker.uuid)
        let except = ExceptAvailability(market: crew.market)
        let away = AvailabilityException(.day("2026-03-05"), .away, try DaySpan("09:00-12:00"))
        try await except(away, of: worker, by: me)
        let overlapping = AvailabilityException(.day("2026-03-05"), .free, try DaySpan("11:00-13:00"))
        #expect(await Crew.refusal { try await except(overlapping, of: worker, by: me) } == "exception_overlaps")
        try await except(
            AvailabilityException(.day("2026-03-05"), .free, try DaySpan("12:00-13:00")), of: worker, by: me
        )
        let shown = try await ShowAvailability(market: crew.market)(of: worker, by: me).availability
        #expect(shown.exceptions.map(\.kind) == [.away, .free])
        #expect(try await except.clear(.day("2026-03-05"), of: worker, by: me) == 2)
        #expect(try await except.clear(.day("2026-03-05"), of: worker, by: me) == 0)
    }

    @Test("nobody sets another worker's, nor an unknown one's")
    func refusals() async throws {
        let crew = try await Crew()
        let (worker, other) = (try await crew.worker(), try await crew.worker("w2"))
        let set = SetAvailability(market: crew.market)
        let settings = try AvailabilitySettings(tasksAtOnceMax: 1)
        let unknown: Worker.ID = Scratch.here.identifiers.make(at: Scratch.start)
        #expect(
            await Crew.refusal { try await set(settings, of: worker, by: Principal.ID(other.uuid)) } == "role_missing")
        #expect(await Crew.refusal { try await set(settings, of: unknown, by: crew.chief) } == "not_found")
        let bad = [(10_081, 1, 1, 1), (1, 1_441, 1, 1), (1, 1, 101, 1), (1, 1, 0, 1), (1, 1, 1, -1)]
        for (weekly, daily, tasks, notice) in bad {
            #expect(throws: BadInput.self) {
                try AvailabilitySettings(
                    weeklyMinutesMax: weekly, dailyMinutesMax: daily, tasksAtOnceMax: tasks, offerNoticeMinutes: notice
                )
            }
        }
    }

    @Test("an imported calendar takes the place of windows and exceptions; a bad one changes nothing")
    func imports() async throws {
        let crew = try await Crew()
        let worker = try await crew.worker()
        let me = Principal.ID(worker.uuid)
        let (set, read) = (SetAvailability(market: crew.market), ImportAvailability(market: crew.market))
        let window = AvailabilityWindow(.friday, try DaySpan("18:00-24:00"))
        try await set(AvailabilitySettings(windows: [window]), of: worker, by: me)
        let bad = Array("BEGIN:VCALENDAR\nBEGIN:VTODO\nEND:VTODO\nEND:VCALENDAR".utf8)
        #expect(await Crew.refusal { try await read(bad, of: worker, by: me) } == "bad_input")
        let show = ShowAvailability(market: crew.market)
        #expect(try await show(of: worker, by: me).availability.windows == [window])
        let other = try Availability(
            timeZone: "Europe/Berlin", windows: [AvailabilityWindow(.monday, try DaySpan("08:00-10:00"))],
            exceptions: [AvailabilityException(.day("2026-03-09"), .away, .wholeDay)]
        )
        let text = other.calendarText(from: .day("2026-03-02"), at: Scratch.start)
        _ = try await read(Array(text.utf8), of: worker, by: me)
        #expect(try await show(of: worker, by: me).availability == other)
    }
}
