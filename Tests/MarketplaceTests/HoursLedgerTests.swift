import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("The ledger of hours", .scratchDatabase)
struct HoursLedgerTests {
    private func kinds(_ small: SmallMarket, _ work: Assignment) async throws -> [HoursEntryKind] {
        try await ShowHours(market: small.market)(of: work.worker, by: Principal.ID(work.worker.uuid)).entries
            .filter { $0.assignment == work.id }.map(\.kind)
    }

    private func committed(_ small: SmallMarket, _ worker: Worker.ID) async throws -> [Int] {
        let week = try await ShowHours(market: small.market)(of: worker, by: small.manager)
        return [week.committedMinutes, week.committedByDay.values.reduce(0, +), week.workedMinutes]
    }

    @Test("a lease reserves its minutes, a verdict makes them worked, whatever it says")
    func worked() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let batch = try await small.batch(small.draft("b"), tasks: 2)
        let (good, bad) = (try await small.claim(worker, batch), try await small.claim(worker, batch))
        #expect(try await committed(small, worker) == [60, 60, 0])
        for work in [good, bad] { try await small.submit(work) }
        #expect(try await kinds(small, good) == [.reserved])
        try await small.review(good)
        try await small.review(bad, .rejected)
        #expect(try await kinds(small, good) == [.reserved, .worked])
        #expect(try await kinds(small, bad) == [.reserved, .worked])
        #expect(try await committed(small, worker) == [60, 60, 60])
        #expect(try await small.ills() == [])
    }

    @Test("a lease that is returned or runs out releases its minutes, on the day and in the week of the lease")
    func released() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let batch = try await small.batch(small.draft("b"), tasks: 2)
        let (one, two) = (try await small.claim(worker, batch), try await small.claim(worker, batch))
        try await ReturnTask(market: small.market)(
            one.id, token: one.leaseToken, .noTime, by: Principal.ID(worker.uuid))
        #expect(try await committed(small, worker) == [30, 30, 0])
        #expect(try await kinds(small, one) == [.reserved, .released])
        Scratch.clock.advance(by: 4_000)
        #expect(try await ExpireLeases(market: small.market)(by: small.manager) == 1)
        #expect(try await kinds(small, two) == [.reserved, .released])
        #expect(try await committed(small, worker) == [0, 0, 0])
        #expect(try await small.ills() == [])
    }

    @Test("the day's cap refuses more that day and leaves the week as it was; the next day is another")
    func dayCap() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let set = SetAvailability(market: small.market)
        try await set(AvailabilitySettings(dailyMinutesMax: 60), of: worker, by: Principal.ID(worker.uuid))
        let batch = try await small.batch(small.draft("b"), tasks: 4)
        for _ in 0..<2 { try await small.earn(worker, batch) }
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) } == .dayCap)
        #expect(try await committed(small, worker) == [60, 60, 60])
        // It is Monday 04:00 where the worker lives.
        Scratch.clock.advance(by: 20 * 3_600)
        try await small.earn(worker, batch)
        #expect(try await committed(small, worker) == [90, 90, 90])
        #expect(try await small.ills() == [])
    }

    @Test("of the worker's caps, the platform's and the country's the least counts, from the instant it is in force")
    func policies() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w", weeklyMinutes: 600)
        let set = SetHoursPolicy(market: small.market)
        func limits() async throws -> [Int] {
            let found = try await small.market.database.read { try await $0.workLimits(of: worker) }
            return [try #require(found).weeklyMinutesMax, try #require(found).dailyMinutesMax]
        }
        #expect(try await limits() == [600, 10_080])
        _ = try await set(
            HoursPolicy(country: nil, dailyMinutesMax: 480, weeklyMinutesMax: 2_880, reason: "Terms of use"),
            by: small.manager
        )
        _ = try await set(
            HoursPolicy(country: "US", dailyMinutesMax: 600, weeklyMinutesMax: 120, reason: "Law"),
            from: Scratch.start + 3_600, by: small.manager
        )
        _ = try await set(
            HoursPolicy(country: "DE", dailyMinutesMax: 1, weeklyMinutesMax: 1, reason: "Law"), by: small.manager
        )
        #expect(try await limits() == [600, 480])
        Scratch.clock.advance(by: 3_600)
        #expect(try await limits() == [120, 480])
        let batch = try await small.batch(small.draft("b"), tasks: 5)
        for _ in 0..<4 { try await small.earn(worker, batch) }
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) } == .hoursCap)
        Scratch.clock.advance(by: 1)
        _ = try await set(
            HoursPolicy(country: "US", dailyMinutesMax: 90, weeklyMinutesMax: 600, reason: "Law"), by: small.manager
        )
        #expect(try await limits() == [600, 90])
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) } == .dayCap)
        #expect(try await small.ills() == [])
    }

    @Test("a policy is set by an operator, not backwards, and not before one that is to come")
    func policyRefusals() async throws {
        let small = try await SmallMarket()
        let set = SetHoursPolicy(market: small.market)
        let policy = try HoursPolicy(country: "DE", dailyMinutesMax: 600, weeklyMinutesMax: 2_880, reason: "Law")
        _ = try await set(policy, from: Scratch.start + 60, by: small.manager)
        let cases: [(Date?, Principal.ID, String)] = [
            (Scratch.start - 1, small.reviewer, "role_missing"),
            (Scratch.start - 1, small.manager, "policy_in_the_past"), (nil, small.manager, "later_policy"),
            (Scratch.start + 60, small.manager, "later_policy"), (Scratch.start + 61, small.manager, "none"),
        ]
        for (start, actor, code) in cases {
            #expect(await Crew.refusal { try await set(policy, from: start, by: actor) } == code)
        }
        let bad = [("XX", 1, 1, "a"), ("DE", -1, 1, "a"), ("DE", 1, 10_081, "a"), ("DE", 1, 1, "")]
        for (country, daily, weekly, reason) in bad {
            #expect(throws: BadInput.self) {
                try HoursPolicy(country: country, dailyMinutesMax: daily, weeklyMinutesMax: weekly, reason: reason)
            }
        }
    }

    @Test("a policy is ended, one to come is taken off, and both are listed a page at a time")
    func endingPolicies() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let (set, end) = (SetHoursPolicy(market: small.market), EndHoursPolicy(market: small.market))
        let list = ListHoursPolicies(market: small.market)
        func policy(_ daily: Int) throws -> HoursPolicy {
            try HoursPolicy(country: "US", dailyMinutesMax: daily, weeklyMinutesMax: 2_880, reason: "Law")
        }
        func cap() async throws -> Int? {
            try await small.market.database.read { try await $0.workLimits(of: worker)?.dailyMinutesMax }
        }
        let first = try await set(policy(60), by: small.manager)
        Scratch.clock.advance(by: 1)
        let next = try await set(policy(30), from: Scratch.start + 100, by: small.manager)
        #expect(try await list(by: small.manager).map(\.id) == [next, first])
        #expect(try await list(before: next, limit: 1, by: small.manager).map(\.policy.dailyMinutesMax) == [60])
        let cases: [(HoursPolicy.ID, Date?, Principal.ID, String)] = [
            (first, Scratch.start - 1, small.reviewer, "role_missing"),
            (small.market.identifiers.make(at: Scratch.start), nil, small.manager, "not_found"),
            (first, Scratch.start - 1, small.manager, "policy_in_the_past"),
            (first, Scratch.start + 100, small.manager, "policy_ends_earlier"),
        ]
        for (id, instant, actor, code) in cases {
            #expect(await Crew.refusal { try await end(id, at: instant, by: actor) } == code)
        }
        try await end(next, by: small.manager)
        #expect(try await list(past: true, by: small.manager).map(\.id) == [first])
        try await end(first, at: Scratch.start + 10, by: small.manager)
        #expect(try await cap() == 60)
        Scratch.clock.advance(by: 10)
        #expect(try await cap() == 10_080)
        #expect(try await list(by: small.manager) == [])
        #expect(try await list(past: true, by: small.manager).map(\.inForce.upper) == [Scratch.start + 10])
        await #expect(throws: AccessRefusal.self) { try await list(by: small.reviewer) }
    }

    @Test("a worker who wants fewer tasks at once gets no more")
    func tasksAtOnce() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        try await SetAvailability(market: small.market)(
            AvailabilitySettings(tasksAtOnceMax: 2), of: worker, by: Principal.ID(worker.uuid)
        )
        let batch = try await small.batch(small.draft("b"), tasks: 4)
        for _ in 0..<2 { _ = try await small.claim(worker, batch) }
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) } == .mostAtOnce(2))
    }

    @Test("claims at once never pass a day's cap, and the ledger has one line for each that won")
    func concurrent() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        try await SetAvailability(market: small.market)(
            AvailabilitySettings(dailyMinutesMax: 100), of: worker, by: small.manager
        )
        let batch = try await small.batch(small.draft("b"), tasks: 12)
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
        #expect(codes.count { $0 == "hours_cap_day" } == 9)
        #expect(try await committed(small, worker) == [90, 90, 0])
        #expect(try await small.count("select count(*) as n from hours_entry") == 3)
        #expect(try await small.ills() == [])
    }

    @Test("hours are shown to the worker and to operators, a page at a time")
    func shown() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let batch = try await small.batch(small.draft("b"), tasks: 3)
        try await small.earn(worker, batch, tasks: 2)
        let show = ShowHours(market: small.market)
        let first = try await show(of: worker, limit: 3, by: Principal.ID(worker.uuid))
        #expect(first.entries.map(\.kind) == [.reserved, .worked, .reserved])
        let rest = try await show(of: worker, after: first.entries.last?.place, by: small.manager)
        #expect(rest.entries.map(\.kind) == [.worked])
        #expect(first.freeMinutes == 2_400 - 60)
        #expect(first.weekStartsOn == .day("2026-03-02"))
        #expect(try await show(of: worker, weekOf: .day("2026-03-10"), by: small.manager).entries.isEmpty)
        let other = try await small.worker("other")
        #expect(await Crew.refusal { try await show(of: worker, by: Principal.ID(other.uuid)) } == "role_missing")
    }
}
