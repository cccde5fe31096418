internal import Matching

/// Our policy: whoever is free and there is served at once with what is worth more by them, now, than what can still be
/// had of it.
extension WeekRun {
    /// What a task is worth by one of its candidates.
    struct Prospect {
        let edge: Int
        let worker: Int
        /// Micro-units; without what a drawn skill adds or takes off, too.
        let micros: Int64
        let plain: Int64
        let isDrawn: Bool
        let isForced: Bool
        /// What others would have to be worth.
        let rival: ContinuationValue.Rival
    }

    /// Who comes for a task, as last worked out: the greatest surplus first.
    struct Prospects {
        let tick: Int
        let all: [Prospect]
        /// Of ``all``, side by side in memory: they are searched at every look.
        private let workers: [Int32]

        init(tick: Int, all: [Prospect]) {
            (self.tick, self.all, workers) = (tick, all, all.map { Int32($0.worker) })
        }

        subscript(of worker: Int) -> Prospect? { workers.firstIndex(of: Int32(worker)).map { all[$0] } }
    }

    /// How many tasks are shown at one look, one after the other, until one is accepted.
    private static let shownMax = 3
    /// How long prospects are good for: prices move little by the hour.
    private static let prospectTicks = 8

    mutating func serveFree() {
        for worker in listed.indices where isLooking(worker) {
            for (_, number, prospect) in shown(to: worker) {
                noteExploration(number, prospect)
                let isWilling = WorkerResponse.isWilling(market, task: number, worker: worker, at: tick)
                if isWilling, prospect.isForced { forcedUnits += market.tasks[number].units }
                if isWilling {
                    take(number, prospect.edge)
                    break
                }
                decline(number, prospect.edge)
            }
        }
    }

    /// What gains most by the worker, best first: what they bring to a task above the price of their time and above
    /// what can still be had of it.
    private mutating func shown(to worker: Int) -> [(gain: Int64, task: Int, prospect: Prospect)] {
        let pacing = pacing(worker)
        var open: [(surplus: Int64, task: Int, prospect: Prospect)] = []
        for (number, _) in openTasks(of: worker) {
            let task = market.tasks[number]
            guard let mine = prospects(number)[of: worker] else { continue }
            let surplus = mine.micros - (mine.isForced ? 0 : prices[worker].micros(pacing, units: task.units))
            if surplus > 0, isFree(mine.edge, for: task, number: number) { open.append((surplus, number, mine)) }
        }
        open.sort { $0.surplus > $1.surplus }
        var shown: [(gain: Int64, task: Int, prospect: Prospect)] = []
        for (surplus, number, mine) in open {
            // What can still be had is never below 0: nothing further down gains more than its surplus.
            if shown.count == Self.shownMax, shown[Self.shownMax - 1].gain > surplus { break }
            let gain = surplus - continuation(number, without: worker)
            guard gain > 0 else { continue }
            let place = shown.firstIndex { gain != $0.gain ? gain > $0.gain : number < $0.task } ?? shown.count
            shown.insert((gain, number, mine), at: place)
            if shown.count > Self.shownMax { shown.removeLast() }
        }
        return shown
    }

    /// What can still be had of a task by others.
    private func continuation(_ number: Int, without worker: Int) -> Int64 {
        let rivals = prospects[number]?.all.compactMap { $0.worker != worker && !isTouched[$0.edge] ? $0.rival : nil }
        return ContinuationValue.micros(rivals ?? [], places: missing[number])
    }

    private mutating func prospects(_ number: Int) -> Prospects {
        if let known = prospects[number], tick - known.tick < Self.prospectTicks { return known }
        let task = market.tasks[number]
        let step = Escalation(
            .init(
                slackSeconds: Int64(task.deadline - tick) * 900, serviceP90Seconds: Int64(tally.serviceP90Ticks * 900),
                reachLeft: 0, payMinor: task.pay, bandMaxMinor: task.pay, budgetMinor: task.pay, chanceMillionths: 0))
        let isForced = step.isForced && forcedUnits + task.units <= forcedMax
        let all = task.edges.filter { !isTouched[$0] }.compactMap { prospect(number, task, $0, isForced: isForced) }
            .sorted { one, other in
                let (first, second) = (one.rival.surplusMicros, other.rival.surplusMicros)
                return first != second ? first > second : one.worker < other.worker
            }
        let found = Prospects(tick: tick, all: all)
        prospects[number] = found
        return found
    }

