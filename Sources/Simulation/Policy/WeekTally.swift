internal import Matching

/// Counts what happens in one run.
struct WeekTally {
    private let natures: [WeekWorker.Nature]
    private let joinTicks: [Int]
    private let homes: [Int]
    private let luck: [Double]
    private let sizes: (answers: [Int], byBand: [Int], byDeadline: [Int])

    var offers = 0
    var capViolations = 0
    var labels: LabelTally
    private(set) var fills = 0
    private(set) var worth = 0.0
    private(set) var inTime = 0
    private(set) var late = 0
    private(set) var paid = 0.0
    private(set) var starved = 0
    private(set) var explorationLoss = 0.0
    private(set) var counts = (created: 0, done: 0, open: 0, expired: 0)
    private var spam = 0
    private var waits: [Int32] = []
    private var filledByBand = [Int](repeating: 0, count: 4)
    private var filledByDeadline = [Int](repeating: 0, count: 4)
    private var earned: [Double]
    private var available: [Double]
    private var firstWork: [Int]
    private var (usedUnits, usableUnits) = (0, 0)
    private var expiredThisWeek: [Int] = []
    private var weeklyPrices: [Double] = []
    private var serviceTicks: [Int64] = []
    private var priceDays: [Double] = []
    /// Of the time from offer to end, of the last thousand answers; a quarter of a day before there are any.
    private(set) var serviceP90Ticks = 24

    init(_ market: WeekMarket) {
        natures = market.workers.map(\.nature)
        joinTicks = market.workers.map(\.joinTick)
        homes = WeekTally.homes(market)
        luck = WeekLuck.byWorker(market)
        labels = LabelTally(seed: market.seed, tasks: market.tasks.count, skills: WeekBeliefs.recorded(market))
        var (byBand, byDeadline) = (filledByBand, filledByDeadline)
        for task in market.tasks {
            byBand[Self.band(task)] += task.answers
            byDeadline[task.deadlineClass] += task.answers
        }
        sizes = (market.tasks.map(\.answers), byBand, byDeadline)
        earned = Array(repeating: 0, count: market.workers.count)
        available = earned
        firstWork = Array(repeating: Int.max, count: market.workers.count)
    }

    private static func homes(_ market: WeekMarket) -> [Int] {
        var homes = [Int](repeating: -1, count: market.workers.count)
        for skill in market.skills where homes[Int(skill.worker)] < 0 { homes[Int(skill.worker)] = Int(skill.cell) }
        return homes
    }

    /// The quarter of all tasks, by value ÷ pay: the quartiles of the generator.
    static func band(_ task: WeekTask) -> Int {
        let ratio = Double(task.value) / Double(max(task.pay, 1))
        return ratio < 4.08 ? 0 : ratio < 8 ? 1 : ratio < 15.7 ? 2 : 3
    }

    mutating func filled(_ task: WeekTask, after ticks: Int, serviceTicks service: Int) {
        fills += 1
        waits.append(Int32(ticks))
        filledByBand[Self.band(task)] += 1
        filledByDeadline[task.deadlineClass] += 1
        serviceTicks.append(Int64(service))
        guard serviceTicks.count >= 1_000 else { return }
        serviceP90Ticks = max(Int(Lateness.serviceP90Seconds(serviceTicks) ?? 24), 1)
        serviceTicks = []
    }

    mutating func finished(_ task: WeekTask, worker: Int, worth: Double, isInTime: Bool, at tick: Int) {
        // Late work is paid, and worth nothing else.
        self.worth += isInTime ? worth : -Double(task.pay)
        if isInTime { inTime += 1 } else { late += 1 }
        paid += Double(task.pay)
        earned[worker] += Double(task.pay)
        firstWork[worker] = min(firstWork[worker], tick)
        if natures[worker] == .spammer { spam += 1 }
    }

    mutating func expired(_ task: Int) { expiredThisWeek.append(task) }

    mutating func explored(loss: Double) { explorationLoss += loss }

    mutating func weekEnded(_ worker: Int, used: Int, usable: Int) {
        usedUnits += used
        usableUnits += usable
        available[worker] += Double(usable)
    }

    /// Counts the tasks of the week that expired although somebody who could have done them, and was never asked, ended
    /// the week with the time for it. Time that is left counts for one task: the shortest come first, and each takes
    /// from who has least left that suffices.
    mutating func starve(_ market: WeekMarket, used: [Int], week: Int, isTouched: [Bool]) {
        var left = used.indices.map { Int(market.usable[$0 * market.weeks + week]) - used[$0] }
        for number in expiredThisWeek.sorted(by: { (market.tasks[$0].units, $0) < (market.tasks[$1].units, $1) }) {
            let task = market.tasks[number]
            let idle = task.edges.compactMap { edge -> Int? in
                let skill = Int(market.edges[edge])
                let worker = Int(market.skills[skill].worker)
                let isIdle =
                    !isTouched[edge] && left[worker] >= task.units && market.isEligible(skill, at: task.deadline - 1)
                    && market.worth(task, by: skill, at: task.deadline - 1) > 0
                    && market.windowUnits(of: worker, from: task.arrival, to: task.deadline) >= 2 * task.units
                return isIdle ? worker : nil
            }
            guard let worker = idle.min(by: { (left[$0], $0) < (left[$1], $1) }) else { continue }
            left[worker] -= task.units
            starved += 1
        }
        expiredThisWeek = []
    }

