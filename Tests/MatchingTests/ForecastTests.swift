import Matching
import Testing

@Suite struct ForecastTests {
    @Test("Without weeks of their own a worker's hours are the cell's; with many, theirs")
    func shrinkage() {
        let none = HoursForecast(weeks: [], cellShareMillionths: 700_000)
        #expect(none.plannedUnits(ofDeclared: 100) == 70)
        let steady = Array(repeating: HoursForecast.Week(declaredUnits: 40, usableUnits: 38), count: 30)
        let forecast = HoursForecast(weeks: steady, cellShareMillionths: 700_000)
        #expect((85...95).contains(forecast.plannedUnits(ofDeclared: 100)))
        #expect(forecast.promisedUnits(ofDeclared: 100) < forecast.plannedUnits(ofDeclared: 100))
        #expect(forecast.plannedUnits(ofDeclared: .min) == 0)
        #expect(HoursForecast.cellShare([]) == 800_000)
        #expect(HoursForecast.cellShare(steady) > 900_000)
    }

    @Test("A week tells of what was asked for: who gives nine of ten hours offered keeps that, however few they were")
    func censored() {
        func mean(_ week: HoursForecast.Week, weeks: Int = 12) -> Double {
            let past = Array(repeating: week, count: weeks)
            let cell = HoursForecast.cellShare(Array(repeating: week, count: 400))
            return HoursForecast(weeks: past, cellShareMillionths: cell).share.mean
        }
        // In quarters of an hour: 10 of 40 hours were offered and 9 worked; 40 were, and 24.
        #expect(abs(mean(HoursForecast.Week(declaredUnits: 160, usableUnits: 36, askedUnits: 40)) - 0.9) < 0.01)
        #expect(abs(mean(HoursForecast.Week(declaredUnits: 160, usableUnits: 96, askedUnits: 160)) - 0.6) < 0.01)
        #expect(abs(mean(HoursForecast.Week(declaredUnits: 160, usableUnits: 96)) - 0.6) < 0.01)
        // More than was declared counts as all of it, and less than was worked as that.
        let much = HoursForecast.Week(declaredUnits: 160, usableUnits: 96, askedUnits: 900)
        #expect(much.askedUnits == 160)
        #expect(HoursForecast.Week(declaredUnits: 160, usableUnits: 96, askedUnits: 10).askedUnits == 96)
        // A week in which nothing was asked for says nothing, and a little says a little.
        let none = HoursForecast.Week(declaredUnits: 160, usableUnits: 0, askedUnits: 0)
        #expect(HoursForecast(weeks: [none, none]).share.mean == HoursForecast(weeks: []).share.mean)
        #expect(HoursForecast.cellShare([none, none]) == HoursForecast.cellShareMillionths)
        let little = HoursForecast(weeks: [HoursForecast.Week(declaredUnits: 160, usableUnits: 0, askedUnits: 4)])
        #expect(little.share.mean > 0.79)
    }

    @Test("What is known of a population is found again: its mean, and how alike its members are")
    func population() {
        let truth = BetaBelief(successes: 24, failures: 4)
        var random = PolicyRandom(seed: 4)
        let records = (0..<2_000).map { number in
            let (share, count) = (truth.draw(&random), 20 + number % 180)
            let right = (0..<count).count { _ in random.unit() < share }
            return (successes: Double(right), failures: Double(count - right))
        }
        let other = BetaBelief(successes: 1, failures: 1)
        let found = BetaBelief(populationOf: records, otherwise: other)
        #expect(abs(found.mean - truth.mean) < 0.005 && (23...34).contains(found.strength))
        #expect(BetaBelief(populationOf: Array(records.prefix(9)), otherwise: other) == other)
        let alike = Array(repeating: (successes: 50.0, failures: 50.0), count: 20)
        #expect(BetaBelief(populationOf: alike, otherwise: other).strength == 1_000)
    }

    @Test("Nine of ten weeks bring at least what was promised, near enough")
    func promise() {
        var random = PolicyRandom(seed: 5)
        var kept = 0
        for worker in 0..<2_000 {
            let share = BetaBelief(successes: 8, failures: 2).draw(&random)
            func week() -> HoursForecast.Week {
                let usable = BetaBelief(successes: share * 12, failures: (1 - share) * 12).draw(&random)
                return HoursForecast.Week(declaredUnits: 80, usableUnits: PureMath.millionths(usable) * 80 / 1_000_000)
            }
            let past = (0..<8).map { _ in week() }
            let promised = HoursForecast(weeks: past).promisedUnits(ofDeclared: 80)
            if week().usableUnits >= promised { kept += 1 }
            #expect(promised <= 80, "worker \(worker)")
        }
        #expect((1_720...1_920).contains(kept), "\(kept) of 2000")
    }

