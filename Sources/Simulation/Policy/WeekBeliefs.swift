internal import Matching

/// What the scheduler knows of workers: nothing but what it was told and has seen. The same for every policy.
struct WeekBeliefs {
    /// By skill.
    private(set) var skills: [BetaBelief]
    /// What one answer alone is valued by (``PairFacts/cautiousSkill``).
    private(set) var cautious: [Double]
    private(set) var observations: [Int]
    /// By worker: a cell's acceptance by bucket, and the chance of each worker, refreshed every night.
    private var cellCounts: [[AcceptanceModel.Bucket: AcceptanceModel.Count]]
    private var ownCounts: [[AcceptanceModel.Bucket: AcceptanceModel.Count]]
    private var delayMinutes: [Int64]
    private var models: [AcceptanceModel]
    private var chances: [Int32]
    /// By worker.
    private(set) var hours: [HoursForecast]
    private var weeks: [[HoursForecast.Week]]
    private var paceMinutes: [(minutes: [Int], expected: [Int])]
    private(set) var pace: [Int]
    /// How much the time of like tasks differs for one worker (``Lateness/spreadMillionths``), learnt from all.
    private(set) var spreadMillionths = Lateness.spreadMillionths
    private var spread = (squares: 0.25 * 20, works: 20.0)
    /// By worker, faded over four weeks.
    private var declared: [Double]
    private var offered: [Double]
    private(set) var deficits: [Int]
    /// A worker's cell for hours, acceptance and fairness: that of their first skill.
    let homes: [Int]

    init(_ market: WeekMarket) {
        skills = Self.recorded(market)
        cautious = skills.map(Self.cautious)
        observations = market.skills.map { market.grants.contains(.skills) ? 1_000 : Int($0.right + $0.wrong) }
        let (people, cells) = (market.workers.count, market.cellCount)
        var homes = [Int](repeating: -1, count: people)
        for skill in market.skills where homes[Int(skill.worker)] < 0 { homes[Int(skill.worker)] = Int(skill.cell) }
        self.homes = homes
        cellCounts = Array(repeating: [:], count: cells)
        ownCounts = Array(repeating: [:], count: people)
        delayMinutes = Array(repeating: 0, count: cells)
        models = Array(repeating: AcceptanceModel(cell: [:]), count: cells)
        chances = Array(repeating: 500_000, count: people * AcceptanceModel.Bucket.all.count)
        weeks = Self.pastWeeks(market)
        hours = weeks.map { HoursForecast(weeks: $0) }
        paceMinutes = Array(repeating: ([], []), count: people)
        pace = Array(repeating: 1_000_000, count: people)
        declared = Array(repeating: 0, count: people)
        offered = Array(repeating: 0, count: people)
        deficits = Array(repeating: 0, count: people)
        refresh()
    }

    /// What is on record of each skill when the study begins.
    static func recorded(_ market: WeekMarket) -> [BetaBelief] {
        // Of a skill of which nothing is known, what is known of all (ALGORITHMS.md, section 5: empirical Bayes).
        let prior = BetaBelief(
            populationOf: market.skills.map { (successes: $0.right, failures: $0.wrong) },
            otherwise: BetaBelief(meanMillionths: 850_000, strength: 8))
        return market.skills.map { skill in
            market.grants.contains(.skills)
                ? BetaBelief(successes: skill.accuracy * 1e6, failures: (1 - skill.accuracy) * 1e6)
                : prior.seeing(successes: skill.right, failures: skill.wrong)
        }
    }

    /// Four weeks before the study, of all who were there.
    private static func pastWeeks(_ market: WeekMarket) -> [[HoursForecast.Week]] {
        market.workers.enumerated().map { place, worker in
            guard worker.joinTick == 0 else { return [] }
            var random = PolicyRandom(seed: market.seed &+ 77, subject: UInt128(place))
            return (0..<4).map { _ in
                let share = min(max(worker.usableShare + 0.1 * random.normal(), 0), 1)
                return HoursForecast.Week(
                    declaredUnits: worker.declaredUnits,
                    usableUnits: Int((Double(worker.declaredUnits) * share).rounded(.down)))
            }
        }
    }