    /// A night's prices, weighted by hours.
    mutating func priced(_ prices: [Int64], declared: [Int]) {
        let sum = zip(prices, declared).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        priceDays.append(sum / Double(max(declared.reduce(0, +), 1)))
        if priceDays.count == 7 {
            weeklyPrices.append(priceDays.reduce(0, +) / 7)
            priceDays = []
        }
    }

    mutating func close(_ counts: (created: Int, done: Int, open: Int, expired: Int)) { self.counts = counts }
}

/// What is reported.
extension WeekTally {
    func metrics(bound: Double, boundOfAll: Double, days: Int) -> [WeekMetric: Double] {
        var found: [WeekMetric: Double] = [:]
        let answers = Double(max(sizes.answers.reduce(0, +), 1))
        found[.welfare] = bound > 0 ? worth / bound : 1
        found[.welfareOfAll] = boundOfAll > 0 ? worth / boundOfAll : 1
        found[.filled] = Double(fills) / answers
        found[.onTime] = Double(inTime) / Double(max(inTime + late, 1))
        let byBand: [WeekMetric] = [.fillLowest, .fillLower, .fillHigher, .fillHighest]
        for (band, metric) in byBand.enumerated() {
            found[metric] = Double(filledByBand[band]) / Double(max(sizes.byBand[band], 1))
        }
        let byDeadline: [WeekMetric] = [.fillHours, .fillDay, .fillThreeDays, .fillLonger]
        for (place, metric) in byDeadline.enumerated() {
            found[metric] = Double(filledByDeadline[place]) / Double(max(sizes.byDeadline[place], 1))
        }
        let sorted = waits.sorted()
        if !sorted.isEmpty {
            // A fill at once counts as half a tick.
            let middle = max(Double(sorted[sorted.count / 2]), 0.5) * 15
            let tail = max(Double(sorted[min(sorted.count * 99 / 100, sorted.count - 1)]), 0.5) * 15
            (found[.waitMedian], found[.waitTail], found[.waitTailIndex]) = (middle, tail, tail / middle)
        }
        found[.utilisation] = Double(usedUnits) / Double(max(usableUnits, 1))
        found[.gini] = gini
        found[.luckCorrelation] = luckCorrelation
        found[.costPerAnswer] = paid / 1_000_000 / Double(max(inTime, 1))
        found.merge(labels.metrics) { $1 }
        found[.exploration] = worth > 0 ? explorationLoss / worth : 0
        found[.starved] = Double(starved)
        found[.offersPerFill] = Double(offers) / Double(max(fills, 1))
        found[.capViolations] = Double(capViolations)
        found[.volatility] = volatility
        found[.spamShare] = Double(spam) / Double(max(inTime + late, 1))
        found[.newcomersPaid] = newcomersPaid(days: days)
        return found.filter { $0.value.isFinite }
    }

    /// Honest workers who would have given an hour or more, by cell, of five or more.
    private var peers: [[Int]] {
        let byCell = Dictionary(grouping: homes.indices.filter { available[$0] >= 4 && natures[$0] == .honest }) {
            homes[$0]
        }
        return byCell.keys.sorted().map { byCell[$0] ?? [] }.filter { $0.count >= 5 }
    }

    /// Of earnings per available hour with luck (``WeekLuck``), within each cell.
    private var luckCorrelation: Double {
        let pairs = peers.map { cell in
            cell.filter { luck[$0].isFinite }
                .map { (first: luck[$0], second: earned[$0] / available[$0] / 1_000_000) }
        }
        return WeekLuck.correlation(pairs) ?? .nan
    }

    /// Of earnings per available hour, within each cell, by available hours.
    private var gini: Double {
        var (sum, weight) = (0.0, 0.0)
        for cell in peers {
            let rates = cell.map { earned[$0] / available[$0] }.sorted()
            let total = rates.reduce(0, +)
            guard total > 0 else { continue }
            let ranked = rates.enumerated().reduce(0.0) { $0 + Double($1.offset + 1) * $1.element }
            let count = Double(rates.count)
            sum += (2 * ranked / (count * total) - (count + 1) / count) * count
            weight += count
        }
        return weight > 0 ? sum / weight : 0
    }

    /// The mean change of the price of an hour from week to week, as a share.
    private var volatility: Double {
        guard weeklyPrices.count > 1 else { return 0 }
        let changes = zip(weeklyPrices, weeklyPrices.dropFirst()).map { abs($1 - $0) / max($0, 1) }
        return changes.reduce(0, +) / Double(changes.count)
    }

    /// Of those who joined during the study, how many had done paid work within 72 hours.
    private func newcomersPaid(days: Int) -> Double {
        let joined = joinTicks.indices.filter {
            joinTicks[$0] > 0 && joinTicks[$0] + 3 * Tick.perDay <= days * Tick.perDay
        }
        guard !joined.isEmpty else { return .nan }
        return Double(joined.filter { firstWork[$0] <= joinTicks[$0] + 3 * Tick.perDay }.count) / Double(joined.count)
    }
}
