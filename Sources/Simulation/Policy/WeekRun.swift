internal import Matching

/// One policy in one market, tick by tick. Nothing is read but the market's seed: the same run gives the same result.
struct WeekRun {
    /// Where a task stands.
    enum State: UInt8 { case coming, open, done, expired }

    /// An offer that waits for its answer, or an answer that is worked on.
    struct Deal {
        let task: Int
        let edge: Int
        let skill: Int
        let worker: Int
        let sent: Int
        let isAccepted: Bool
        let minutes: Int
    }

    let market: WeekMarket
    let policy: WeekPolicy
    var weights = ValueWeights()
    var beliefs: WeekBeliefs
    var tally: WeekTally
    private(set) var tick = 0

    // Workers.
    /// Units reserved or worked this week, and in offers that wait.
    var used: [Int]
    var pending: [Int]
    /// Offers and answers not ended.
    var live: [Int]
    var nextFree: [Int]
    private var unitsToday: [Int]
    /// Tasks that a worker may do and that may still want answers, with the edge.
    var listed: [[(task: Int32, edge: Int32)]]
    /// By week, of what they really give.
    private(set) var declared: [Int]
    /// Who said that they have no more time today.
    private(set) var isSpent: [Bool]

    // Tasks.
    private(set) var states: [State]
    /// Answers that nobody has accepted or is asked for.
    var missing: [Int]
    private var unfinished: [Int]
    /// By edge: offered, declined or done; never to be offered again.
    var isTouched: [Bool]
    private(set) var counts = (created: 0, done: 0, open: 0, expired: 0)

    // What comes at which tick.
    var due: [[Int]]
    private var answers: [[Deal]]
    private var ends: [[Deal]]
    private var deadlines: [[Int]]
    private var nextArrival = 0

    /// Rings whose copying was seen, and how often their members met.
    private(set) var knownRings: Set<Int32> = []
    private var ringMeetings: [Int32: Int] = [:]
    var ringsOnTask: [Int: [Int32]] = [:]
    /// Of open tasks (WeekRun+Serving).
    var prospects: [Prospects?]

    // What the prices are made of (WeekRun+Prices).
    var prices: [HourPrice]
    /// Of a unit when the week began: what one may cost next week.
    var openingMicros: [Int64]
    var forecastErrorMillionths = 0
    var forcedUnits = 0

    /// How many offers and leases a worker holds at most.
    static let liveMax = 8
    /// How many ticks until a task that found nobody is looked at again.
    static let retryTicks = 4
    /// What share of the answers is checked.
    static let checkedShare = 0.2
    /// A pair of copiers is known after so many tasks in common.
    static let ringEvidence = 20

    init(market: WeekMarket, policy: WeekPolicy) {
        (self.market, self.policy) = (market, policy)
        beliefs = WeekBeliefs(market)
        tally = WeekTally(market)
        let (people, span) = (market.workers.count, market.ticks + 16 * Tick.perDay)
        used = Array(repeating: 0, count: people)
        (pending, live, nextFree, unitsToday, declared) = (used, used, used, used, used)
        isSpent = Array(repeating: false, count: people)
        listed = Array(repeating: [], count: people)
        states = Array(repeating: .coming, count: market.tasks.count)
        prospects = Array(repeating: nil, count: market.tasks.count)
        missing = market.tasks.map(\.answers)
        unfinished = missing
        isTouched = Array(repeating: false, count: market.edges.count)
        due = Array(repeating: [], count: span)
        (answers, ends) = (Array(repeating: [], count: span), Array(repeating: [], count: span))
        deadlines = Array(repeating: [], count: span)
        prices = Array(repeating: HourPrice(nightlyMicros: 0), count: people)
        openingMicros = Array(repeating: 0, count: people)
        for (place, task) in market.tasks.enumerated() { deadlines[task.deadline].append(place) }
    }

    /// Runs to the end of the last day; calls `check` after every tick.
    mutating func run(_ check: (WeekRun) throws -> Void = { _ in }) throws -> WeekTally {
        while tick < market.ticks {
            if tick % Tick.perWeek == 0 { beginWeek() }
            if tick % Tick.perDay == 0 { try beginDay() }
            for deal in ends[tick] { finish(deal) }
            for deal in answers[tick] { answer(deal) }
            for task in deadlines[tick] where states[task] == .open { expire(task) }
            arrive()
            if isOut { due[tick + 1] += due[tick] } else { decide() }
            due[tick] = []
            try check(self)
            tick += 1
        }
        // What is accepted is finished when it was said it would be.
        for later in tick..<ends.count {
            tick = later
            for deal in ends[later] { finish(deal) }
        }
        closeWeek()
        tally.close(counts)
        return tally
    }

    /// Whether nothing can be decided: S10.
    private var isOut: Bool { market.isOut(at: tick) }

