internal import Formats
internal import Foundation
internal import Logging
internal import Marketplace
internal import Matching
internal import Scheduler
internal import Store

/// One policy in one market on a database of its own, with money: the scheduler's rounds, offers, leases, reviews,
/// postings and payouts are the program's own, under a virtual clock. What people do is drawn as in ``WeekRun``.
///
/// Each task is a batch of its own, with its deadline and its stated value; each cell a profession with a rate. What
/// was on record of skills before is written as estimates, which move with the answers that are checked; four weeks of
/// batches that nobody did come before. Every answer is accepted by a reviewer in the night after it, and paid on
/// Fridays.
final class DatabaseRun {
    /// Work in hand.
    struct Held {
        let task: Int
        let edge: Int
        let worker: Int
        let assignment: Assignment
    }

    let week: WeekMarket
    let policy: WeekPolicy
    let market: Marketplace.Market
    let clock: ManualClock
    private let rounds: DatabaseRounds
    let people: DatabasePeople
    private var beliefs: WeekBeliefs
    private(set) var tally: WeekTally
    private(set) var tick = 0

    /// By worker: who they are once they joined, the units used this week, and whether they have work in hand or said
    /// that they have no more time today.
    var workers: [Worker.ID?]
    private var used: [Int]
    private var isBusy: [Bool]
    private var isSpent: [Bool]
    /// By task: its batch once it is published, and the answers that are not in yet.
    private var batches: [Batch.Key?]
    private var unfinished: [Int]
    private var taskOf: [Batch.ID: Int] = [:]
    /// By edge: offered, declined or done.
    private var isTouched: [Bool]
    private var edgeOf: [[Int32: Int]]
    private var ends: [[Held]]
    private var arrivals: Int = 0
    private var deadlines: [[Int]]
    private var toReview: [Assignment] = []
    private var counts = (created: 0, done: 0, open: 0, expired: 0)
    /// What the market refused, by code.
    private var refusals: [String: Int] = [:]
    private var checks = 0
    private var findings: [SimulationReport.Finding] = []

    /// Monday, 2 March 2026, midnight UTC.
    static let start = Date(timeIntervalSince1970: 1_772_409_600)
    /// How many offers somebody looks at, one after the other, until one is accepted.
    private static let shownMax = 3

    init(_ week: WeekMarket, _ policy: WeekPolicy, market: Marketplace.Market, clock: ManualClock) async throws {
        (self.week, self.policy, self.market, self.clock) = (week, policy, market, clock)
        clock.set(to: Self.start - Double(WeekMarketMaker.pastWeeks * Tick.perWeek + Tick.perDay) * 900)
        people = try await DatabasePeople(week, market: market)
        rounds = DatabaseRounds(policy, people: people, market: market, priceScale: week.scenario.priceScale)
        beliefs = WeekBeliefs(week)
        tally = WeekTally(week)
        let count = week.workers.count
        workers = Array(repeating: nil, count: count)
        used = Array(repeating: 0, count: count)
        (isBusy, isSpent) = (Array(repeating: false, count: count), Array(repeating: false, count: count))
        batches = Array(repeating: nil, count: week.tasks.count)
        unfinished = week.tasks.map(\.answers)
        isTouched = Array(repeating: false, count: week.edges.count)
        edgeOf = week.tasks.map { task in
            Dictionary(
                task.edges.map { (week.skills[Int(week.edges[$0])].worker, $0) },
                uniquingKeysWith: { first, _ in first })
        }
        ends = Array(repeating: [], count: week.ticks + 22 * Tick.perDay)
        deadlines = Array(repeating: [], count: week.ticks + Tick.perDay)
        for (number, task) in week.tasks.enumerated() { deadlines[task.deadline].append(number) }
    }

    /// Runs to the end of the last day, pays the rest, and closes.
    func run(progress: ProgressReport) async throws -> WeekTally {
        try await people.publishPast(clock)
        for worker in week.workers.indices where week.workers[worker].joinTick == 0 { try await join(worker) }
        while tick < week.ticks {
            clock.set(to: Self.start + Double(tick) * 900)
            if tick % Tick.perWeek == 0, tick > 0 { closeWeek() }
            if tick % Tick.perDay == 0 {
                try await beginDay()
                progress(tick / Tick.perDay, week.ticks / Tick.perDay, "day \(tick / Tick.perDay + 1)")
            }
            try await comeAndGo()
            for held in ends[tick] { try await finish(held) }
            for task in deadlines[tick] where unfinished[task] > 0 { expire(task) }
            try await publish()
            try await rounds.turn(isHour: tick % 4 == 0 && !isOut)
            try await serve()
            tick += 1
        }
        for later in tick..<ends.count where !ends[later].isEmpty {
            tick = later
            clock.set(to: Self.start + Double(tick) * 900)
            for held in ends[later] { try await finish(held) }
        }
        closeWeek()
        try await close()
        tally.close(counts)
        return tally
    }

    /// S10: nobody decides for half an hour a week.
    private var isOut: Bool { week.isOut(at: tick) }

