import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@testable import Scheduler

/// Offers go to those who are there: by the wall clock where they live, on the days on which clocks change, too.
@Suite("Routing by windows", .scratchDatabase)
struct RoutingWindowTests {
    /// A market with one expert who is there on Sundays in one window.
    private func sundays(
        _ span: String, in zone: String, notice: Int = 0, exceptions: [AvailabilityException] = []
    ) async throws -> (staffed: StaffedMarket, worker: Worker.ID) {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w", timeZone: zone)
        let me = Principal.ID(worker.uuid)
        try await SetAvailability(market: staffed.market)(
            AvailabilitySettings(windows: [AvailabilityWindow(.sunday, DaySpan(span))], offerNoticeMinutes: notice),
            of: worker, by: me
        )
        for exception in exceptions {
            try await ExceptAvailability(market: staffed.market)(exception, of: worker, by: me)
        }
        return (staffed, worker)
    }

    private func at(_ text: String) throws { Scratch.clock.set(to: try Date(text, strategy: .iso8601)) }

    private func offered(_ staffed: StaffedMarket, at text: String) async throws -> Int {
        try at(text)
        let report = try await staffed.routing().route()
        if report.offersMade == 0 { #expect(report.plan?.workers.map(\.bar.rule) == [.away], "\(text)") }
        return report.offersMade
    }

    @Test(
        "an offer goes out when the window opens where the worker lives, not a second before, whatever the clocks do",
        arguments: [
            // 09:00 on Sundays before and of changes, in UTC.
            ("America/New_York", "2026-11-08T14:00:00Z"), ("America/New_York", "2026-03-08T13:00:00Z"),
            ("America/New_York", "2026-10-25T13:00:00Z"), ("America/New_York", "2026-11-01T14:00:00Z"),
            ("Europe/Berlin", "2026-03-22T08:00:00Z"), ("Europe/Berlin", "2026-03-29T07:00:00Z"),
            ("Europe/Berlin", "2026-10-18T07:00:00Z"), ("Europe/Berlin", "2026-10-25T08:00:00Z"),
        ])
    func opens(zone: String, opening: String) async throws {
        let (staffed, worker) = try await sundays("09:00-11:00", in: zone)
        _ = try await staffed.batch("b", minutes: 60)
        let instant = try Date(opening, strategy: .iso8601)
        #expect(try await offered(staffed, at: (instant - 1).ISO8601Format()) == 0)
        #expect(try await offered(staffed, at: opening) == 1)
        let offer = try #require(try await staffed.openOffer(of: worker))
        #expect(offer.answerBy == instant + 900)
        Scratch.clock.set(to: offer.answerBy - 1)
        _ = try await staffed.accept(offer)
        #expect(try await staffed.ills() == [])
    }

    @Test(
        "work that does not fit into what is left of the window after the answer is not offered",
        // Until 11:00 in Berlin, 10:00 in UTC: 15 minutes to answer, 60 to work.
        arguments: [("2026-03-08T08:45:00Z", 1), ("2026-03-08T08:45:01Z", 0)])
    func closes(instant: String, offers: Int) async throws {
        let (staffed, _) = try await sundays("09:00-11:00", in: "Europe/Berlin")
        _ = try await staffed.batch("b", minutes: 60)
        #expect(try await offered(staffed, at: instant) == offers)
    }

    @Test(
        "a window in the gap is no time, one in the overlap is twice its length",
        arguments: [
            ("America/New_York", "02:00-03:00", "2026-03-08T07:00:00Z", 0),
            ("Europe/Berlin", "02:00-03:00", "2026-03-29T01:00:00Z", 0),
            // Of two hours, 15 minutes are for the answer.
            ("America/New_York", "01:00-02:00", "2026-11-01T05:00:00Z", 1),
            ("Europe/Berlin", "02:00-03:00", "2026-10-25T00:00:00Z", 1),
            ("America/New_York", "01:00-02:00", "2026-11-08T06:00:00Z", 0),
        ])
    func gapAndOverlap(zone: String, span: String, instant: String, offers: Int) async throws {
        let (staffed, _) = try await sundays(span, in: zone)
        _ = try await staffed.batch("b", minutes: 50)
        #expect(try await offered(staffed, at: instant) == offers)
    }

    @Test(
        "who wants notice is offered work that long before the window, over a change of clocks, and can answer in it",
        arguments: [
            ("America/New_York", "2026-03-08T11:00:00Z", "2026-03-08T13:15:00Z"),
            ("Europe/Berlin", "2026-10-25T06:00:00Z", "2026-10-25T08:15:00Z"),
        ])
    func notice(zone: String, instant: String, answerBy: String) async throws {
        let (staffed, worker) = try await sundays("09:00-11:00", in: zone, notice: 120)
        _ = try await staffed.batch("b", minutes: 60)
        let first = try Date(instant, strategy: .iso8601)
        #expect(try await offered(staffed, at: (first - 1).ISO8601Format()) == 0)
        #expect(try await offered(staffed, at: instant) == 1)
        #expect(
            try await staffed.openOffer(of: worker)?.answerBy == Date(answerBy, strategy: .iso8601))
    }

    @Test("who is away that day gets no offer, who is free against their windows does, and the others are not kept")
    func exceptions() async throws {
        let day = try #require(CalendarDate(iso: "2026-03-08"))
        let monday = try #require(CalendarDate(iso: "2026-03-09"))
        let (staffed, worker) = try await sundays(
            "09:00-11:00", in: "Europe/Berlin",
            exceptions: [
                AvailabilityException(day, .away, .wholeDay),
                AvailabilityException(monday, .free, try DaySpan("09:00-11:00")),
            ]
        )
        _ = try await staffed.batch("b", minutes: 60)
        #expect(try await offered(staffed, at: "2026-03-08T08:00:00Z") == 0)
        let always = try await staffed.worker("always")
        _ = try await staffed.routing().route()
        #expect(try await staffed.openOffer(of: always) != nil)
        _ = try await staffed.batch("c", minutes: 60)
        try at("2026-03-09T08:00:00Z")
        _ = try await staffed.routing().route()
        #expect(try await staffed.openOffer(of: worker) != nil)
    }

    @Test("all that is offered at once, with what is at work already, fits into the window")
    func together() async throws {
        let (staffed, worker) = try await sundays("09:00-10:15", in: "Europe/Berlin")
        for number in 0..<4 { _ = try await staffed.batch("b\(number)", minutes: 30) }
        #expect(try await offered(staffed, at: "2026-03-08T08:00:00Z") == 2)
        _ = try await staffed.accept(try #require(try await staffed.openOffer(of: worker)))
        let next = try await staffed.routing().route()
        #expect(next.offersMade == 0)
        #expect(next.plan?.workers.map(\.bar.rule) == [.hours])
    }
}
