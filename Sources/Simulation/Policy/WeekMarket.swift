internal import Matching

/// What time is counted in: ticks of 15 minutes, as units of work.
enum Tick {
    static let perDay = 96
    static let perWeek = 672
}

/// A worker as they are; what the scheduler knows of them is in ``WeekBeliefs``.
struct WeekWorker {
    enum Nature { case honest, spammer, sleeper }

    /// Hours east of Greenwich.
    let zone: Int
    /// Tick of the local day at which their window begins, how long it is, and on which days, by bit.
    let windowStart: Int
    let windowTicks: Int
    let days: Int
    /// What they declare for a week, in units; never exceeded.
    let declaredUnits: Int
    /// What share of it they give, on average.
    let usableShare: Double
    /// What a unit costs them ÷ what is paid for it.
    let costShare: Double
    /// How readily they accept.
    let readiness: Double
    /// Their time ÷ the expected time.
    let pace: Double
    let joinTick: Int
    let leaveTick: Int
    /// From when on their first skill is without its credential.
    let lapseTick: Int
    let nature: Nature
    /// Which copy ring, −1 for none.
    let ring: Int32

    /// Whether they are there.
    func isThere(at tick: Int) -> Bool {
        let local = tick + zone * 4 + Tick.perWeek
        let start = local - windowStart
        guard start % Tick.perDay < windowTicks else { return false }
        return days >> ((start / Tick.perDay) % 7) & 1 == 1
    }

    /// Of the hours of the window, the one nearest to this hour.
    func hourNearest(to hour: Int) -> Int {
        let hours = (windowStart / 4...(windowStart + windowTicks - 1) / 4).map { $0 % 24 }
        return hours.min { abs($0 - hour) < abs($1 - hour) } ?? hour
    }

    /// Of the local day, 0 to 23.
    func hour(at tick: Int) -> Int { (tick / 4 + zone + 24) % 24 }
}

/// A skill: who has it, in which cell, and how good they are.
struct WeekSkill {
    let worker: Int32
    let cell: Int32
    /// Chance of a right answer.
    let accuracy: Double
    /// What was seen of it before the study began.
    let right: Double
    let wrong: Double
}

/// A task. Amounts are in micro-units for each answer.
struct WeekTask {
    let arrival: Int
    let deadline: Int
    let cell: Int32
    let answers: Int
    let units: Int
    let value: Int64
    let pay: Int64
    /// Whether nobody said by when it is to be done: then it is what the end of the study leaves.
    let isUndated: Bool
    /// Its candidates: places in ``WeekMarket/edges``, which are places in ``WeekMarket/skills``.
    let edges: Range<Int>

    /// How much time there was, 0 to 3.
    var deadlineClass: Int {
        let ticks = deadline - arrival
        return ticks < 48 ? 0 : ticks < 96 ? 1 : ticks < 288 ? 2 : 3
    }
}

/// What a study may grant to every policy, so that what its lack costs can be measured.
package struct WeekGrants: OptionSet, Hashable, Sendable {
    /// The bits.
    package let rawValue: Int

    /// From the bits.
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Each by its name.
    package static let byName: [(name: String, grant: WeekGrants)] = [
        ("skills", .skills), ("demand", .demand), ("answers", .answers), ("windows", .windows), ("hours", .hours),
        ("durations", .durations), ("time", .time),
    ]

    /// Skills are known as they are.
    package static let skills = WeekGrants(rawValue: 1)
    /// The tasks to come are known, except to those who look at none.
    package static let demand = WeekGrants(rawValue: 2)
    /// Everybody accepts everything, at once.
    package static let answers = WeekGrants(rawValue: 4)
    /// Everybody is there at all times.
    package static let windows = WeekGrants(rawValue: 8)
    /// What a worker will give in a week is known when it begins.
    package static let hours = WeekGrants(rawValue: 16)
    /// Every answer takes half an hour.
    package static let durations = WeekGrants(rawValue: 32)
    /// No task is urgent: there are five days for each.
    package static let time = WeekGrants(rawValue: 64)
}

/// Everything that happens whoever decides: the same for every policy of a seed.
struct WeekMarket {
    let scenario: PolicyScenario
    let seed: UInt64
    let grants: WeekGrants
    /// On which tasks arrive; the market goes on until the last of them is due.
    let days: Int
    let workers: [WeekWorker]
    let skills: [WeekSkill]
    /// In the order of arrival.
    let tasks: [WeekTask]
    /// A week of the same kind before the study began: what the first forecast rests on.
    let past: [WeekTask]
    let edges: [Int32]
    let cellCount: Int
    /// Window units of each worker's week before each of its ticks.
    let windowsBefore: [[UInt16]]
    /// What each worker really gives in each week, in units: worker × ``weeks`` + week.
    let usable: [Int32]

