import Formats
import Foundation
import Marketplace
import Matching
import Store
import TestSupport
import Testing

@testable import Scheduler

/// What a week is planned with is a share of the windows, not of the cap.
@Suite("A worker's week as routing sees it")
struct RoutingWeekTests {
    /// Ten hours of windows under a cap of forty, of which eight are expected.
    private let forecast = RoutingForecast(
        meanMillionths: 800_000, promisedMillionths: 600_000, declaredMinutes: 600)

    private func candidate(
        used: Int = 0, cap: Int = 2_400, offered: Int = 0, weekShare: Int = 0, presence: Presence? = nil
    ) -> RoutingCandidate {
        RoutingCandidate(
            SmallRouting.worker(1), facts: nil, minutesOffered: offered, weeklyMinutes: cap, committedMinutes: used,
            weekShareMillionths: weekShare, minutesLeft: cap - used, liveLeases: 0, openOffers: 0, window: nil,
            presence: presence)
    }

    private func week(_ candidate: RoutingCandidate, _ forecast: RoutingForecast?) -> RoutingWeek {
        RoutingWeek(candidate, forecast, at: SmallRouting.instant)
    }

    @Test("is planned with what is expected of the windows, far below the cap, and with no more than the cap")
    func planned() {
        #expect(week(candidate(), forecast).planned == 32)
        #expect(week(candidate(cap: 300), forecast).planned == 20)
        #expect(week(candidate(cap: 300), forecast).remaining <= 20)
        #expect(week(candidate(), RoutingForecast(meanMillionths: 800_000)).planned == 128)
    }

    @Test("keeps its price where all that was planned is used at its end, and leaves no rival who has given all")
    func used() {
        let over = week(candidate(used: 480, weekShare: 990_000), forecast)
        let pacing = over.pacing(forecastErrorMillionths: 0)
        #expect(pacing.usedUnits == 32 && pacing.plannedUnits == 32)
        #expect(exp(Double(pacing.usedUnits) / Double(pacing.plannedUnits) - 0.99) > 0.99)
        #expect(over.remaining <= 8)
        #expect(week(candidate(used: 600), forecast).remaining == 0)
    }

    @Test("owes hours by what was declared, and by the windows while nothing is forecast")
    func declared() throws {
        let given = candidate(offered: 2_400)
        let fairness = given.fairness(in: week(given, forecast))
        #expect(fairness.declaredUnits == 160 && fairness.offeredUnits == 160)
        #expect(fairness.deficitMillionths(cellRateMillionths: 1_000_000) == 0)
        let windows = [AvailabilityWindow(.friday, try DaySpan("09:00-19:00"))]
        let presence = try Presence(
            Availability(timeZone: "UTC", windows: windows, exceptions: []),
            from: Presence.start(for: SmallRouting.instant))
        #expect(week(candidate(presence: presence), nil).declared == 40)
        #expect(week(candidate(presence: presence), nil).planned == 40)
        #expect(week(candidate(presence: .always), nil).planned == 160)
    }
}

@Suite("A worker's forecast as routing reads it", .scratchDatabase)
struct RoutingForecastReadingTests {
    @Test("carries the time that was declared, by windows and cap")
    func declared() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w", weeklyMinutes: 2_400)
        try await SetAvailability(market: staffed.market)(
            try AvailabilitySettings(windows: [AvailabilityWindow(.monday, try DaySpan(from: 540, until: 1_140))]),
            of: worker, by: staffed.manager)
        _ = try await HoursForecastRound(market: staffed.market, by: staffed.system).runOnce()
        let known = try await staffed.market.database.read { try await $0.routingForecasts(of: [worker]) }
        #expect(known[worker]?.declaredMinutes == 600)
        #expect(try await staffed.ills() == [])
    }

    @Test("has the days that are over as they were declared: time away has not passed, for ladder and forecast too")
    func away() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w", timeZone: "Europe/London")
        try await SetAvailability(market: staffed.market)(
            try AvailabilitySettings(
                windows: [Weekday.monday, .tuesday, .wednesday, .thursday, .friday].map {
                    AvailabilityWindow($0, try DaySpan(from: 540, until: 1_020))
                }), of: worker, by: staffed.manager)
        for text in ["2026-03-02", "2026-03-03"] {
            let day = try #require(CalendarDate(iso: text))
            try await ExceptAvailability(market: staffed.market)(
                AvailabilityException(day, .away, .wholeDay), of: worker, by: staffed.manager)
        }
        let thursday = Scratch.start + 3 * 86_400
        _ = try await staffed.batch("b", dueAt: thursday + 5 * 3_600)
        Scratch.clock.set(to: thursday)
        while try await SweepEligibility(market: staffed.market)() > 0 {}
        _ = try await HoursForecastRound(market: staffed.market, by: staffed.system).runOnce()
        let (market, supply) = try await staffed.market.database.read { transaction in
            let (market, _) = try await RoutingReading(limits: RoutingRound.Limits())(
                .lawyer, after: RoutingCursor(), in: transaction)
            let batch = try await transaction.endangeredBatches(until: thursday + 86_400, after: nil, limit: 1).first
            return (market, try await EscalationReading(workersMax: 10)(try #require(batch), in: transaction))
        }
        let candidate = try #require(market.candidates.first)
        let week = RoutingWeek(candidate, market.known.forecasts[worker], at: thursday)
        // Wednesday of Wednesday, Thursday and Friday.
        #expect(week.windowsPast == 32 && week.windowsLeft == 64 && week.declared == 96)
        #expect(supply?.hands.map(\.presence) == [candidate.presence])
    }
}
