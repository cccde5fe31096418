import Foundation
import Testing

@testable import Marketplace
@testable import Scheduler

@Suite("How far a week's forecast of hours is off")
struct RoutingWeekErrorTests {
    /// Of people who give all of their ten hours a week.
    private func error(
        _ weeks: [(share: Int, minutes: Int)], forecast: Bool = true, lastTested: Int = 70_000
    ) -> Int {
        let candidates = weeks.enumerated().map { place, week in
            SmallRouting.candidate(
                UInt8(place), committedMinutes: week.minutes, weekShareMillionths: week.share)
        }
        let known = RoutingForecast(meanMillionths: 1_000_000, promisedMillionths: 900_000)
        return RoutingWeek.forecastErrorMillionths(
            of: candidates,
            forecast ? Dictionary(uniqueKeysWithValues: candidates.map { ($0.worker, known) }) : [:],
            at: SmallRouting.instant, lastTested: lastTested)
    }

    @Test("is that of the hours used against the plan, over all, from a tenth of the week on")
    func ofThisWeek() {
        // Half of the week has passed: 600 of 1,200 minutes were to be used.
        #expect(error([(500_000, 150), (500_000, 450)]) == 0)
        #expect(error([(500_000, 150), (500_000, 150)]) == 500_000)
        #expect(error([(500_000, 600), (500_000, 300)]) == 500_000)
        // Each by the week where they live.
        #expect(error([(400_000, 240), (600_000, 360)]) == 0)
        #expect(error([(200_000, 0)]) == 1_000_000)
    }

    /// At five in the afternoon, of somebody who is there from nine to five, Monday to Friday, for ten hours a week.
    private func error(onDay day: Int, minutes: Int) throws -> Int {
        let open = try Availability(
            timeZone: "UTC",
            windows: [Weekday.monday, .tuesday, .wednesday, .thursday, .friday].map {
                AvailabilityWindow($0, try DaySpan(from: 540, until: 1_020))
            }, exceptions: [])
        let instant = SmallRouting.instant + Double(day * 24 + 8) * 3_600
        let candidate = SmallRouting.candidate(
            1, committedMinutes: minutes, weekShareMillionths: (day * 24 + 17) * 1_000_000 / 168,
            presence: try Presence(open, from: Presence.start(for: instant)))
        return RoutingWeek.forecastErrorMillionths(
            of: [candidate],
            [candidate.worker: RoutingForecast(meanMillionths: 1_000_000, promisedMillionths: 900_000)], at: instant,
            lastTested: 70_000)
    }

    @Test("is by the windows that have passed: who gives what was planned is never off, whatever the calendar says")
    func windows() throws {
        for day in 0..<5 {
            #expect(try error(onDay: day, minutes: 120 * (day + 1)) == 0, "day \(day)")
            #expect(try error(onDay: day, minutes: 60 * (day + 1)) == 500_000, "day \(day)")
        }
        // Nothing is due on Saturday that was not on Friday.
        #expect(try error(onDay: 5, minutes: 600) == 0)
    }

    @Test("is the last tested week's until then, and where nothing was forecast")
    func beforeIt() {
        #expect(error([(100_000, 600), (90_000, 600)]) == 70_000)
        #expect(error([(110_000, 600)]) == 1_000_000)
        #expect(error([(500_000, 0)], forecast: false) == 70_000)
        #expect(error([]) == 70_000)
    }
}