    /// The forced lane takes no more than so many units a day from better work.
    private var forcedMax: Int { declared.reduce(0, +) / 7 / 200 }

    private func prospect(_ number: Int, _ task: WeekTask, _ edge: Int, isForced: Bool) -> Prospect? {
        let skill = Int(market.edges[edge])
        let worker = Int(market.skills[skill].worker)
        guard market.isEligible(skill, at: tick) else { return nil }
        let price = prices[worker].micros(pacing(worker), units: task.units)
        let free = market.windowUnits(of: worker, from: max(tick, nextFree[worker]), to: task.deadline)
        // Windows are kept; what is doubtful is how long the work takes.
        let late = Lateness(
            expectedMinutes: task.units * 15, paceMillionths: beliefs.pace[worker],
            spreadMillionths: beliefs.spreadMillionths, freeMinutes: free * 15, promisedMinutes: free * 15)
        let value = PairValue(
            PairFacts(
                task: UInt128(number), worker: UInt128(worker), valueMicros: task.value, payMicros: task.pay,
                skill: beliefs.skills[skill], cautiousSkill: beliefs.cautious[skill],
                observations: beliefs.observations[skill],
                answersDeciding: task.answers, isRecoverable: task.answers > 1,
                ageSeconds: Int64(tick - task.arrival) * 900,
                boundSeconds: Int64(task.deadline - task.arrival) * 900, inTimeMillionths: late.inTimeMillionths,
                deficitMillionths: beliefs.deficits[worker], timePriceMicros: price),
            weights: weights, seed: market.seed &+ UInt64(tick / Tick.perDay))
        // What urgency adds may hurry a task on, but not carry one that is worth less than its pay.
        guard value[.quality] + value[.pay] > 0 else { return nil }
        return Prospect(
            edge: edge, worker: worker, micros: value.micros, plain: value.micros - value[.exploring],
            isDrawn: value.isDrawn, isForced: isForced,
            rival: rival(of: task, worker, worth: value.micros, price: price))
    }

    /// What a worker promises who is not here now: this week, or in next week's hours where there is time for it.
    private func rival(
        of task: WeekTask, _ worker: Int, worth: Int64, price: Int64
    ) -> ContinuationValue.Rival {
        let accepting = beliefs.chance(of: worker, hour: market.workers[worker].hourNearest(to: 12))
        func rival(from start: Int, to end: Int, hours: Int, price: Int64) -> ContinuationValue.Rival {
            let first = max(start, nextFree[worker])
            let free = market.windowUnits(of: worker, from: first, to: task.deadline) - task.units
            let window = min(market.windowUnits(of: worker, from: first, to: end), free)
            return .init(
                surplusMicros: worth - price,
                chanceMillionths: ContinuationValue.Rival.chanceMillionths(
                    acceptingMillionths: accepting, windowUnits: window, remainingUnits: hours, units: task.units))
        }
        let now = rival(
            from: tick, to: min(task.deadline, weekEnd), hours: remainingUnits(worker), price: price)
        guard task.deadline > weekEnd else { return now }
        let later = rival(
            from: weekEnd, to: task.deadline, hours: unitsNextWeek(worker),
            price: openingMicros[worker] * Int64(task.units))
        return now.promisedMicros >= later.promisedMicros ? now : later
    }

    private mutating func noteExploration(_ number: Int, _ prospect: Prospect) {
        guard prospect.isDrawn else { return }
        let best = prospects[number]?.all.map(\.plain).max() ?? 0
        tally.explored(loss: max(Double(best - prospect.plain), 0))
    }
}
