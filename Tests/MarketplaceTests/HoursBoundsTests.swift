import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Windows of weeks and rest", .scratchDatabase)
struct HoursBoundsTests {
    /// Caps nothing by the day and the week.
    private func policy(
        country: String? = nil, region: String? = nil, window: HoursWindow? = nil, rest: Int? = nil
    ) throws -> HoursPolicy {
        try HoursPolicy(
            country: country, region: region, dailyMinutesMax: 1_440, weeklyMinutesMax: 10_080, window: window,
            restMinutes: rest, reason: "Law")
    }

    private func worker(_ small: SmallMarket, place: String? = nil) async throws -> Worker.ID {
        let id = try await RegisterWorker(market: small.market)(
            Registration(
                externalKey: "w", name: "W", email: "w@example.org", country: "US", timeZone: "America/New_York",
                weeklyMinutesMax: 10_080, languages: ["en"], place: place),
            by: small.manager)
        try await ActivateWorker(market: small.market)(id, by: small.manager)
        try await SetAvailability(market: small.market)(
            AvailabilitySettings(tasksAtOnceMax: 100), of: id, by: small.manager)
        return id
    }

    private func batch(
        _ small: SmallMarket, door: BatchDoor = .claim, tasks: Int, minutes: Int
    ) async throws -> Batch.ID {
        try await small.batch(
            small.draft("b\(minutes)", door: door, requirement: .all([]), minutes: minutes), tasks: tasks)
    }

