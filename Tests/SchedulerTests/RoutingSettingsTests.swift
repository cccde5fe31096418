import Formats
import Foundation
import Matching
import Store
import TestSupport
import Testing

@testable import Marketplace
@testable import Scheduler

@Suite("Routing by the weights and rates that are set")
struct RoutingSettingsTests {
    /// A worker with time for one of two tasks: 15.00 dollars, or 1,500 yen.
    private func market(_ rates: ReferenceRates) throws -> RoutingMarket {
        var market = SmallRouting.market(
            [SmallRouting.offering(1), SmallRouting.offering(2)], [SmallRouting.candidate(1, minutes: 30)])
        market.known.pay = [
            SmallRouting.batch(1): try Money(1_500, try #require(Currency("USD"))),
            SmallRouting.batch(2): try Money(1_500, try #require(Currency("JPY"))),
        ]
        market.known.rates = rates
        return market
    }

    @Test("compares what is paid in two currencies by their rates, at par without")
    func currencies() throws {
        let (usd, jpy) = (try #require(Currency("USD")), try #require(Currency("JPY")))
        let rates = ReferenceRates([usd: 1_000_000, jpy: 6_700])
        #expect(try RoutingPolicy().plan(market(rates)).offers.map(\.batch) == [SmallRouting.batch(1)])
        #expect(try RoutingPolicy().plan(market(ReferenceRates())).offers.map(\.batch) == [SmallRouting.batch(2)])
    }

    @Test("small amounts are compared as large ones are: below its pay nobody is asked, and what pays more goes first")
    func small() throws {
        let usd = try #require(Currency("USD"))
        func plan(_ pay: [Int64], answerValue: Int64? = nil) throws -> RoutingPlan {
            var market = SmallRouting.market(
                [
                    SmallRouting.offering(1, answerValue: answerValue),
                    SmallRouting.offering(2, answerValue: answerValue),
                ], [SmallRouting.candidate(1, minutes: 30)])
            for (number, minor) in zip([UInt8(1), 2], pay) {
                market.known.pay[SmallRouting.batch(number)] = try Money(minor, usd)
            }
            market.known.skills = [SmallRouting.worker(1): RoutingSkill(meanBps: 9_500, lowBps: 9_300, evidence: 200)]
            return try RoutingPolicy().plan(market)
        }
        // 0.80 for an answer that is worth 0.50.
        let none = try plan([80, 80], answerValue: 50)
        #expect(none.offers.isEmpty && none.batches.allSatisfy { $0.bar.rule == .belowPay })
        #expect(try plan([40, 40], answerValue: 50).offers.count == 1)
        #expect(try plan([10, 20]).offers.map(\.batch) == [SmallRouting.batch(2)])
        #expect(try plan([20, 10]).offers.map(\.batch) == [SmallRouting.batch(1)])
    }

    @Test("prices hours by the rates, too")
    func prices() throws {
        let (usd, jpy) = (try #require(Currency("USD")), try #require(Currency("JPY")))
        let worker = SmallRouting.worker(1)
        let requirement = SmallRouting.expertLawyer
        func price(_ money: Money, _ rates: ReferenceRates) throws -> Int64 {
            let sheet = HourPricing.Sheet(
                open: [
                    PriceDemand(
                        profession: .lawyer, requirement: requirement, expectedMinutes: 30, pay: money, redundancy: 1,
                        answers: 40, answerValue: nil)
                ], past: [],
                supply: [
                    PriceSupply(
                        worker: worker, declaredMinutes: 120, meanMinutes: 120, promisedMinutes: 120,
                        committedMinutes: 0)
                ], meeting: [requirement: [worker]], rates: rates)
            return try #require(HourPricing(sheet).tags.first).priceMicros
        }
        let rates = ReferenceRates([usd: 1_000_000, jpy: 10_000])
        #expect(try price(Money(1_500, usd), rates) == price(Money(1_500, jpy), rates))
        #expect(try price(Money(1_500, jpy), ReferenceRates()) > 50 * price(Money(1_500, jpy), rates))
    }

    @Test("weighs priority, age, tiers and pacing as it is told")
    func weights() throws {
        func offers(_ batches: [RoutingBatch], _ change: (inout ValueWeights) -> Void) throws -> [Batch.ID] {
            var weights = ValueWeights.ofMarket
            change(&weights)
            return try RoutingPolicy(weights: weights)
                .plan(SmallRouting.market(batches, [SmallRouting.candidate(1, minutes: 30)])).offers.map(\.batch)
        }
        let urgent = [SmallRouting.offering(1, ageHours: 30), SmallRouting.offering(2, priority: 1)]
        #expect(try offers(urgent) { _ in } == [SmallRouting.batch(2)])
        #expect(try offers(urgent) { $0[.priority] = 0 } == [SmallRouting.batch(1)])
        var weights = ValueWeights.ofMarket
        (weights[.eta], weights[.priceMultiple]) = (0, 1_000_000)
        let week = RoutingWeek(
            SmallRouting.candidate(1, committedMinutes: 600, weekShareMillionths: 100_000), nil,
            at: SmallRouting.instant)
        let calm = week.pacing(forecastErrorMillionths: 0, rules: weights.pacing)
        #expect(calm.eta == 0 && week.pacing(forecastErrorMillionths: 0).eta == 1)
        #expect(week.pacing(forecastErrorMillionths: 300_000).eta == 3)
        #expect(calm.factor < week.pacing(forecastErrorMillionths: 0).factor)
    }
}

@Suite("Rounds by the weights that are in force", .scratchDatabase)
struct RoutingSettingsRoundTests {
    @Test("a round takes what was set before it began, and the explanation shows it")
    func inForce() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w")
        _ = try await staffed.batch("one")
        let set = SetSchedulerWeights(market: staffed.market)
        _ = try await set(["handling": 123_456], reason: "Dear.", by: staffed.manager)
        #expect(try await staffed.routing().route().offersMade == 1)
        let offer = try #require(try await staffed.openOffer(of: worker))
        let told = try await ExplainRouting(market: staffed.market)(offer.id, of: worker, by: staffed.manager)
        #expect(told.explanation?.parts["handling"] == -123_456)
        _ = try await set(["handling": 654_321], reason: "Dearer.", by: staffed.manager)
        _ = try await staffed.batch("two")
        #expect(try await staffed.routing().route().offersMade == 1)
        let later: SQL = "select count(*) as n from offer where reason -> 'parts' ->> 'handling' = '-654321'"
        #expect(try await staffed.count(later) == 1)
        #expect(try await staffed.ills() == [])
    }

    @Test("hours that were priced by another setting have no price until the next round, which prices them anew")
    func newPrices() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w", weeklyMinutes: 600)
        _ = try await staffed.batch("one", tasks: 40)
        Scratch.clock.advance(by: 61)
        while try await SweepEligibility(market: staffed.market)() > 0 {}
        _ = try await HoursForecastRound(market: staffed.market, by: staffed.system).runOnce()
        func price() async throws -> Int64? {
            try await staffed.market.database.read { try await $0.hourPrices(of: [worker])[worker] }
        }
        func round() async throws -> Int? {
            try await HourPriceRound(market: staffed.market, by: staffed.system, logger: StaffedMarket.silence)
                .runOnce().counts[.hoursPriced]
        }
        #expect(try await round() == 1)
        let before = try #require(try await price())
        let set = SetSchedulerWeights(market: staffed.market)
        _ = try await set(["rate_USD": 500_000], reason: "Half.", by: staffed.manager)
        #expect(try await price() == nil)
        #expect(try await round() == 1)
        let after = try #require(try await price())
        #expect(after > 0 && after < before)
        #expect(try await round() == nil)
        // Who solved by what was set before comes too late.
        let late = try await KeepHourPrices(market: staffed.market)(
            [HourPriceTag(worker: worker, priceMicros: 1, units: 1)],
            of: PriceSolve(
                solvedOn: try WorkWeek.day(of: Scratch.clock.now(), timeZone: "UTC"), demands: 1, workers: 1,
                certificateMillionths: 1_000_000, priceMostMicros: 1), by: staffed.system)
        #expect(!late)
        #expect(try await price() == after)
        #expect(try await staffed.ills() == [])
    }

    @Test("a round and a night say how near the best they came, and the metrics have the last of each")
    func certificates() async throws {
        let staffed = try await StaffedMarket()
        _ = try await staffed.worker("w")
        _ = try await staffed.batch("one", tasks: 40)
        Scratch.clock.advance(by: 61)
        while try await SweepEligibility(market: staffed.market)() > 0 {}
        _ = try await HoursForecastRound(market: staffed.market, by: staffed.system).runOnce()
        let metrics = SchedulerMetrics()
        #expect(!metrics.prometheusText.contains("guildhall_scheduler_certificate_millionths{"))
        let rounds: [any SchedulerRound] = [
            staffed.routing(),
            HourPriceRound(market: staffed.market, by: staffed.system, logger: StaffedMarket.silence),
        ]
        for round in rounds {
            let outcome = try await round.runOnce()
            #expect((900_000...1_000_000).contains(outcome.certificateMillionths ?? 0), "\(round.name)")
            metrics.noteSuccess(of: round.name, outcome)
            // What solved nothing leaves it as it was.
            metrics.noteSuccess(of: round.name, RoundOutcome(counts: [:], hasMore: false))
            let line = "guildhall_scheduler_certificate_millionths{round=\"\(round.name)\"} "
            #expect(metrics.prometheusText.contains(line + "\(outcome.certificateMillionths ?? 0)\n"))
        }
    }
}
