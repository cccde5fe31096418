internal import Matching

/// Makes a market from a seed: the one that ALGORITHMS.md describes (log-normal values, Beta qualities, Zipf cells of
/// skill, 3 or 4 to a worker, 1 to 3 answers), with windows, deadlines and answers to offers on top. Where every number
/// comes from, and which one was changed after a first measurement, is in docs/SIMULATION.md.
struct WeekMarketMaker {
    let workers: Int
    let days: Int
    let seed: UInt64
    let scenario: PolicyScenario
    var grants: WeekGrants = []
    /// Candidates of a task at most; on a database all of its cell.
    var eligibleMax = 24

    /// What the first forecasts rest on.
    static let pastWeeks = 4
    /// How long answers take, in units.
    static let durations = [1, 1, 2, 2, 3, 4]
    /// Answers × duration on average.
    static let unitsPerTask = 2.0 * 13 / 6
    /// A value ÷ pay is log-normal about this middle with the deviation 1 of its logarithm.
    static let valueMiddle = 8.0
    /// Accuracies are drawn from it: 0.857 ± 0.065.
    static let accuracies = BetaBelief(successes: 24, failures: 4)
    /// The share of the tasks that a middling expert's answer to is worth its pay: only these count as demand.
    static let worthwhile = PureMath.normalShare(
        upTo: PureMath.log(valueMiddle * (accuracies.mean - WeekMarket.bar)))
    /// What a quarter of an hour pays, in micro-units: 95 an hour.
    static let payPerUnit: Int64 = 23_750_000

    private var cellCount: Int { max(8, workers / 25) }
    private var shockCell: Int { cellCount / 4 }
    private var thinCell: Int { cellCount / 3 }

    func market() -> WeekMarket {
        let people = people()
        let skills = skills(people)
        var members = [[Int32]](repeating: [], count: cellCount)
        for (place, skill) in skills.enumerated() { members[Int(skill.cell)].append(Int32(place)) }
        var edges: [Int32] = []
        let supply = usable(people, until: days * Tick.perDay).reduce(0.0) { $0 + Double($1) }
        let usable = usable(people, until: days * Tick.perDay + WeekMarket.deadlineTicksMax)
        let weekSupply = supply / Double(days) * 7
        let demand = supply / scenario.hoursOverDemand
        let tasks = tasks(members, units: demand, days: days, stream: 3, &edges)
        let past = self.tasks(
            members, units: weekSupply / scenario.hoursOverDemand * Double(Self.pastWeeks), days: 7 * Self.pastWeeks,
            stream: 4, &edges)
        return WeekMarket(
            scenario: scenario, seed: seed, grants: grants, days: days, workers: people, skills: skills, tasks: tasks,
            past: past,
            edges: edges, cellCount: cellCount, windowsBefore: people.map(Self.windows), usable: usable
        )
    }

    private func random(_ stream: UInt64, _ subject: Int = 0) -> PolicyRandom {
        PolicyRandom(seed: seed &* 1_000_003 &+ stream, subject: UInt128(subject))
    }

