import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace
@testable import Scheduler

@Suite("Forecast hours and their prices", .scratchDatabase)
struct HourForecastTests {
    private func forecasts(_ staffed: StaffedMarket) async throws -> [[String: Int]] {
        try await staffed.market.database.read { transaction in
            try await transaction.rows(
                """
                select declared_minutes, mean_minutes, p10_minutes, coalesce(worked_minutes, -1) as worked
                  from hours_forecast order by week_starts_on, part
                """
            ).map {
                [
                    "declared": try $0["declared_minutes"], "mean": try $0["mean_minutes"],
                    "promised": try $0["p10_minutes"], "worked": try $0["worked"],
                ]
            }
        }
    }

    @Test("are made once a week from the windows that a worker declared, within the week's cap")
    func once() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w", weeklyMinutes: 600)
        try await SetAvailability(market: staffed.market)(
            try AvailabilitySettings(windows: [
                AvailabilityWindow(.monday, try DaySpan(from: 540, until: 1_020)),
                AvailabilityWindow(.saturday, try DaySpan(from: 540, until: 780)),
            ]), of: worker, by: staffed.manager)
        let round = HoursForecastRound(market: staffed.market, by: staffed.system)
        #expect(try await round.runOnce().counts[.hoursForecast] == 2)
        #expect(try await round.runOnce().counts[.hoursForecast] == 0)
        // 480 and 240 minutes, of which 600 may be worked; four fifths are thought usable.
        #expect(try await forecasts(staffed).map { $0["declared"] } == [400, 200])
        #expect(try await forecasts(staffed).map { $0["mean"] } == [300, 150])
        for row in try await forecasts(staffed) {
            #expect((row["promised"] ?? 0) < (row["mean"] ?? 0))
        }
        Scratch.clock.advance(by: 7 * 86_400)
        #expect(try await round.runOnce().counts[.hoursForecast] == 2)
        #expect(try await staffed.ills() == [])
    }

    @Test("learn from weeks that are over, are tested against the ledger, and say how far they were off")
    func learning() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w", weeklyMinutes: 600)
        let round = HoursForecastRound(market: staffed.market, by: staffed.system)
        let batch = try await staffed.batch("b", door: .claim, tasks: 40)
        for _ in 0..<4 {
            _ = try await round.runOnce()
            for _ in 0..<2 { try await staffed.earn(worker, batch) }
            Scratch.clock.advance(by: 7 * 86_400)
        }
        Scratch.clock.advance(by: 3 * 86_400)
        while try await round.runOnce().hasMore {}
        let tests = try await ListBacktests(market: staffed.market)(by: staffed.manager)
        #expect(tests.count == 4)
        #expect(tests.allSatisfy { $0.workers == 1 && $0.workedMinutes == 60 })
        let first = try #require(tests.last)
        let last = try #require(tests.first)
        #expect(first.errorBasisPoints == (first.forecastMinutes - 60) * 10_000 / first.forecastMinutes)
        // Who works an hour a week is expected to give less of what they declare than at first.
        #expect(tests.map(\.forecastMinutes).min() == tests.first?.forecastMinutes)
        #expect(last.forecastMinutes < first.forecastMinutes)
        let error = try await staffed.market.database.read { try await $0.hoursForecastErrorMillionths() }
        #expect(Int64(error) == last.errorBasisPoints * 100)
        #expect(try await staffed.ills() == [])
    }

    @Test("do not fall towards demand: who works all of the little that they are offered is not thought to give less")
    func slack() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w", weeklyMinutes: 600)
        let round = HoursForecastRound(market: staffed.market, by: staffed.system)
        _ = try await staffed.batch("b", tasks: 8)
        let routing = staffed.routing()
        for _ in 0..<4 {
            _ = try await round.runOnce()
            _ = try await routing.route()
            let work = try await staffed.accept(try #require(try await staffed.openOffer(of: worker)))
            _ = try await SubmitAnswer(market: staffed.market)(
                [:], for: work.id, token: work.leaseToken, by: Principal.ID(worker.uuid))
            Scratch.clock.advance(by: 7 * 86_400)
        }
        Scratch.clock.advance(by: 3 * 86_400)
        while try await round.runOnce().hasMore {}
        let offered = try await staffed.count(
            "select count(*) as n from hours_forecast where part = 'weekdays' and offered_minutes = 30")
        let none = try await staffed.count(
            "select count(*) as n from hours_forecast where part = 'weekend' and offered_minutes = 0 and not was_asked")
        #expect(offered == 4 && none == 4)
        // All that was asked for was given, of far more that was forecast and promised.
        let tests = try await ListBacktests(market: staffed.market)(by: staffed.manager)
        #expect(tests.map(\.errorBasisPoints) == [0, 0, 0, 0] && tests.map(\.promisesKept) == [1, 1, 1, 1])
        #expect(tests.allSatisfy { $0.forecastMinutes == 30 && $0.workers == 1 && $0.promises == 1 })
        let means = try await forecasts(staffed).compactMap { $0["mean"] }
        // Weekdays and weekends take turns.
        #expect(means.count == 10 && means[8] >= means[0] && means[9] >= means[1])
        #expect(try await staffed.ills() == [])
    }

    @Test("are learnt from what was taken or left: declined for its pay, or gone before, work says nothing of hours")
    func declined() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w", weeklyMinutes: 600)
        let actor = Principal.ID(worker.uuid)
        let round = HoursForecastRound(market: staffed.market, by: staffed.system)
        _ = try await round.runOnce()
        func offer(_ name: String) async throws -> Offer.ID {
            try await MakeOffer(market: staffed.market)(
                of: try await staffed.batch(name), from: staffed.requester, to: worker, reason: [:],
                answerBy: Scratch.clock.now() + 600, by: staffed.system)
        }
        let decline = DeclineOffer(market: staffed.market)
        let work = try await AcceptOffer(market: staffed.market)(try await offer("taken"), by: actor)
        _ = try await SubmitAnswer(market: staffed.market)([:], for: work.id, token: work.leaseToken, by: actor)
        try await decline(try await offer("low"), because: .tooLow, by: actor)
        try await decline(try await offer("unsaid"), by: actor)
        try await decline(try await offer("busy"), because: .notNow, by: actor)
        _ = try await offer("left")
        Scratch.clock.advance(by: 601)
        #expect(try await LapseOffers(market: staffed.market)(by: staffed.system) == 1)
        let gone = try await offer("gone")
        try await Scratch.asOwner {
            try await $0.execute(
                "update offer set state = 'filled', closed_at = offered_at where offer_id = \(gone)")
        }
        Scratch.clock.advance(by: 10 * 86_400)
        while try await round.runOnce().hasMore {}
        // Taken, busy and left, of half an hour each.
        #expect(
            try await staffed.count(
                "select count(*) as n from hours_forecast where part = 'weekdays' and offered_minutes = 90") == 1)
    }

    @Test("know a worker's pace from their last answers, and routing reads it")
    func pace() async throws {
        let staffed = try await StaffedMarket()
        let (quick, fresh) = (try await staffed.worker("w"), try await staffed.worker("x"))
        let batch = try await staffed.batch("b", door: .claim, tasks: 12, minutes: 30)
        let actor = Principal.ID(quick.uuid)
        for _ in 0..<8 {
            let work = try await ClaimTask(market: staffed.market)(from: (staffed.requester, batch), by: actor)
            Scratch.clock.advance(by: 15 * 60)
            _ = try await SubmitAnswer(market: staffed.market)([:], for: work.id, token: work.leaseToken, by: actor)
        }
        _ = try await HoursForecastRound(market: staffed.market, by: staffed.system).runOnce()
        let known = try await staffed.market.database.read { try await $0.routingForecasts(of: [quick, fresh]) }
        // Half the time eight times, and as expected four times: 2 to the power of −8/12.
        #expect(known[quick]?.paceMillionths == 629_961)
        #expect(known[fresh]?.paceMillionths == 1_000_000)
        #expect(try await staffed.ills() == [])
    }

    private static let workers = (1...3).map {
        Worker.ID(UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, UInt8($0))))
    }
    private static let (scarce, idle) = (Requirement.ID(workers[0].uuid), Requirement.ID(workers[1].uuid))

    private func demand(_ requirement: Requirement.ID, _ answers: Int, value: Int64? = nil) throws -> PriceDemand {
        PriceDemand(
            profession: .lawyer, requirement: requirement, expectedMinutes: 30,
            pay: try Money(2_000, try #require(Currency("USD"))), redundancy: 1, answers: answers, answerValue: value)
    }

    /// Two hours of the one, forty of another; the third has given all.
    private func sheet(_ open: [PriceDemand], _ past: [PriceDemand]) -> HourPricing.Sheet {
        func supply(_ worker: Int, _ minutes: Int, committed: Int = 0) -> PriceSupply {
            PriceSupply(
                worker: Self.workers[worker], declaredMinutes: minutes, meanMinutes: minutes, promisedMinutes: minutes,
                committedMinutes: committed)
        }
        return HourPricing.Sheet(
            open: open, past: past, supply: [supply(0, 120), supply(1, 2_400), supply(2, 600, committed: 600)],
            meeting: [Self.scarce: [Self.workers[0], Self.workers[2]], Self.idle: [Self.workers[1]]])
    }

    private func prices(_ pricing: HourPricing) -> [Int64] {
        let found = Dictionary(uniqueKeysWithValues: pricing.tags.map { ($0.worker, $0.priceMicros) })
        return Self.workers.map { found[$0] ?? -1 }
    }

    @Test("a scarce worker's time has a price, an idle one's has none, nor has that of who has none left")
    func prices() throws {
        let sheet = sheet([try demand(Self.scarce, 40)], [try demand(Self.idle, 2)])
        let pricing = try HourPricing(sheet)
        let found = prices(pricing)
        #expect(found[0] > pricing.priceMostMicros / 2 && found[1] == 0 && found[2] == 0)
        #expect(pricing.certificateMillionths > 980_000)
        var turned = sheet
        turned.supply.reverse()
        #expect(try HourPricing(turned).tags == pricing.tags)
        let scaled = try HourPricing(sheet, scale: 0.5)
        #expect(abs(prices(scaled)[0] - found[0] / 2) <= 1)
    }

    @Test("a price follows what answers are said to be worth, and the skill of who gives them")
    func stated() throws {
        let plain = prices(try HourPricing(sheet([try demand(Self.scarce, 40)], [])))[0]
        let worth = prices(try HourPricing(sheet([try demand(Self.scarce, 40, value: 40_000)], [])))[0]
        #expect(worth > 3 * plain)
        var skilled = sheet([try demand(Self.scarce, 40)], [])
        skilled.skills = [.lawyer: [Self.workers[0]: RoutingSkill(meanBps: 9_500, lowBps: 9_300, evidence: 200)]]
        #expect(prices(try HourPricing(skilled))[0] > plain)
        // Of demand that is a fifth accepted there is enough time for all.
        var shy = sheet([try demand(Self.scarce, 8)], [])
        #expect(prices(try HourPricing(shy))[0] > 0)
        shy.accepting = [.lawyer: [Self.workers[0]: 200_000]]
        #expect(prices(try HourPricing(shy))[0] == 0)
    }

    @Test("weeks are solved together, each with all hours and what is open now")
    func weeks() throws {
        // 2 tasks of half an hour are open and one comes in a week; 4 fill two hours.
        var calm = sheet([try demand(Self.scarce, 2)], [try demand(Self.scarce, 4)])
        calm.weeks = 4
        #expect(prices(try HourPricing(calm))[0] == 0)
        var busy = sheet([try demand(Self.scarce, 3)], [try demand(Self.scarce, 12)])
        busy.weeks = 4
        #expect(prices(try HourPricing(busy))[0] > 0)
    }

    @Test("demand of a week is what earlier weeks brought from this time of it on, by the hour")
    func arrivals() async throws {
        let staffed = try await StaffedMarket()
        _ = try await staffed.batch("monday", tasks: 3)
        func seen(_ days: Double) async throws -> (weeks: Int, answers: [Int]) {
            Scratch.clock.set(to: Scratch.start + days * 86_400)
            return try await staffed.market.database.read { transaction in
                let weeks = try await transaction.weeksOfDemand()
                return (weeks, try await transaction.arrivals(weeks: weeks, kindsMax: 10).map(\.answers))
            }
        }
        // The week after: just before its hour, and just behind it.
        #expect(try await seen(6.99) == (1, [3]))
        #expect(try await seen(7.01) == (2, []))
        #expect(try await seen(20.99) == (3, [3]))
        #expect(try await seen(27.99) == (4, [3]))
        #expect(try await seen(34.99) == (4, []))
    }

    @Test("hours count as far as they lie before the end of what is priced: of this week, and of the next one's share")
    func spans() throws {
        func units(_ rest: (Int, Int), _ next: (Int, Int), declared: Int = 600, committed: Int = 0) throws -> Int {
            var sheet = sheet([], [])
            sheet.supply = [
                PriceSupply(
                    worker: Self.workers[0], declaredMinutes: declared, meanMinutes: declared / 2,
                    promisedMinutes: declared / 2, committedMinutes: committed, weeklyMinutesMax: 480,
                    committedNextMinutes: 60, rest: .init(untilEnd: rest.0, all: rest.1),
                    next: .init(untilEnd: next.0, all: next.1))
            ]
            return try #require(HourPricing(sheet).tags.first).units
        }
        // Five of ten hours are left, and windows for them; for two; for four, of which one lies in time.
        #expect(try units((2_400, 2_400), (0, 2_400)) == 20)
        #expect(try units((120, 120), (0, 2_400)) == 8)
        #expect(try units((60, 240), (0, 2_400)) == 4)
        // Half of eight hours less one, and all of them in time; or half.
        #expect(try units((0, 0), (2_400, 2_400), committed: 300) == 12)
        #expect(try units((0, 0), (1_200, 2_400), committed: 300) == 6)
        // Of nothing that was declared four fifths are assumed.
        #expect(try units((600, 600), (2_400, 2_400), declared: 0) == 21)
    }

    @Test("what is open counts at night, and for the ladder, beyond what a round of routing looks at")
    func beyond() async throws {
        let staffed = try await StaffedMarket()
        _ = try await staffed.batch("b", tasks: 230, dueAt: Scratch.start + 86_400)
        let (night, ladder) = try await staffed.market.database.read { transaction in
            (
                try await transaction.openAnswers(batchesMax: 10),
                try await transaction.endangeredBatches(until: Scratch.start + 2 * 86_400, after: nil, limit: 1)
            )
        }
        #expect(night.map(\.answers) == [230])
        #expect(ladder.map(\.openSlots) == [200] && ladder.map(\.openAnswers) == [230])
    }

    /// On Monday, five minutes past midnight by UTC, of the week after.
    private static let monday = Scratch.start + 7 * 86_400 - 9 * 3_600 + 300

    private func priceRound(_ staffed: StaffedMarket) -> HourPriceRound {
        HourPriceRound(market: staffed.market, by: staffed.system, logger: StaffedMarket.silence)
    }

    private func units(_ worker: Worker.ID, _ staffed: StaffedMarket) async throws -> Int? {
        let found = try #require(try await ListHourPrices(market: staffed.market)(by: staffed.manager))
        return found.page.first { $0.worker == worker }?.units
    }

    @Test("on Monday by UTC, who lives in the west is priced with the week ahead, not with what is left of the old one")
    func west() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w", weeklyMinutes: 630)
        try await SetAvailability(market: staffed.market)(
            try AvailabilitySettings(
                windows: [Weekday.monday, .tuesday, .wednesday, .thursday, .friday].map {
                    AvailabilityWindow($0, try DaySpan(from: 540, until: 1_020))
                }), of: worker, by: staffed.manager)
        _ = try await HoursForecastRound(market: staffed.market, by: staffed.system).runOnce()
        let batch = try await staffed.batch("b", door: .claim, tasks: 6, minutes: 120)
        for number in 0..<5 {
            try await staffed.earn(worker, batch)
            if number % 2 == 1 { Scratch.clock.advance(by: 86_400) }
        }
        // It is Sunday evening in New York. Of ten and a half hours eight and a quarter are planned with.
        Scratch.clock.set(to: Self.monday)
        #expect(try await priceRound(staffed).runOnce().counts[.hoursPriced] == 1)
        #expect(try await units(worker, staffed) == 33)
        #expect(try await staffed.ills() == [])
    }

    @Test("nobody is priced before the hours of each week that has begun are forecast")
    func awaited() async throws {
        let staffed = try await StaffedMarket()
        _ = try await staffed.worker("w")
        let east = try await staffed.worker("x", timeZone: "Europe/London")
        _ = try await staffed.batch("b", tasks: 4)
        let forecast = HoursForecastRound(market: staffed.market, by: staffed.system)
        _ = try await forecast.runOnce()
        Scratch.clock.set(to: Self.monday)
        #expect(try await priceRound(staffed).runOnce().counts[.hoursPriced] == nil)
        // Who joined today holds nobody up.
        _ = try await staffed.worker("y")
        while try await forecast.runOnce().hasMore {}
        _ = try await staffed.worker("z", timeZone: "Europe/London")
        #expect(try await priceRound(staffed).runOnce().counts[.hoursPriced] == 4)
        #expect((try await units(east, staffed) ?? 0) > 0)
        #expect(try await staffed.ills() == [])
    }

    @Test("are kept once a day, however many schedulers price, and those of the day before count until then")
    func nights() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w", weeklyMinutes: 600)
        _ = try await staffed.batch("b", tasks: 40)
        Scratch.clock.advance(by: 61)
        while try await SweepEligibility(market: staffed.market)() > 0 {}
        func round() -> HourPriceRound {
            HourPriceRound(market: staffed.market, by: staffed.system, logger: StaffedMarket.silence)
        }
        #expect(try await round().runOnce().counts[.hoursPriced] == nil)
        _ = try await HoursForecastRound(market: staffed.market, by: staffed.system).runOnce()
        let priced = try await withThrowingTaskGroup { group in
            for _ in 0..<4 { group.addTask { try await round().runOnce().counts[.hoursPriced] ?? 0 } }
            return try await group.reduce(into: 0, +=)
        }
        #expect(priced == 1)
        let prices = try await staffed.market.database.read { try await $0.hourPrices(of: [worker]) }
        #expect((prices[worker] ?? 0) > 0)
        Scratch.clock.advance(by: 86_400)
        #expect(try await staffed.market.database.read { try await $0.hourPrices(of: [worker]) } == prices)
        #expect(try await round().runOnce().counts[.hoursPriced] == 1)
        let found = try #require(try await ListHourPrices(market: staffed.market)(by: staffed.manager))
        #expect(found.page.map(\.worker) == [worker])
        #expect(
            await refusal(AccessRefusal.self) {
                try await ListHourPrices(market: staffed.market)(by: Principal.ID(worker.uuid)) as Any
            } == .roleMissing(.operator))
        #expect(try await staffed.ills() == [])
    }
}