    var week: Int { tick / Tick.perWeek }
    var weekStart: Int { week * Tick.perWeek }
    var weekEnd: Int { min(weekStart + Tick.perWeek, market.ticks) }

    private mutating func beginWeek() {
        if tick > 0 { closeWeek() }
        let length = weekEnd - weekStart
        for worker in used.indices {
            used[worker] = 0
            declared[worker] = market.workers[worker].declaredUnits * length / Tick.perWeek
        }
    }

    private mutating func closeWeek() {
        let week = (min(tick, market.ticks) - 1) / Tick.perWeek
        for worker in used.indices {
            let usable = Int(market.usable[worker * market.weeks + week])
            // Work runs out in the last days; what is made of hours is asked of the weeks before.
            if (week + 1) * Tick.perWeek <= market.arrivalEnd {
                tally.weekEnded(worker, used: used[worker], usable: usable)
            }
            beliefs.saw(weekOf: worker, declared: declared[worker], usable: usable)
        }
        tally.starve(market, used: used, week: week, isTouched: isTouched)
    }

    private mutating func beginDay() throws {
        for worker in unitsToday.indices {
            unitsToday[worker] = 0
            isSpent[worker] = false
        }
        forcedUnits = 0
        beliefs.refresh()
        if policy == .ours { try solvePrices() }
    }

    private mutating func arrive() {
        while nextArrival < market.tasks.count, market.tasks[nextArrival].arrival <= tick {
            states[nextArrival] = .open
            if policy == .ours || policy == .pull { list(nextArrival) }
            due[tick].append(nextArrival)
            counts.created += 1
            counts.open += 1
            nextArrival += 1
        }
    }

    private mutating func decide() {
        switch policy {
        case .ours:
            measureForecastError()
            serveFree()
        case .fifo:
            // In the order of arrival.
            for task in Set(due[tick]).sorted() where isWanting(task) {
                decideByQuality(task)
                if missing[task] > 0 { retry(task, at: tick + Self.retryTicks) }
            }
        case .greedy: decideGreedily(Set(due[tick]).sorted().filter { isWanting($0) })
        case .pull: letWorkersPull()
        case .hindsight: break
        }
    }

    func isWanting(_ task: Int) -> Bool { states[task] == .open && missing[task] > 0 }

    mutating func retry(_ task: Int, at tick: Int) {
        guard tick < min(market.tasks[task].deadline, market.ticks) else { return }
        due[tick].append(task)
    }

    /// How long an offer waits for its answer once the worker is there: a quarter of the time left, two hours at most.
    /// The same whoever decides.
    private static func patienceTicks(_ left: Int) -> Int { min(max(left / 4, 2), WorkerResponse.patienceTicks) }

    // MARK: Looking for work

    private mutating func list(_ number: Int) {
        for edge in market.tasks[number].edges {
            listed[Int(market.skills[Int(market.edges[edge])].worker)].append((Int32(number), Int32(edge)))
        }
    }

    /// Whether a worker looks for work now: they are there, have nothing in hand and hours left, and not everybody
    /// looks at every quarter of an hour.
    func isLooking(_ worker: Int) -> Bool {
        live[worker] == 0 && !isSpent[worker] && !listed[worker].isEmpty && market.isLooking(worker, at: tick)
    }

    /// What is listed for a worker, wants answers and fits in the hours that they know they have.
    mutating func openTasks(of worker: Int) -> [(task: Int, edge: Int)] {
        listed[worker].removeAll { states[Int($0.task)] != .open || isTouched[Int($0.edge)] }
        let hours = Int(market.usable[worker * market.weeks + week]) - used[worker]
        return listed[worker].map { (Int($0.task), Int($0.edge)) }
            .filter { missing[$0.0] > 0 && market.tasks[$0.0].units <= hours }
    }

    /// A worker sees a task and does not take it.
    mutating func decline(_ number: Int, _ edge: Int) {
        let worker = Int(market.skills[Int(market.edges[edge])].worker)
        isTouched[edge] = true
        tally.offers += 1
        beliefs.saw(offerTo: worker, units: market.tasks[number].units)
        beliefs.saw(
            answerOf: worker, hour: market.workers[worker].hour(at: tick), isAccepted: false, minutes: 0)
    }

    // MARK: Offers

    /// Whether a worker may be offered a task on this edge now, whoever decides.
    func isFree(_ edge: Int, for task: WeekTask, number: Int) -> Bool {
        let skill = Int(market.edges[edge])
        let worker = Int(market.skills[skill].worker)
        guard !isTouched[edge], !isSpent[worker], live[worker] < Self.liveMax,
            used[worker] + pending[worker] + task.units <= declared[worker],
            market.isEligible(skill, at: tick)
        else { return false }
        let ring = market.workers[worker].ring
        if ring >= 0, knownRings.contains(ring), ringsOnTask[number]?.contains(ring) == true { return false }
        return market.windowUnits(of: worker, from: max(tick, nextFree[worker]), to: task.deadline) >= task.units
    }