    /// When the last tasks arrive, which everybody knows.
    var arrivalEnd: Int { days * Tick.perDay }
    var ticks: Int { arrivalEnd + Self.deadlineTicksMax }
    var weeks: Int { Self.weeks(days: days) }

    /// No task that is due has more time: five days.
    static let deadlineTicksMax = 5 * Tick.perDay

    static func weeks(days: Int) -> Int {
        (days * Tick.perDay + deadlineTicksMax + Tick.perWeek - 1) / Tick.perWeek
    }

    /// The quality that is worth nothing.
    static let bar = 0.5
    /// From when on sleepers are bad.
    static let sleepTicks = 7 * Tick.perDay

    /// The units of a worker's windows from one tick to another.
    func windowUnits(of worker: Int, from start: Int, to end: Int) -> Int {
        guard end > start else { return 0 }
        let before = windowsBefore[worker]
        func until(_ tick: Int) -> Int {
            tick / Tick.perWeek * Int(before[Tick.perWeek]) + Int(before[tick % Tick.perWeek])
        }
        return until(end) - until(start)
    }

    /// How long a task takes a worker, in ticks of their windows.
    func duration(of task: WeekTask, by worker: Int) -> Int {
        max(Int((Double(task.units) * workers[worker].pace).rounded()), 1)
    }

    /// When work begun at a tick ends that takes so many units of the worker's windows.
    func end(of units: Int, by worker: Int, from start: Int) -> Int {
        let person = workers[worker]
        var (left, tick) = (units, start)
        let last = start + 3 * Tick.perWeek
        while left > 0, tick < last {
            if person.isThere(at: tick) { left -= 1 }
            tick += 1
        }
        return tick
    }

    /// The first tick from this one on at which the worker is there.
    func nextPresence(of worker: Int, from start: Int) -> Int {
        let person = workers[worker]
        var tick = start
        while tick < start + Tick.perWeek, !person.isThere(at: tick) { tick += 1 }
        return tick
    }

    /// Whether a worker is there and, if they have nothing in hand, looks for work: at every second quarter of an hour.
    func isLooking(_ worker: Int, at tick: Int) -> Bool {
        guard workers[worker].isThere(at: tick) else { return false }
        var random = PolicyRandom(seed: seed &+ 55, subject: UInt128(tick) << 32 | UInt128(worker))
        return random.unit() < 0.5
    }

    /// Whether nothing can be decided: S10.
    func isOut(at tick: Int) -> Bool {
        let first = 3 * Tick.perDay + 60
        return scenario == .outage && (first..<first + 2).contains(tick % Tick.perWeek)
    }

    /// How good an answer of this skill is, at a tick.
    func accuracy(_ skill: Int, at tick: Int) -> Double {
        let worker = workers[Int(skills[skill].worker)]
        switch worker.nature {
        case .honest: return skills[skill].accuracy
        case .spammer: return Self.bar
        case .sleeper: return tick < Self.sleepTicks ? skills[skill].accuracy : Self.bar + 0.05
        }
    }

    /// What somebody answers: the same whoever decides.
    ///
    /// - Returns: whether it is right, and whether it is checked.
    func answer(to task: Int, by skill: Int, at tick: Int) -> (isRight: Bool, isChecked: Bool) {
        var random = PolicyRandom(seed: seed &+ 99, subject: UInt128(task) << 32 | UInt128(skills[skill].worker))
        let isChecked = random.unit() < WeekRun.checkedShare
        return (isRight: random.unit() < accuracy(skill, at: tick), isChecked: isChecked)
    }

    /// What an answer is really worth: value × (accuracy − bar) − pay, in micro-units.
    func worth(_ task: WeekTask, by skill: Int, at tick: Int) -> Double {
        Double(task.value) * (accuracy(skill, at: tick) - Self.bar) - Double(task.pay)
    }

    /// Whether the worker of a skill may do a task of its cell at a tick.
    func isEligible(_ skill: Int, at tick: Int) -> Bool {
        let worker = workers[Int(skills[skill].worker)]
        guard tick >= worker.joinTick, tick < worker.leaveTick else { return false }
        return tick < worker.lapseTick || !isFirstSkill(skill)
    }

    private func isFirstSkill(_ skill: Int) -> Bool {
        skill == 0 || skills[skill - 1].worker != skills[skill].worker
    }
}
