import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Dates of payouts")
struct PayoutDatesTests {
    private func at(_ text: String) throws -> Date { try Date(text, strategy: .iso8601) }

    @Test(
        "are those of the wall clock, also where it jumps",
        arguments: [
            // Before and after Berlin puts its clocks forward on 2026-03-29 and back on 2026-10-25.
            (
                "2026-03-20T17:00:00Z", ["2026-03-27T17:00:00Z", "2026-04-03T16:00:00Z"], "fri", 18 * 60,
                "Europe/Berlin"
            ),
            // 02:30 is left out on 2026-03-29: the instant of the change.
            ("2026-03-23T00:00:00Z", ["2026-03-29T01:00:00Z", "2026-04-05T00:30:00Z"], "sun", 150, "Europe/Berlin"),
            // 02:30 comes twice on 2026-10-25: the first.
            ("2026-10-19T00:00:00Z", ["2026-10-25T00:30:00Z", "2026-11-01T01:30:00Z"], "sun", 150, "Europe/Berlin"),
            // Half an hour of summer time: 01:45 comes twice on 2026-04-05, which is still the 4th in UTC.
            (
                "2026-04-01T00:00:00Z", ["2026-04-04T14:45:00Z", "2026-04-11T15:15:00Z"], "sun", 105,
                "Australia/Lord_Howe"
            ),
        ] as [(String, [String], String, Int, String)])
    func weekly(_ case: (String, [String], String, Int, String)) throws {
        let (after, dates, day, minute, zone) = `case`
        let weekday = try #require(Weekday.allCases.first { $0.shortName == day })
        let schedule = try PayoutDates.weekly(on: weekday, minute: minute, in: zone)
        #expect(try schedule.next(2, after: at(after)) == dates.map(at))
    }

    @Test("are days of a month, the last one for those it has not")
    func monthly() throws {
        let twice = try PayoutDates.monthly(on: [15, 1], minute: 540, in: "Asia/Shanghai")
        #expect(
            try twice.next(3, after: at("2026-01-01T01:00:00Z"))
                == ["2026-01-15T01:00:00Z", "2026-02-01T01:00:00Z", "2026-02-15T01:00:00Z"].map(at))
        let late = try PayoutDates.monthly(on: [30, 31], minute: 0, in: "UTC")
        #expect(
            try late.next(5, after: at("2028-01-29T00:00:00Z"))
                == ["2028-01-30", "2028-01-31", "2028-02-29", "2028-03-30", "2028-03-31"].map {
                    try at($0 + "T00:00:00Z")
                })
        #expect(try PayoutDates.onDemand.next(after: at("2026-01-01T00:00:00Z")) == nil)
    }

    @Test("leave out no week, whatever the zone: the next of a date is its successor's day and minute")
    func noneLeftOut() throws {
        let dice = Dice()
        for zone in ["Pacific/Apia", "America/Sao_Paulo", "Europe/London", "Asia/Tehran", "Africa/Casablanca"] {
            let dates = try PayoutDates.weekly(on: dice.pick(Weekday.allCases), minute: dice.roll(0...1_439), in: zone)
            // Apia left 2011-12-30 out.
            var last = try #require(try dates.next(after: at("2011-06-01T00:00:00Z")))
            for _ in 0..<200 {
                let next = try #require(try dates.next(after: last))
                #expect(abs(next.timeIntervalSince(last) - 7 * 86_400) <= 24 * 3_600, "seed \(dice.seed) \(zone)")
                last = next
            }
        }
    }

    @Test("refuse what is no date")
    func refused() {
        #expect(throws: BadInput.self) { try PayoutDates.weekly(on: .friday, minute: 1_440, in: "UTC") }
        #expect(throws: BadInput.self) { try PayoutDates.weekly(on: .friday, minute: 0, in: "Berlin/Europe") }
        #expect(throws: BadInput.self) { try PayoutDates.weekly(on: .friday, minute: 0, in: "GMT+5") }
        #expect(throws: BadInput.self) { try PayoutDates.monthly(on: [], minute: 0, in: "UTC") }
        #expect(throws: BadInput.self) { try PayoutDates.monthly(on: [0], minute: 0, in: "UTC") }
        #expect(throws: BadInput.self) { try PayoutDates.monthly(on: [1, 2, 3, 4, 5], minute: 0, in: "UTC") }
    }
}

@Suite("Payout schedules", .scratchDatabase)
struct PayoutScheduleTests {
    @discardableResult
    private func open(_ desk: PayoutDesk) async throws -> Int {
        try await OpenDuePayouts(market: desk.small.market)(by: desk.small.manager)
    }

    private func due(_ desk: PayoutDesk, _ state: PayoutDueState? = .open) async throws -> [PayoutDue] {
        try await PrepareDuePayout(market: desk.small.market, keys: desk.keys).list(state, by: desk.small.maker)
    }