    mutating func offer(_ number: Int, _ edge: Int) {
        let (task, skill) = (market.tasks[number], Int(market.edges[edge]))
        let worker = Int(market.skills[skill].worker)
        isTouched[edge] = true
        missing[number] -= 1
        pending[worker] += task.units
        live[worker] += 1
        tally.offers += 1
        beliefs.saw(offerTo: worker, units: task.units)
        let ring = market.workers[worker].ring
        if ring >= 0 { ringsOnTask[number, default: []].append(ring) }
        let outcome = WorkerResponse.outcome(
            market, task: number, worker: worker, sent: tick, unitsToday: unitsToday[worker])
        // An offer lapses in time for another.
        let seen = market.nextPresence(of: worker, from: tick)
        let lapse = min(max(outcome.tick, tick + 1), seen + Self.patienceTicks(task.deadline - seen))
        answers[lapse].append(
            Deal(
                task: number, edge: edge, skill: skill, worker: worker, sent: tick,
                isAccepted: outcome.isAccepted && outcome.tick <= lapse, minutes: outcome.minutes))
    }

    /// A worker takes a task of their own accord.
    mutating func take(_ number: Int, _ edge: Int) {
        let (task, skill) = (market.tasks[number], Int(market.edges[edge]))
        let worker = Int(market.skills[skill].worker)
        isTouched[edge] = true
        missing[number] -= 1
        pending[worker] += task.units
        live[worker] += 1
        tally.offers += 1
        beliefs.saw(offerTo: worker, units: task.units)
        answer(
            Deal(
                task: number, edge: edge, skill: skill, worker: worker, sent: tick, isAccepted: true, minutes: 0))
    }

    private mutating func answer(_ deal: Deal) {
        let (task, worker) = (market.tasks[deal.task], deal.worker)
        pending[worker] -= task.units
        let hasHours = used[worker] + task.units <= Int(market.usable[worker * market.weeks + week])
        let isAccepted =
            deal.isAccepted && hasHours && states[deal.task] == .open && market.isEligible(deal.skill, at: tick)
        if deal.isAccepted, !hasHours { isSpent[worker] = true }
        beliefs.saw(
            answerOf: worker, hour: market.workers[worker].hour(at: tick), isAccepted: isAccepted,
            minutes: deal.minutes)
        guard isAccepted else {
            live[worker] -= 1
            missing[deal.task] += 1
            ringsOnTask[deal.task]?.removeAll { $0 == market.workers[worker].ring }
            if states[deal.task] == .open { due[tick].append(deal.task) }
            return
        }
        used[worker] += task.units
        unitsToday[worker] += task.units
        if used[worker] > declared[worker] { tally.capViolations += 1 }
        let time = market.duration(of: task, by: worker)
        let end = market.end(of: time, by: worker, from: max(tick, nextFree[worker]))
        nextFree[worker] = end
        beliefs.saw(workOf: worker, minutes: time * 15, expected: task.units * 15)
        tally.filled(task, after: tick - task.arrival, serviceTicks: end - deal.sent)
        ends[min(max(end, tick + 1), ends.count - 1)].append(deal)
    }

    private mutating func finish(_ deal: Deal) {
        let (task, worker) = (market.tasks[deal.task], deal.worker)
        live[worker] -= 1
        var worth = market.worth(task, by: deal.skill, at: tick)
        let ring = market.workers[worker].ring
        if ring >= 0, let rings = ringsOnTask[deal.task], rings.filter({ $0 == ring }).count > 1 {
            ringMeetings[ring, default: 0] += 1
            if ringMeetings[ring, default: 0] >= Self.ringEvidence { knownRings.insert(ring) }
            // Of two copies, each is worth half.
            worth = (worth + Double(task.pay)) / 2 - Double(task.pay)
        }
        let isInTime = tick <= task.deadline
        tally.finished(task, worker: worker, worth: worth, isInTime: isInTime, at: tick)
        let answer = market.answer(to: deal.task, by: deal.skill, at: tick)
        if isInTime {
            tally.labels.hear(
                deal.task, isRight: answer.isRight, ring: ring, believed: beliefs.skills[deal.skill])
        }
        if answer.isChecked { beliefs.saw(skill: deal.skill, isRight: answer.isRight) }
        guard isInTime, states[deal.task] == .open else { return }
        unfinished[deal.task] -= 1
        if unfinished[deal.task] == 0 {
            states[deal.task] = .done
            prospects[deal.task] = nil
            counts.open -= 1
            counts.done += 1
        }
    }

    private mutating func expire(_ task: Int) {
        states[task] = .expired
        prospects[task] = nil
        counts.open -= 1
        counts.expired += 1
        if missing[task] > 0 { tally.expired(task) }
    }
}