    private func refused(_ small: SmallMarket, _ worker: Worker.ID, _ batch: Batch.ID) async -> ClaimRefusal? {
        await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) }
    }

    @Test("a stretch begins with the first work behind a pause, and ends 24 hours less the rest later")
    func stretches() {
        let start = Scratch.start
        func bounds(_ work: [(hours: Double, minutes: Int)]) -> HoursBounds {
            HoursBounds(
                windows: [], weekMinutes: [:], restMinutes: 660,
                reserved: work.map { (at: start + $0.hours * 3_600, minutes: $0.minutes) })
        }
        func left(_ work: [(hours: Double, minutes: Int)], at hours: Double) -> Int {
            bounds(work).minutesLeft(at: start + hours * 3_600)
        }
        #expect(left([], at: 0) == 780)
        #expect(left([(0, 60)], at: 0) == 720)
        // Each work follows the one before it; what is past by the clock is past.
        #expect(left([(0, 60), (0, 60)], at: 1) == 660)
        #expect(left([(0, 60), (11, 60)], at: 12.5) == 30)
        #expect(left([(0, 60)], at: 11.999) == 60)
        // A pause of eleven hours begins another one.
        #expect(left([(0, 60)], at: 12) == 780)
        #expect(left([(0, 780)], at: 23.999) == 0)
        #expect(left([(0, 780)], at: 24) == 780)
        #expect(left([(0, 60), (11.9, 60)], at: 12.9) == 6)
        #expect(left([(0, 60), (12, 60)], at: 13) == 720)
        let zone = "America/New_York"
        #expect(bounds([(0, 780)]).bar(30, at: start + 60, timeZone: zone) == .rest(ends: start + 86_400))
        #expect(bounds([]).bar(781, at: start, timeZone: zone) == .rest(ends: nil))
        #expect(bounds([]).bar(780, at: start, timeZone: zone) == nil)
    }

    @Test("a window counts the week that runs and those before it, and opens as they fall out of it")
    func windows() throws {
        func bounds(_ weeks: [Int: Int]) throws -> HoursBounds {
            try HoursBounds(
                windows: [HoursWindow(weeks: 3, averageMinutes: 100), HoursWindow(weeks: 2, averageMinutes: 120)],
                weekMinutes: weeks, restMinutes: nil, reserved: [])
        }
        let (start, zone) = (Scratch.start, "America/New_York")
        #expect(try bounds([:]).minutesLeft(at: start) == 240)
        #expect(try bounds([0: 50, 2: 200]).minutesLeft(at: start) == 50)
        #expect(try bounds([0: 50, 3: 9_000]).minutesLeft(at: start) == 190)
        #expect(try bounds([0: 50, 2: 200]).tightestWindow?.weeks == 3)
        // Mondays begin at 05:00 in winter time, at 04:00 from March 8 on.
        let monday = start + 6 * 86_400 + 19 * 3_600
        #expect(try bounds([0: 50, 2: 200]).bar(60, at: start, timeZone: zone) == .window(opens: monday))
        #expect(try bounds([0: 200]).bar(60, at: start, timeZone: zone) == .window(opens: monday + 7 * 86_400))
        #expect(try bounds([:]).bar(241, at: start, timeZone: zone) == .window(opens: nil))
        #expect(try bounds([:]).bar(240, at: start, timeZone: zone) == nil)
    }

    @Test("work is not reserved into the rest; released work does not count, and after the rest a day begins anew")
    func rest() async throws {
        let small = try await SmallMarket()
        let worker = try await worker(small)
        _ = try await SetHoursPolicy(market: small.market)(policy(rest: 660), by: small.manager)
        let batch = try await batch(small, tasks: 20, minutes: 60)
        try await small.earn(worker, batch, tasks: 12)
        let last = try await small.claim(worker, batch)
        let ends = Scratch.start + 86_400
        #expect(await refused(small, worker, batch) == .restDue(ends: ends))
        let prospect = try await WhyNotEligible(market: small.market)(
            worker, from: (small.requester, batch), by: small.manager)
        #expect(prospect == .refused(.restDue(ends: ends)))
        let outlook = try #require(
            try await WhyNoWork(market: small.market)(for: worker, by: small.manager).page.first)
        #expect(outlook.unlock?.kind == .hours && outlook.unlock?.at == ends)
        try await ReturnTask(market: small.market)(
            last.id, token: last.leaseToken, .noTime, by: Principal.ID(worker.uuid))
        try await small.earn(worker, batch)
        Scratch.clock.advance(by: 86_399)
        #expect(await refused(small, worker, batch) == .restDue(ends: ends))
        Scratch.clock.advance(by: 1)
        try await small.earn(worker, batch)
        let noted = try await small.count(
            "select count(*) as n from hours_entry where rest_minutes = 660 and kind = 'reserved'")
        #expect(noted == 15)
        #expect(try await small.ills() == [])
    }

    @Test("no more is reserved than a window allows on average, whatever the week has left")
    func average() async throws {
        let small = try await SmallMarket()
        let worker = try await worker(small)
        _ = try await SetHoursPolicy(market: small.market)(
            policy(country: "US", window: HoursWindow(weeks: 2, averageMinutes: 60)), by: small.manager)
        let (short, long) = (
            try await batch(small, tasks: 9, minutes: 60), try await batch(small, tasks: 1, minutes: 121)
        )
        #expect(await refused(small, worker, long) == .windowCap(opens: nil))
        try await small.earn(worker, short)
        Scratch.clock.advance(by: 7 * 86_400)
        try await small.earn(worker, short)
        // Monday, March 16, in New York.
        let opens = Scratch.start + 14 * 86_400 - 5 * 3_600
        #expect(await refused(small, worker, short) == .windowCap(opens: opens))
        Scratch.clock.set(to: opens)
        try await small.earn(worker, short)
        #expect(await refused(small, worker, short) == .windowCap(opens: opens + 7 * 86_400))
        #expect(
            try await small.count(
                "select count(*) as n from hours_entry where (window_weeks, window_minutes_max) = (2, 120)") == 3)
        #expect(try await small.ills() == [])
    }

    @Test("several at once take as much as there is room for, and an offer that was made is refused when accepted")
    func doors() async throws {
        let small = try await SmallMarket()
        let worker = try await worker(small)
        let actor = Principal.ID(worker.uuid)
        _ = try await SetHoursPolicy(market: small.market)(policy(rest: 1_340), by: small.manager)
        let (claimed, offered) = (
            try await batch(small, tasks: 9, minutes: 40), try await batch(small, door: .offer, tasks: 1, minutes: 30)
        )
        let offer = try await MakeOffer(market: small.market)(
            of: offered, from: small.requester, to: worker, reason: [:], answerBy: Scratch.clock.now() + 600,
            by: small.manager)
        let taken = try await ClaimTask(market: small.market).several(5, from: (small.requester, claimed), by: actor)
        #expect(taken.count == 2)
        let refused = await refusal(ClaimRefusal.self) { try await AcceptOffer(market: small.market)(offer, by: actor) }
        #expect(refused == .restDue(ends: Scratch.start + 80 * 60 + 1_340 * 60))
        #expect(try await small.ills() == [])
    }

    @Test("claims at once never pass a window or a stretch", arguments: [(nil, 1_350), (45, nil)] as [(Int?, Int?)])
    func concurrent(average: Int?, rest: Int?) async throws {
        let small = try await SmallMarket()
        let worker = try await worker(small)
        let window = try HoursWindow.ifGiven(weeks: average == nil ? nil : 2, averageMinutes: average)
        _ = try await SetHoursPolicy(market: small.market)(policy(window: window, rest: rest), by: small.manager)
        let batch = try await batch(small, tasks: 12, minutes: 30)
        let barrier = Barrier(count: 12)
        let codes = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    await barrier.arrive()
                    return await Crew.refusal { try await small.claim(worker, batch) }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count { $0 == "none" } == 3)
        #expect(codes.count { $0 == (rest == nil ? "hours_cap_window" : "hours_rest") } == 9)
        #expect(try await small.ills() == [])
    }

    @Test(
        "a region's policy holds for who works there, beside the country's",
        arguments: ["US-NY", "US-CA", nil] as [String?])
    func regions(place: String?) async throws {
        let small = try await SmallMarket()
        let worker = try await worker(small, place: place)
        let set = SetHoursPolicy(market: small.market)
        let law = try HoursPolicy(
            country: nil, region: "US-NY", dailyMinutesMax: 90, weeklyMinutesMax: 900, restMinutes: 600, reason: "Law")
        #expect(law.country == "US")
        _ = try await set(law, by: small.manager)
        let federal = try policy(country: "US", rest: 480)
        _ = try await set(federal, by: small.manager)
        let limits = try #require(try await small.market.database.read { try await $0.workLimits(of: worker) })
        let isThere = place == "US-NY"
        #expect(limits.dailyMinutesMax == (isThere ? 90 : 1_440))
        #expect(limits.bounds?.restMinutes == (isThere ? 600 : 480))
        let listed = try await ListHoursPolicies(market: small.market)(by: small.manager)
        #expect(Set(listed.map(\.policy)) == [law, federal])
        // Another one of the region takes the place of the region's alone.
        Scratch.clock.advance(by: 1)
        _ = try await set(policy(region: "US-NY"), by: small.manager)
        #expect(try await ListHoursPolicies(market: small.market)(by: small.manager).count == 2)
    }

    @Test("half a window, a rest of a day and a region of another country are no policies")
    func faults() {
        let bad: [(String?, String?, Int?, Int?, Int?)] = [
            ("US", "US", nil, nil, nil), ("DE", "US-NY", nil, nil, nil), (nil, "XX-1", nil, nil, nil),
            (nil, "US-ny", nil, nil, nil), (nil, nil, 17, nil, nil), (nil, nil, nil, 2_880, nil),
            (nil, nil, 1, 60, nil), (nil, nil, 54, 60, nil),
            (nil, nil, 17, 10_081, nil), (nil, nil, nil, nil, 0), (nil, nil, nil, nil, 1_440),
        ]
        for (country, region, weeks, average, rest) in bad {
            #expect(throws: BadInput.self) {
                try policy(
                    country: country, region: region,
                    window: HoursWindow.ifGiven(weeks: weeks, averageMinutes: average), rest: rest)
            }
        }
    }
}