    private var weekNumber: Int { min(tick / Tick.perWeek, week.weeks - 1) }

    private func closeWeek() {
        let ended = max((min(tick, week.ticks) - 1) / Tick.perWeek, 0)
        for worker in used.indices {
            if (ended + 1) * Tick.perWeek <= week.arrivalEnd {
                tally.weekEnded(worker, used: used[worker], usable: Int(week.usable[worker * week.weeks + ended]))
            }
        }
        tally.starve(week, used: used, week: ended, isTouched: isTouched)
        for worker in used.indices { used[worker] = 0 }
    }

    private func beginDay() async throws {
        if tick % Tick.perWeek == 0 { try await askDoctor() }
        for worker in used.indices { isSpent[worker] = false }
        try await review()
        try await people.write(estimates())
        let price = try await rounds.night()
        if let price, tick < week.arrivalEnd { tally.priced([price], declared: [1]) }
        // Friday.
        if tick / Tick.perDay % 7 == 4 { try await rounds.pay(on: clock.now()) }
    }

    // MARK: People

    private func join(_ worker: Int) async throws {
        workers[worker] = try await people.register(worker)
        try await people.write(estimates(of: [worker]))
    }

    private func comeAndGo() async throws {
        for (worker, person) in week.workers.enumerated() {
            if person.joinTick == tick, tick > 0 { try await join(worker) }
            if person.leaveTick == tick, let id = workers[worker] {
                try await PauseWorker(market: market)(id, by: people.founders.chief)
            }
        }
    }

    private func estimates(of some: [Int]? = nil) throws -> [SkillEstimate] {
        let wanted = some.map(Set.init)
        return try week.skills.indices.compactMap { skill in
            let worker = Int(week.skills[skill].worker)
            guard wanted?.contains(worker) ?? true, let id = workers[worker] else { return nil }
            let beta = BetaEstimate(
                rightLike: beliefs.skills[skill].successes, wrongLike: beliefs.skills[skill].failures)
            return try SkillEstimate(
                worker: id, skill: people.skill(of: Int(week.skills[skill].cell)), version: DatabasePeople.version,
                meanBps: beta.meanBps, lowBps: beta.lowBps, highBps: beta.highBps,
                evidence: beliefs.observations[skill])
        }
    }

    // MARK: Work

    private func publish() async throws {
        while arrivals < week.tasks.count, week.tasks[arrivals].arrival <= tick {
            let task = week.tasks[arrivals]
            let due = Self.start + Double(task.deadline) * 900
            let key = try await people.publish(
                task, "t\(arrivals)", due: task.isUndated ? nil : due, isOffered: policy == .ours)
            batches[arrivals] = key
            taskOf[key.id] = arrivals
            counts.created += 1
            counts.open += 1
            arrivals += 1
        }
    }

    /// Whoever is there, has nothing in hand and hours left looks at every second quarter of an hour; whoever declines
    /// has another offer at once, as rounds come every two seconds.
    private func serve() async throws {
        var looking = workers.indices.filter { !isBusy[$0] && !isSpent[$0] && week.isLooking($0, at: tick) }
        guard policy == .ours else {
            for worker in looking { if let id = workers[worker] { try await pull(worker, id) } }
            return
        }
        for turn in 0..<Self.shownMax where !isOut && (turn == 0 || !looking.isEmpty) {
            try await rounds.decide()
            let offers = try await market.database.read { try await $0.offersToAnswer() }
            var declined: [Int] = []
            for worker in looking {
                guard let id = workers[worker], let mine = offers[id] else { continue }
                try await answer(mine, worker)
                if !isBusy[worker], !isSpent[worker] { declined.append(worker) }
            }
            looking = declined
        }
    }

    private func answer(_ offers: [OfferToAnswer], _ worker: Int) async throws {
        for offer in offers {
            guard let task = taskOf[offer.batch], let edge = edgeOf[task][Int32(worker)] else { continue }
            isTouched[edge] = true
            tally.offers += 1
            guard hasHours(worker, for: task) else {
                isSpent[worker] = true
                return try await decline(offer, because: .tooLong, worker)
            }
            guard WorkerResponse.isWilling(week, task: task, worker: worker, at: tick) else {
                try await decline(offer, because: .notNow, worker)
                continue
            }
            do {
                return try await begin(task, worker, AcceptOffer(market: market)(offer.id, by: actor(worker)))
            } catch let refusal as OfferRefusal {
                refuse(refusal)
            } catch let refusal as ClaimRefusal {
                refuse(refusal)
            }
        }
    }

    private func decline(_ offer: OfferToAnswer, because reason: DeclineReason, _ worker: Int) async throws {
        do {
            _ = try await DeclineOffer(market: market)(offer.id, because: reason, by: actor(worker))
        } catch let refusal as OfferRefusal {
            refuse(refusal)
        }
    }

