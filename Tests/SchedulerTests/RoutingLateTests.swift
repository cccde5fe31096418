import Foundation
import Marketplace
import Matching
import Testing

@testable import Scheduler

/// Work past its bound (a week without a deadline) is matched before all other.
@Suite("Routing of what is past its bound")
struct RoutingLateTests {
    private let usd: Currency

    init() throws { usd = try #require(Currency("USD")) }

    /// An old batch that pays little, and one that is due soon, has priority and pays twenty times as much.
    private func plan(ageHours: Double, minutes: Int, slots: Int = 1) throws -> RoutingPlan {
        let batches = [
            SmallRouting.offering(1, ageHours: ageHours, slots: slots),
            SmallRouting.offering(2, priority: 7, slots: slots, dueHours: 3),
        ]
        let worker = SmallRouting.worker(1)
        var market = SmallRouting.market(batches, [SmallRouting.candidate(1, minutes: minutes)])
        market.known.pay = [batches[0].id: try Money(500, usd), batches[1].id: try Money(10_000, usd)]
        market.known.prices = [worker: HourPrice(nightlyMicros: 1_000_000)]
        market.known.accepting = [worker: 500_000]
        return try RoutingPolicy().plan(market)
    }

    @Test("goes before what is due, has priority and is worth more; not an hour earlier")
    func first() throws {
        let (old, due) = (SmallRouting.batch(1), SmallRouting.batch(2))
        #expect(try plan(ageHours: 168, minutes: 30).offers.map(\.batch) == [old])
        #expect(try plan(ageHours: 167, minutes: 30).offers.map(\.batch) == [due])
        let left = try plan(ageHours: 168, minutes: 30)
        #expect(left.batches.map(\.subject) == [due] && left.batches.map(\.bar.rule) == [.notChosen])
    }

    @Test("leaves what is left of places and hours to the others, is offered first, and the certificate is of both")
    func rest() throws {
        let both = try plan(ageHours: 168, minutes: 60)
        #expect(both.offers.map(\.batch) == [SmallRouting.batch(1), SmallRouting.batch(2)])
        #expect((both.offers.first?.value ?? 0) < (both.offers.last?.value ?? 0))
        #expect(both.certificateMillionths == 1_000_000 && both.isSettled)
        // 59 minutes are three quarters of an hour.
        #expect(try plan(ageHours: 168, minutes: 59).offers.map(\.batch) == [SmallRouting.batch(1)])
    }

    /// Ten answers a week old, and so many that are due, by ten workers who have time for one each.
    private func offers(
        due slots: Int, lateMinutes: Int, hours: Int64 = 1, _ change: (inout RoutingMarket) -> Void = { _ in }
    ) throws -> [Batch.ID: Int] {
        let batches = [
            SmallRouting.offering(1, ageHours: 200, slots: 10), SmallRouting.offering(2, slots: slots, dueHours: 3),
        ]
        let workers = (1...10 as ClosedRange<UInt8>).map { SmallRouting.candidate($0, minutes: 30) }
        var market = SmallRouting.market(batches, workers)
        market.known.pay = [batches[0].id: try Money(500, usd), batches[1].id: try Money(10_000, usd)]
        for worker in workers { market.known.prices[worker.worker] = HourPrice(nightlyMicros: hours) }
        market.known.lateMinutes = lateMinutes
        change(&market)
        return Dictionary(grouping: try RoutingPolicy().plan(market).offers, by: \.batch).mapValues(\.count)
    }

    @Test("takes no more than its share from the others; beyond it, it goes with them at the price of hours")
    func bounded() throws {
        let (old, due) = (SmallRouting.batch(1), SmallRouting.batch(2))
        #expect(try offers(due: 10, lateMinutes: 60) == [old: 2, due: 8])
        // The last that is begun is had whole.
        #expect(try offers(due: 10, lateMinutes: 61) == [old: 3, due: 7])
        #expect(try offers(due: 10, lateMinutes: 0) == [due: 10])
        #expect(try offers(due: 10, lateMinutes: .max) == [old: 10])
        // Nobody else wants the rest, which is worth it, or is worth more on other days.
        #expect(try offers(due: 5, lateMinutes: 60) == [old: 5, due: 5])
        #expect(try offers(due: 5, lateMinutes: 60, hours: 20_000_000) == [old: 2, due: 5])
    }

    @Test("what is forced, or due before a lease of now would end, goes with it")
    func urgent() throws {
        let (old, due) = (SmallRouting.batch(1), SmallRouting.batch(2))
        #expect(try offers(due: 10, lateMinutes: .max) { $0.known.forced = [due] } == [due: 10])
        let soon = SmallRouting.market(
            [SmallRouting.offering(1, ageHours: 200), SmallRouting.offering(2, priority: 1, dueHours: 1)],
            [SmallRouting.candidate(1, minutes: 30)])
        #expect(try RoutingPolicy().plan(soon).offers.map(\.batch) == [due])
        let later = SmallRouting.market(
            [SmallRouting.offering(1, ageHours: 200), SmallRouting.offering(2, priority: 1, dueHours: 1.1)],
            [SmallRouting.candidate(1, minutes: 30)])
        #expect(try RoutingPolicy().plan(later).offers.map(\.batch) == [old])
    }

    @Test("the share accrues with the hours that are planned, is kept for a day, and is used up by what was offered")
    func share() {
        // Two hours a week each: of 28 hours a tenth is a minute an hour.
        let old = SmallRouting.offering(1, ageHours: 200)
        let workers = (1...14 as ClosedRange<UInt8>).map { SmallRouting.candidate($0) }
        var market = SmallRouting.market([old], workers)
        for worker in workers {
            market.known.forecasts[worker.worker] = RoutingForecast(
                meanMillionths: 1_000_000, promisedMillionths: 900_000, declaredMinutes: 120)
        }
        func turn(_ hours: Double?) -> LateTurn {
            LateTurn(market, usedUntil: hours.map { market.instant + $0 * 3_600 }, shareMillionths: 100_000)
        }
        func hours(_ turn: LateTurn, after taken: Int) -> Double? {
            turn.usedUntil(after: taken).map { ($0.timeIntervalSince(market.instant) / 36).rounded() / 100 }
        }
        #expect(turn(-10.5).minutes == 10 && turn(-0.5).minutes == 1)
        #expect(turn(0).minutes == 0 && turn(3).minutes == 0)
        #expect((23...24).contains(turn(nil).minutes) && turn(-48).minutes == turn(nil).minutes)
        #expect(hours(turn(-10), after: 30) == 20 && hours(turn(nil), after: 30) == 6)
        #expect(turn(-10).usedUntil(after: 0) == nil)
        #expect(LateTurn(market, usedUntil: nil, shareMillionths: 1_000_000).minutes == .max)
        let none = SmallRouting.market([SmallRouting.offering(1)], workers)
        #expect(LateTurn(none, usedUntil: nil, shareMillionths: 100_000).minutes == .max)
    }

    @Test("leaves nobody out who has the hours for it, in markets with prices, deadlines, priorities and few hours")
    func maximal() throws {
        var (left, others) = (0, 0)
        for seed in 0..<200 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: values.indices, using: &random)] }
            let batches = (0..<12 as Range<UInt8>).map { number in
                let isOld = pick([true, false])
                let dueHours: Double? = isOld ? nil : pick([nil, 5, 40])
                return SmallRouting.offering(
                    number, priority: pick([0, 0, 5]), ageHours: isOld ? pick([168, 400]) : pick([0, 100]),
                    slots: pick([1, 2]), dueHours: dueHours)
            }
            let workers = (0..<6 as Range<UInt8>).map {
                SmallRouting.candidate($0, minutes: pick([0, 30, 30, 60, 120]))
            }
            var market = SmallRouting.market(batches, workers)
            for batch in batches { market.known.pay[batch.id] = try Money(pick([500, 2_000, 9_000]), usd) }
            for worker in workers {
                market.known.prices[worker.worker] = HourPrice(nightlyMicros: pick([1, 10_000_000, 1_000_000_000]))
                market.known.accepting[worker.worker] = pick([50_000, 500_000, 950_000])
            }
            let plan = try RoutingPolicy().plan(market)
            let late = Set(batches.filter { $0.isPastBound(at: market.instant) }.map(\.id))
            let places = plan.offers.map { late.contains($0.batch) }
            #expect(places == places.filter { $0 } + places.filter { !$0 }, "seed \(seed)")
            others += places.count { !$0 }
            for batch in batches where late.contains(batch.id) {
                let taken = Set(plan.offers.filter { $0.batch == batch.id }.map(\.worker))
                guard taken.count < batch.openSlots else { continue }
                left += 1
                for worker in workers where !taken.contains(worker.worker) {
                    let theirs = plan.offers.count { $0.worker == worker.worker && late.contains($0.batch) }
                    #expect(30 * theirs + 30 > worker.minutesLeft, "seed \(seed)")
                }
            }
        }
        #expect(left > 50 && others > 50)
    }
}