    @Test("open one payout for a date, which a person prepares; a program prepares nothing")
    func once() async throws {
        let desk = try await PayoutDesk(workers: 1)
        let (market, maker) = (desk.small.market, desk.small.maker)
        let schedule = SchedulePayouts(market: market)
        let dates = try PayoutDates.weekly(on: .friday, minute: 1_080, in: "Europe/Berlin")
        await #expect(throws: AccessRefusal.self) { try await schedule(dates, from: "main", by: maker) }
        await #expect(throws: NotFound.self) { try await schedule(dates, from: "none", by: desk.small.checker) }
        let set = try await schedule(dates, minimumMinor: 10, from: "main", by: desk.small.checker)
        #expect(try await schedule.all(by: maker) == [set])
        let date = try #require(set.nextAt)
        #expect(try await open(desk) == 0)
        Scratch.clock.advance(by: date.timeIntervalSince(Scratch.clock.now()))
        #expect(try await open(desk) == 1)
        #expect(try await open(desk) == 0)
        let due = try #require(try await due(desk).first)
        #expect(due.dueAt == date && due.missed == 0 && due.minimumMinor == 10 && due.payOn.weekday == .friday)
        #expect(try await desk.small.count("select count(*) as n from payout_batch") == 0)
        #expect(try await desk.small.count("select count(*) as n from notice where kind = 'payout_due'") == 1)
        let prepare = PrepareDuePayout(market: market, keys: desk.keys)
        await #expect(throws: AccessRefusal.self) { try await prepare(due.id, by: desk.small.checker) }
        let robot = try await CreatePrincipal(market: market)(
            .key, named: "Robot", roles: [.financeMaker], by: desk.small.manager)
        #expect(await refusal(PayoutRefusal.self) { try await prepare(due.id, by: robot) } == .personNeeded)
        #expect(
            await refusal(PayoutRefusal.self) { try await prepare.skip(due.id, reason: "No.", by: robot) }
                == .personNeeded)
        let run = try await prepare(due.id, by: maker)
        #expect(
            run.batch.total.minorUnits == 2_000
                && run.batch.run?.payer.json["execution_on"]?.stringValue == "\(due.payOn)")
        #expect(await refusal(PayoutDueRefusal.self) { try await prepare(due.id, by: maker) } == .closed)
        #expect(
            await refusal(PayoutDueRefusal.self) { try await prepare.skip(due.id, reason: "No.", by: maker) } == .closed
        )
        #expect(try await self.due(desk, .prepared).map(\.batch) == [run.batch.id])
        #expect(try await desk.small.ills() == [])
    }

    @Test("open one payout after a downtime, and count what went by; a weekend's is paid on Monday")
    func missed() async throws {
        let desk = try await PayoutDesk(workers: 1)
        let dates = try PayoutDates.weekly(on: .saturday, minute: 0, in: "UTC")
        try await SchedulePayouts(market: desk.small.market)(dates, from: "main", by: desk.small.checker)
        Scratch.clock.advance(by: 30 * 86_400)
        #expect(try await open(desk) == 1)
        let first = try #require(try await due(desk).first)
        #expect(first.missed == 4 && first.payOn.weekday == .monday)
        // Nobody has prepared it by the next two dates: it is still one.
        Scratch.clock.advance(by: 14 * 86_400)
        try await open(desk)
        let second = try await due(desk)
        #expect(second.map(\.id) == [first.id] && second.first?.missed == 6)
        #expect(try await desk.small.count("select count(*) as n from notice where kind = 'payout_due'") == 1)
        let prepare = PrepareDuePayout(market: desk.small.market, keys: desk.keys)
        await #expect(throws: BadInput.self) { try await prepare.skip(first.id, reason: "", by: desk.small.maker) }
        try await prepare.skip(first.id, reason: "Nothing to pay.", by: desk.small.maker)
        Scratch.clock.advance(by: 7 * 86_400)
        try await open(desk)
        let third = try #require(try await due(desk).first)
        #expect(third.id != first.id && third.missed == 0)
        // Its day has passed when somebody comes to it.
        Scratch.clock.advance(by: 4 * 86_400)
        let run = try await prepare(third.id, by: desk.small.maker)
        let day = run.batch.run?.payer.json["execution_on"]?.stringValue ?? ""
        #expect(day > "\(third.payOn)")
        #expect(try await desk.small.ills() == [])
    }

    @Test("open one payout when several schedulers look at once; one that is on demand, none")
    func race() async throws {
        let desk = try await PayoutDesk(workers: 1)
        let schedule = SchedulePayouts(market: desk.small.market)
        try await schedule(
            try .monthly(on: [1, 15], minute: 0, in: "UTC"), from: "main", by: desk.small.checker)
        Scratch.clock.advance(by: 40 * 86_400)
        try await withThrowingTaskGroup { group in
            for _ in 0..<6 {
                group.addTask { _ = try await OpenDuePayouts(market: desk.small.market)(by: desk.small.manager) }
            }
            try await group.waitForAll()
        }
        let due = try await due(desk)
        #expect(due.count == 1)
        try await PrepareDuePayout(market: desk.small.market, keys: desk.keys).skip(
            due[0].id, reason: "No.", by: desk.small.maker)
        try await schedule(.onDemand, from: "main", by: desk.small.checker)
        Scratch.clock.advance(by: 40 * 86_400)
        #expect(try await open(desk) == 0)
        #expect(try await desk.small.ills() == [])
    }
}