    private func people() -> [WeekWorker] {
        let joining = scenario == .newcomers ? workers * 3 / 10 : 0
        return (0..<workers + joining).map { place in
            var random = random(1, place)
            let isSkewed = scenario == .zones
            let zone = isSkewed && random.unit() < 0.7 ? 8 : Int(random.next() % 17) - 8
            var leave = 0.0
            leave -= PureMath.log(1 - random.unit()) * 650 * Double(Tick.perDay)
            let draw = random.unit()
            let nature: WeekWorker.Nature =
                scenario == .spam && draw < 0.4 ? .spammer : scenario == .ring && draw < 0.05 ? .sleeper : .honest
            let isCopying = scenario == .ring && draw > 0.9
            // 3 to 11 hours a week.
            let declared = 12 + Int(random.next() % 33)
            let join = place < workers ? 0 : days * Tick.perDay / 3
            let windowStart = 28 + Int(random.next() % 40)
            let (length, week) = (16 + Int(random.next() % 17), Self.workingDays[Int(random.next() % 4)])
            let windowTicks = grants.contains(.windows) ? Tick.perDay : length
            let workingDays = grants.contains(.windows) ? 0b1111111 : week
            return WeekWorker(
                zone: zone, windowStart: windowStart, windowTicks: windowTicks,
                days: workingDays, declaredUnits: declared,
                usableShare: 0.6 + 0.4 * random.unit(), costShare: 0.4 + 0.5 * random.unit(),
                readiness: nature == .spammer ? 3 : 0.5 + 0.7 * random.normal(),
                pace: PureMath.exp(0.2 * random.normal()), joinTick: join,
                leaveTick: leave < 1e9 ? Int(leave) + 1 : Int.max,
                lapseTick: scenario == .cliff && draw < 0.2 ? days * Tick.perDay / 2 : Int.max, nature: nature,
                ring: isCopying ? Int32(place / 50) : -1
            )
        }
    }

    /// Monday to Friday, to Saturday, all days, and Tuesday to Saturday.
    private static let workingDays = [0b0011111, 0b0111111, 0b1111111, 0b0111110]

    private func skills(_ people: [WeekWorker]) -> [WeekSkill] {
        let cells = Zipf(cellCount, exponent: 1)
        var found: [WeekSkill] = []
        for (place, worker) in people.enumerated() {
            var random = random(2, place)
            var mine: Set<Int> = []
            let count = 3 + Int(random.next() % 2)
            if scenario == .thin, place < 5 { mine.insert(thinCell) }
            while mine.count < count {
                let cell = cells.draw(&random)
                if scenario == .thin, cell == thinCell { continue }
                mine.insert(cell)
            }
            for cell in mine.sorted() {
                let accuracy = Self.accuracies.draw(&random)
                let isNew = worker.joinTick > 0 || (worker.nature == .spammer && random.unit() < 0.5)
                let seen = isNew ? 0 : 20 + Double(random.next() % 181)
                let shown = worker.nature == .spammer ? WeekMarket.bar : accuracy
                let deviation = seen > 0 ? (shown * (1 - shown) / seen).squareRoot() : 0
                let share = min(max(shown + deviation * random.normal(), 0.02), 0.995)
                found.append(
                    WeekSkill(
                        worker: Int32(place), cell: Int32(cell), accuracy: accuracy, right: seen * share,
                        wrong: seen * (1 - share)
                    ))
            }
        }
        return found
    }

    /// Worker × weeks + week; nothing after the tick.
    private func usable(_ people: [WeekWorker], until last: Int) -> [Int32] {
        let weeks = WeekMarket.weeks(days: days)
        return people.enumerated().flatMap { place, worker in
            (0..<weeks).map { week in
                var random = random(5, place * 1_000 + week)
                let share = min(max(worker.usableShare + 0.1 * random.normal(), 0), 1)
                let (start, end) = (week * Tick.perWeek, min((week + 1) * Tick.perWeek, last))
                let present = max(min(end, worker.leaveTick) - max(start, worker.joinTick), 0)
                let units = Double(worker.declaredUnits) * share * Double(present) / Double(Tick.perWeek)
                return Int32(units.rounded(.down))
            }
        }
    }

    private static func windows(_ worker: WeekWorker) -> [UInt16] {
        var before: [UInt16] = [0]
        before.reserveCapacity(Tick.perWeek + 1)
        var sum: UInt16 = 0
        for tick in 0..<Tick.perWeek {
            if worker.isThere(at: tick) { sum += 1 }
            before.append(sum)
        }
        return before
    }
}