    @Test("A chance of acceptance starts at the prior, follows the cell, then the worker")
    func acceptance() {
        let bucket = AcceptanceModel.Bucket(hour: .init(hour: 14), pay: .init(ratioMillionths: 1_000_000))
        #expect(AcceptanceModel(cell: [:]).chanceMillionths(bucket) == 500_000)
        let cell = AcceptanceModel(cell: [bucket: .init(offered: 990, accepted: 795)])
        #expect(cell.cellMillionths(bucket) == 800_000)
        let eager = [bucket: AcceptanceModel.Count(offered: 40, accepted: 40)]
        let idle = [bucket: AcceptanceModel.Count(offered: 40, accepted: 0)]
        #expect(cell.chanceMillionths(bucket, own: eager) > 900_000)
        #expect(cell.chanceMillionths(bucket, own: idle) < 120_000)
        #expect(cell.chanceMillionths(bucket, own: [bucket: .init(offered: 2)]) > 500_000)
        // Within time: less, and more of it the longer one waits.
        let (soon, later) = (
            cell.chanceMillionths(bucket, withinMinutes: 10), cell.chanceMillionths(bucket, withinMinutes: 600)
        )
        #expect(0 < soon && soon < later && later <= 800_000)
        #expect(cell.minutes(untilShareMillionths: 800_000) == 73)
    }

    @Test("The model learns a generator it does not know, by hour, pay and worker")
    func learning() {
        var random = PolicyRandom(seed: 8)
        var counts: [AcceptanceModel.Bucket: AcceptanceModel.Count] = [:]
        func truth(_ bucket: AcceptanceModel.Bucket) -> Double {
            0.2 + 0.1 * Double(bucket.hour.rawValue) + 0.15 * Double(bucket.pay.rawValue)
        }
        for bucket in AcceptanceModel.Bucket.all {
            let accepted = (0..<2_000).count { _ in random.unit() < truth(bucket) }
            counts[bucket] = .init(offered: 2_000, accepted: accepted)
        }
        let model = AcceptanceModel(cell: counts)
        for bucket in AcceptanceModel.Bucket.all {
            #expect(abs(Double(model.chanceMillionths(bucket)) / 1e6 - truth(bucket)) < 0.04)
        }
        #expect(Set(AcceptanceModel.Bucket.all).count == 12 && AcceptanceModel.HourBand(hour: -1) == .evening)
    }

    @Test("More free time, and a faster worker, are in time more often; without time nobody is")
    func lateness() {
        func chance(_ free: Int, pace: Int = 1_000_000) -> Int {
            Lateness(expectedMinutes: 60, paceMillionths: pace, freeMinutes: free, promisedMinutes: free * 8 / 10)
                .inTimeMillionths
        }
        #expect(chance(0) == 0 && chance(30) < chance(60) && chance(60) < chance(240) && chance(600) > 990_000)
        #expect(abs(chance(60) - 500_000) < 1_000)
        #expect(chance(90, pace: 500_000) > chance(90) && chance(90) > chance(90, pace: 2_000_000))
        #expect(Lateness.paceMillionths(minutes: [], expected: []) == 1_000_000)
        let slow = Lateness.paceMillionths(
            minutes: Array(repeating: 120, count: 50), expected: Array(repeating: 60, count: 50))
        #expect((1_850_000...2_000_000).contains(slow))
        #expect(Lateness.serviceP90Seconds([]) == nil && Lateness.serviceP90Seconds(Array(1...100)) == 90)
    }

    @Test("Deficits of a cell add up to nothing, weighted by declared hours")
    func fairness() {
        let workers = [(100, 60), (50, 10), (200, 20), (0, 5)].map {
            Fairness(declaredUnits: $0.0, offeredUnits: $0.1)
        }
        let rate = Fairness.cellRateMillionths(Array(workers.prefix(3)))
        let owed = workers.prefix(3).reduce(Int64(0)) {
            $0 + Int64($1.deficitMillionths(cellRateMillionths: rate)) * $1.declaredUnits
        }
        #expect(abs(owed) <= 350 && rate == 257_143)
        #expect(workers[2].deficitMillionths(cellRateMillionths: rate) > 0)
        #expect(workers[0].deficitMillionths(cellRateMillionths: rate) < 0)
        #expect(workers[3].deficitMillionths(cellRateMillionths: rate) == 0)
    }
}
