internal import Matching

/// Our policy: offers at once wherever a pair is worth its time, in the order that is likely to bring the most.
extension WeekRun {
    private struct Choice {
        let edge: Int
        let worker: Int
        let value: PairValue
        /// Value less price, in micro-units.
        let surplus: Double
        /// To accept, and in time, in millionths.
        let chance: Int
        /// When their answer, or its absence, is known.
        let lapse: Int
    }

    /// Offers a task to as many as the wave takes, of those whose time it is worth.
    mutating func decideByPrice(_ number: Int) {
        let task = market.tasks[number]
        let slack = Int64(task.deadline - tick) * 900
        let step = Escalation(
            .init(
                slackSeconds: slack, serviceP90Seconds: Int64(tally.serviceP90Ticks * 900), reachLeft: 0,
                payMinor: task.pay, bandMaxMinor: task.pay, budgetMinor: task.pay, chanceMillionths: 0))
        let isForced = step.isForced && forcedUnits + task.units <= forcedMax
        var choices: [Choice] = []
        for edge in task.edges where isFree(edge, for: task, number: number) {
            if let choice = choice(number, task, edge, isForced: isForced) { choices.append(choice) }
        }
        guard !choices.isEmpty else { return }
        sort(&choices, task)
        let wave = OfferWave(
            chances: choices.map(\.chance), wanted: missing[number], payable: missing[number])
        let best = choices.map { $0.value.micros - $0.value[.exploring] }.max() ?? 0
        for choice in choices.prefix(wave.count) {
            if choice.value.isDrawn {
                let plain = choice.value.micros - choice.value[.exploring]
                tally.explored(loss: max(Double(best - plain), 0))
            }
            if isForced { forcedUnits += task.units }
            offer(number, choice.edge)
        }
    }

    /// Who says no costs time: whoever is asked brings their surplus with their chance, and else what can still be had
    /// of the best in the time that is left by then.
    private func sort(_ choices: inout [Choice], _ task: WeekTask) {
        let most = choices.map(\.surplus).max() ?? 0
        let scored = choices.map { choice in
            let chance = Double(choice.chance) / 1_000_000
            let left = Double(max(task.deadline - choice.lapse - task.units, 0))
            let later = most * (1 - PureMath.exp(-left / Self.searchTicks))
            return (score: chance * choice.surplus + (1 - chance) * later, choice: choice)
        }
        choices = scored.sorted {
            $0.score != $1.score ? $0.score > $1.score : $0.choice.worker < $1.choice.worker
        }.map(\.choice)
    }

    /// How long a search for somebody who says yes takes: six hours.
    private static let searchTicks = 24.0
    /// When an answer is likely, after the worker has seen the offer.
    private static let answerTicks = 2

    /// How long an offer waits for its answer once the worker is there: a quarter of the time left, two hours at most.
    /// The same whoever decides.
    static func patienceTicks(_ left: Int) -> Int { min(max(left / 4, 2), WorkerResponse.patienceTicks) }

    /// When a task that nobody is worth, or free, for is looked at again.
    func nextLook(_ number: Int) -> Int {
        tick + max(min(Self.ourRetryTicks, (market.tasks[number].deadline - tick) / 12), 1)
    }

    /// The forced lane takes no more than so many units a day from better work.
    private var forcedMax: Int { declared.reduce(0, +) / 7 * 3 / 100 }

    private func choice(_ number: Int, _ task: WeekTask, _ edge: Int, isForced: Bool) -> Choice? {
        let skill = Int(market.edges[edge])
        let worker = Int(market.skills[skill].worker)
        let price = prices[worker].micros(pacing(worker), units: task.units)
        let seen = market.nextPresence(of: worker, from: tick)
        let lapse = seen + Self.patienceTicks(task.deadline - seen)
        let begin = max(min(seen + Self.answerTicks, lapse), nextFree[worker])
        let free = market.windowUnits(of: worker, from: begin, to: task.deadline)
        // Windows are kept; what is doubtful is how long the work takes.
        let late = Lateness(
            expectedMinutes: task.units * 15, paceMillionths: beliefs.pace[worker],
            spreadMillionths: beliefs.spreadMillionths, freeMinutes: free * 15, promisedMinutes: free * 15)
        let value = PairValue(
            PairFacts(
                task: UInt128(number), worker: UInt128(worker), valueMicros: task.value, payMicros: task.pay,
                skill: beliefs.skills[skill], observations: beliefs.observations[skill],
                answersDeciding: task.answers, isRecoverable: task.answers > 1,
                ageSeconds: Int64(tick - task.arrival) * 900,
                boundSeconds: Int64(task.deadline - task.arrival) * 900, inTimeMillionths: late.inTimeMillionths,
                deficitMillionths: beliefs.deficits[worker], timePriceMicros: price),
            weights: weights, seed: market.seed &+ UInt64(tick / Tick.perDay))
        // What urgency adds may hurry a task on, but not carry one that is worth less than its pay.
        guard value[.quality] + value[.pay] > 0 else { return nil }
        let surplus = value.micros - (isForced ? 0 : price)
        guard surplus > 0 else { return nil }
        let chance = beliefs.chance(of: worker, hour: market.workers[worker].hour(at: seen))
        return Choice(
            edge: edge, worker: worker, value: value, surplus: Double(surplus),
            chance: chance * late.inTimeMillionths / 1_000_000, lapse: lapse)
    }
}