/// Tasks, in bursts.
extension WeekMarketMaker {
    private func tasks(
        _ members: [[Int32]], units: Double, days: Int, stream: UInt64, _ edges: inout [Int32]
    ) -> [WeekTask] {
        let cells = Zipf(cellCount, exponent: 1)
        var random = random(stream)
        var drafts: [(arrival: Int, cell: Int)] = []
        var (left, burst) = (units, 0)
        while left > 0 {
            // A requester brings 1 to 40 tasks of one cell within hours.
            let cell = cells.draw(&random)
            let size = min(Int((1 / (1 - random.unit() * 0.975)).rounded(.down)), 40)
            let start = arrival(&random, days: days)
            let isShock =
                stream == 3 && cell == shockCell && start >= days * Tick.perDay / 3
                && start < days * Tick.perDay / 3 + 3 * Tick.perDay
            let copies = scenario == .shock && isShock ? 3 : 1
            for _ in 0..<size * copies {
                drafts.append((min(start + Int(random.next() % 8), days * Tick.perDay - 1), cell))
            }
            left -= Double(size) * Self.unitsPerTask * Self.worthwhile
            burst += 1
        }
        drafts.sort { ($0.arrival, $0.cell) < ($1.arrival, $1.cell) }
        let last = days * Tick.perDay + WeekMarket.deadlineTicksMax - 1
        return drafts.compactMap { task($0.arrival, cell: $0.cell, members[$0.cell], until: last, &random, &edges) }
    }

    private func arrival(_ random: inout PolicyRandom, days: Int) -> Int {
        let day = Int(random.next() % UInt64(days))
        if day % 7 >= 5, random.unit() < 0.5 { return arrival(&random, days: days) }
        // Two of three in the day of the requesters' zone; all of them in one zone's when zones are skewed.
        let isDay = random.unit() < (scenario == .zones ? 0.95 : 0.67)
        let tick = isDay ? 56 + Int(random.next() % 36) : Int(random.next() % 96)
        return day * Tick.perDay + tick % Tick.perDay
    }

    private func task(
        _ arrival: Int, cell: Int, _ members: [Int32], until last: Int, _ random: inout PolicyRandom,
        _ edges: inout [Int32]
    ) -> WeekTask? {
        guard !members.isEmpty else { return nil }
        let first = edges.count
        if members.count <= eligibleMax {
            edges.append(contentsOf: members)
        } else {
            // Every so many-th of the cell, from a place of the task's own.
            let stride = Double(members.count) / Double(eligibleMax)
            let start = random.unit() * Double(members.count)
            for step in 0..<eligibleMax {
                let place = Int(start + Double(step) * stride + random.unit() * (stride - 1)) % members.count
                if edges.count == first || !edges[first...].contains(members[place]) { edges.append(members[place]) }
            }
        }
        let answers = min(1 + Int(random.next() % 3), edges.count - first)
        let drawnUnits = Self.durations[Int(random.next() % 6)]
        let units = grants.contains(.durations) ? 2 : drawnUnits
        let ratio = Self.valueMiddle * PureMath.exp(random.normal())
        let pay = Self.payPerUnit * Int64(units)
        // About two days, from 6 hours to 5 days.
        let most = WeekMarket.deadlineTicksMax
        let drawn = min(max(Int(48 * PureMath.exp(random.normal()) * 4), 24), most)
        let isUndated = scenario == .undated && random.unit() < 1.0 / 3
        return WeekTask(
            arrival: arrival,
            deadline: isUndated ? last : arrival + (grants.contains(.time) ? most : drawn), cell: Int32(cell),
            answers: answers, units: units, value: PureMath.scaled(pay, by: ratio), pay: pay, isUndated: isUndated,
            edges: first..<edges.count
        )
    }
}

/// Numbers from 0 up, the n-th with a chance as 1 ÷ (n + 1)^exponent.
struct Zipf {
    private let sums: [Double]

    init(_ count: Int, exponent: Double) {
        var (sum, sums) = (0.0, [Double]())
        for rank in 1...max(count, 1) {
            sum += PureMath.exp(-exponent * PureMath.log(Double(rank)))
            sums.append(sum)
        }
        self.sums = sums
    }

    func draw(_ random: inout PolicyRandom) -> Int {
        let target = random.unit() * (sums.last ?? 0)
        var (low, high) = (0, sums.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > target { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