    /// What pays best of what they would not decline.
    private func pull(_ worker: Int, _ id: Worker.ID) async throws {
        let listed = try await ListEligibleBatches(market: market)(for: id, limit: 100, by: actor(worker))
        var ranked: [(pay: Int64, task: Int)] = []
        for batch in listed {
            guard let task = taskOf[batch.id], hasHours(worker, for: task), let edge = edgeOf[task][Int32(worker)],
                !isTouched[edge]
            else { continue }
            ranked.append((batch.pay.minorUnits, task))
        }
        ranked.sort { $0.pay != $1.pay ? $0.pay > $1.pay : $0.task < $1.task }
        for (_, task) in ranked.prefix(Self.shownMax) {
            guard let edge = edgeOf[task][Int32(worker)], let key = batches[task] else { continue }
            tally.offers += 1
            isTouched[edge] = true
            guard WorkerResponse.isWilling(week, task: task, worker: worker, at: tick) else { continue }
            do {
                let claim = ClaimTask(market: market)
                return try await begin(task, worker, claim(from: (key.requester, key.id), by: actor(worker)))
            } catch let refusal as ClaimRefusal {
                refuse(refusal)
            }
        }
    }

    private func hasHours(_ worker: Int, for task: Int) -> Bool {
        used[worker] + week.tasks[task].units <= Int(week.usable[worker * week.weeks + weekNumber])
    }

    private func begin(_ number: Int, _ worker: Int, _ assignment: Assignment) async throws {
        let task = week.tasks[number]
        guard let edge = edgeOf[number][Int32(worker)] else { throw NotFound("skill") }
        isTouched[edge] = true
        used[worker] += task.units
        if used[worker] > week.workers[worker].declaredUnits { tally.capViolations += 1 }
        let end = max(week.end(of: week.duration(of: task, by: worker), by: worker, from: tick), tick + 1)
        isBusy[worker] = true
        tally.filled(task, after: tick - task.arrival, serviceTicks: end - tick)
        // Whoever takes longer than the lease says so at once.
        let seconds = min((end - tick + 2) * 900, 7_776_000)
        let heartbeat = Heartbeat(market: market)
        _ = try await heartbeat(assignment.id, token: assignment.leaseToken, seconds: seconds, by: actor(worker))
        ends[min(end, ends.count - 1)].append(
            Held(task: number, edge: edge, worker: worker, assignment: assignment))
    }

    private func finish(_ held: Held) async throws {
        let (task, skill) = (week.tasks[held.task], Int(week.edges[held.edge]))
        isBusy[held.worker] = false
        do {
            let answer: JSON = ["answer": .integer(Int64(held.task))]
            _ = try await SubmitAnswer(market: market)(
                answer, for: held.assignment.id, token: held.assignment.leaseToken, by: actor(held.worker))
        } catch let refusal as LeaseRefusal {
            return refuse(refusal)
        } catch let refusal as SubmitRefusal {
            return refuse(refusal)
        }
        toReview.append(held.assignment)
        let isInTime = tick <= task.deadline
        tally.finished(
            task, worker: held.worker, worth: week.worth(task, by: skill, at: tick), isInTime: isInTime, at: tick)
        let answer = week.answer(to: held.task, by: skill, at: tick)
        if isInTime {
            tally.labels.hear(
                held.task, isRight: answer.isRight, ring: week.workers[held.worker].ring,
                believed: beliefs.skills[skill])
        }
        if answer.isChecked { beliefs.saw(skill: skill, isRight: answer.isRight) }
        guard isInTime, unfinished[held.task] > 0 else { return }
        unfinished[held.task] -= 1
        guard unfinished[held.task] == 0 else { return }
        counts.open -= 1
        counts.done += 1
    }

    private func expire(_ task: Int) {
        counts.open -= 1
        counts.expired += 1
        tally.expired(task)
        unfinished[task] = 0
    }

    private func review() async throws {
        for assignment in toReview { try await people.accept(assignment) }
        toReview = []
    }

    /// What is due is paid, batches end and give back what they hold.
    private func close() async throws {
        try await review()
        _ = try await rounds.night()
        try await rounds.pay(on: clock.now())
        // A first payout may wait for days.
        clock.set(to: clock.now() + 14 * 86_400)
        _ = try await rounds.night()
        try await rounds.pay(on: clock.now())
    }

    private func askDoctor() async throws {
        let report = try await MarketOverview.read(market)
        checks += report.checks ?? 0
        if findings.isEmpty { findings = report.findings }
    }

    /// How the books stand now.
    func books() async throws -> StudyBooks {
        try await askDoctor()
        let report = try await MarketOverview.read(market, asksDoctor: false)
        return StudyBooks(
            scenario: week.scenario, seed: week.seed, policy: policy,
            balance: try await TrialBalance(market: market)(by: people.founders.financeMaker), pay: report.pay,
            auditEvents: report.auditEvents, checks: checks, findings: findings, refusals: refusals)
    }

    private func actor(_ worker: Int) -> Principal.ID { workers[worker].map { Principal.ID($0.uuid) } ?? people.system }

    private func refuse(_ refusal: any Refusal) { refusals[refusal.code, default: 0] += 1 }
}