    private static func cautious(_ skill: BetaBelief) -> Double {
        skill.quantile(Double(ValueWeights().cautionMillionths) / 1_000_000)
    }

    private static func index(_ bucket: AcceptanceModel.Bucket) -> Int {
        bucket.hour.rawValue * AcceptanceModel.PayBand.allCases.count + bucket.pay.rawValue
    }

    /// The chance that a worker accepts, in millionths, as of the last night.
    func chance(of worker: Int, hour: Int) -> Int {
        let bucket = AcceptanceModel.Bucket(hour: .init(hour: hour), pay: .usual)
        return Int(chances[worker * AcceptanceModel.Bucket.all.count + Self.index(bucket)])
    }

    mutating func saw(offerTo worker: Int, units: Int) { offered[worker] += Double(units) }

    mutating func saw(answerOf worker: Int, hour: Int, isAccepted: Bool, minutes: Int) {
        let bucket = AcceptanceModel.Bucket(hour: .init(hour: hour), pay: .usual)
        ownCounts[worker][bucket, default: .init()].offered += 1
        cellCounts[homes[worker]][bucket, default: .init()].offered += 1
        guard isAccepted else { return }
        ownCounts[worker][bucket, default: .init()].accepted += 1
        cellCounts[homes[worker]][bucket, default: .init()].accepted += 1
        delayMinutes[homes[worker]] += Int64(minutes)
    }

    /// An answer that was checked, against a known one or by an adjudicator.
    mutating func saw(skill: Int, isRight: Bool) {
        skills[skill] = skills[skill].seeing(successes: isRight ? 1 : 0, failures: isRight ? 0 : 1)
        cautious[skill] = Self.cautious(skills[skill])
        observations[skill] += 1
    }

    mutating func saw(workOf worker: Int, minutes: Int, expected: Int) {
        let surprise = PureMath.log(
            Double(max(minutes, 1)) / Double(max(expected, 1)) * 1_000_000 / Double(max(pace[worker], 1)))
        spread = (spread.squares + surprise * surprise, spread.works + 1)
        guard paceMinutes[worker].minutes.count < 40 else { return }
        paceMinutes[worker].minutes.append(minutes)
        paceMinutes[worker].expected.append(expected)
    }

    mutating func saw(weekOf worker: Int, declared units: Int, usable: Int) {
        weeks[worker].insert(.init(declaredUnits: units, usableUnits: usable), at: 0)
        hours[worker] = HoursForecast(weeks: weeks[worker])
        declared[worker] = declared[worker] * 0.75 + Double(units)
        offered[worker] *= 0.75
    }

    /// What is worked out every night.
    mutating func refresh() {
        for cell in models.indices {
            models[cell] = AcceptanceModel(cell: cellCounts[cell], delayMinutesTotal: delayMinutes[cell])
        }
        let buckets = AcceptanceModel.Bucket.all
        for worker in homes.indices {
            for bucket in buckets where bucket.pay == .usual {
                let chance = models[homes[worker]].chanceMillionths(bucket, own: ownCounts[worker])
                chances[worker * buckets.count + Self.index(bucket)] = Int32(chance)
            }
            pace[worker] = Lateness.paceMillionths(
                minutes: paceMinutes[worker].minutes, expected: paceMinutes[worker].expected)
        }
        spreadMillionths = PureMath.millionths((spread.squares / spread.works).squareRoot())
        let shares = homes.indices.map {
            Fairness(declaredUnits: Int64(declared[$0]), offeredUnits: Int64(offered[$0]))
        }
        let byCell = Dictionary(grouping: homes.indices) { homes[$0] }
        for (_, members) in byCell {
            let rate = Fairness.cellRateMillionths(members.map { shares[$0] })
            for worker in members { deficits[worker] = shares[worker].deficitMillionths(cellRateMillionths: rate) }
        }
    }
}
