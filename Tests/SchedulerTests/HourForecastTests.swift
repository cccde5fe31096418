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

    @Test("a scarce worker's time has a price, an idle one's has none, and who has none left is priced at the most")
    func prices() throws {
        let usd = try #require(Currency("USD"))
        let workers = (1...3).map { Worker.ID(UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, UInt8($0)))) }
        let (scarce, idle) = (Requirement.ID(workers[0].uuid), Requirement.ID(workers[1].uuid))
        func demand(_ requirement: Requirement.ID, _ answers: Int) throws -> PriceDemand {
            PriceDemand(
                profession: .lawyer, requirement: requirement, expectedMinutes: 30, pay: try Money(2_000, usd), redundancy: 1,
                answers: answers, answerValue: nil)
        }
        let supply = [
            PriceSupply(worker: workers[0], minutes: 120), PriceSupply(worker: workers[1], minutes: 2_400),
            PriceSupply(worker: workers[2], minutes: 0),
        ]
        let meeting = [scarce: [workers[0], workers[2]], idle: [workers[1]]]
        let sheet = HourPricing.Sheet(
            open: [try demand(scarce, 40)], past: [try demand(idle, 2)], supply: supply, meeting: meeting)
        let pricing = try HourPricing(sheet)
        let price = Dictionary(uniqueKeysWithValues: pricing.tags.map { ($0.worker, $0.priceMicros) })
        #expect(price[workers[1]] == 0)
        let scarcePrice = try #require(price[workers[0]])
        #expect(scarcePrice > pricing.priceMostMicros / 2)
        #expect(price[workers[2]] == pricing.priceMostMicros)
        #expect(pricing.certificateMillionths > 980_000)
        var turned = sheet
        turned.supply.reverse()
        let again = try HourPricing(turned)
        #expect(again.tags == pricing.tags)
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
