internal import Matching

/// Our policy: the night's prices of hours, paced, and offers at once wherever a pair is worth its time.
extension WeekRun {
    /// The prices of the rest of the week: what is open, what last week brought at this time, and the hours that are
    /// planned with.
    mutating func solvePrices() throws {
        // What the last day of a week taught is learnt before its hours are closed (``WeekRun/run(_:)``).
        if tick != weekStart { correctPrices() }
        var sheet = WeekPrices.Sheet()
        sheet.supply = used.indices.map { max(planned($0) - used[$0] - pending[$0], 0) }
        for task in market.tasks.indices where isWanting(task) {
            add(market.tasks[task], answers: missing[task], lives: tick..<market.tasks[task].deadline, &sheet)
        }
        let shift = week == 0 ? 0 : Tick.perWeek
        for task in forecast {
            add(task, answers: task.answers, lives: task.arrival + shift..<task.deadline + shift, &sheet)
        }
        let solved = try WeekPrices(sheet, passes: 100)
        let scale = market.scenario.priceScale * correction
        expected = (tick, used.reduce(0, +) + pending.reduce(0, +), solved.unitsTaken)
        let before = prices
        prices = solved.unitPrices.indices.map { worker in
            let fresh = PureMath.scaled(solved.unitPrices[worker], by: scale)
            let price = tick == 0 ? fresh : (fresh * 3 + before[worker].nightlyMicros * 7) / 10
            return HourPrice(nightlyMicros: price)
        }
        priceNewcomers()
        tally.priced(prices.map(\.nightlyMicros), declared: declared)
    }

    /// Learns from yesterday how far prices are off: they were too high where fewer hours were used than the solve had
    /// expected of the day, too low where more. The multiplier lasts, so that an error that lasts is made good.
    mutating func correctPrices() {
        let day = market.workers.indices.reduce(0) {
            $0 + market.windowUnits(of: $1, from: expected.tick, to: tick)
        }
        let rest = market.workers.indices.reduce(0) {
            $0 + market.windowUnits(of: $1, from: expected.tick, to: expectedEnd)
        }
        guard tick > expected.tick, rest > 0, expected.units > 0 else { return }
        let plan = Double(expected.units) * Double(day) / Double(rest)
        let now = Double(used.reduce(0, +) + pending.reduce(0, +) - expected.used)
        let error = min(max(now / max(plan, 1) - 1, -0.5), 0.5)
        correction = min(max(correction * PureMath.exp(Self.correctionStep * error), 0.4), 2.5)
    }

    private var expectedEnd: Int { min(expected.tick / Tick.perWeek * Tick.perWeek + Tick.perWeek, market.ticks) }

    /// How much of a day's error is made good.
    static let correctionStep = 0.15

    /// Who joined since last night has the price of their cell.
    private mutating func priceNewcomers() {
        let joined = market.workers.indices.filter {
            market.workers[$0].joinTick > tick && market.workers[$0].joinTick < tick + Tick.perDay
        }
        guard !joined.isEmpty else { return }
        let byCell = Dictionary(grouping: market.workers.indices.filter { market.workers[$0].joinTick <= tick }) {
            beliefs.homes[$0]
        }
        for worker in joined {
            prices[worker] = .fallBack(cell: (byCell[beliefs.homes[worker]] ?? []).map { prices[$0] })
        }
    }

    /// What the last seven days brought after this time of the week.
    private var forecast: ArraySlice<WeekTask> {
        let shift = week == 0 ? 0 : Tick.perWeek
        let source = week == 0 ? market.past : market.tasks
        let start = source.partitioningIndex { $0.arrival >= tick - shift }
        let end = source.partitioningIndex { $0.arrival >= weekEnd - shift }
        return source[start..<max(end, start)]
    }

    /// Adds a task with those who will be there while it lives and, by their chance, would say yes: demand that nobody
    /// can meet must not raise prices.
    private func add(_ task: WeekTask, answers: Int, lives: Range<Int>, _ sheet: inout WeekPrices.Sheet) {
        var random = PolicyRandom(seed: market.seed &+ UInt64(tick), subject: UInt128(task.edges.lowerBound))
        for edge in task.edges {
            let skill = Int(market.edges[edge])
            let worker = Int(market.skills[skill].worker)
            let draw = Int(random.next() % 1_000_000)
            guard sheet.supply[worker] >= task.units, market.isEligible(skill, at: tick), !isTouched[edge],
                market.windowUnits(of: worker, from: lives.lowerBound, to: lives.upperBound) >= task.units,
                // These are hours of this week: who cannot say yes before its end uses none.
                market.windowUnits(of: worker, from: lives.lowerBound, to: min(lives.upperBound, weekEnd)) > 0,
                draw < beliefs.chance(of: worker, hour: 12)
            else { continue }
            let value = PairValue(facts(task, number: 0, skill: skill), weights: weights).micros
            guard value > 0 else { continue }
            sheet.columns.append(Int32(worker))
            sheet.values.append(value)
        }
        sheet.endRow(answers: answers, units: task.units)
    }

    private func facts(_ task: WeekTask, number: Int, skill: Int) -> PairFacts {
        PairFacts(
            task: UInt128(number), worker: UInt128(market.skills[skill].worker), valueMicros: task.value,
            payMicros: task.pay, skill: beliefs.skills[skill], observations: beliefs.observations[skill],
            answersDeciding: task.answers)
    }

    func planned(_ worker: Int) -> Int { beliefs.hours[worker].plannedUnits(ofDeclared: declared[worker]) }

    /// How a worker's week goes.
    private func pacing(_ worker: Int) -> HourPrice.Pacing {
        let all = max(market.windowUnits(of: worker, from: weekStart, to: weekEnd), 1)
        let past = market.windowUnits(of: worker, from: weekStart, to: tick)
        return HourPrice.Pacing(
            usedUnits: used[worker] + pending[worker], plannedUnits: planned(worker),
            elapsedMillionths: past * 1_000_000 / all, forecastErrorMillionths: forecastErrorMillionths)
    }

    /// How far the hours used are from what the time passed would have used, over all workers.
    mutating func measureForecastError() {
        let elapsed = Double(tick - weekStart) / Double(max(weekEnd - weekStart, 1))
        guard elapsed > 0.1 else {
            forecastErrorMillionths = 0
            return
        }
        let plan = used.indices.reduce(0) { $0 + planned($1) }
        let now = used.reduce(0, +)
        let error = Double(now) / max(Double(plan) * elapsed, 1) - 1
        forecastErrorMillionths = PureMath.millionths(abs(error))
    }

    private struct Choice {
        let edge: Int
        let worker: Int
        let value: PairValue
        let surplus: Double
        let chance: Int
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
        // Who says no costs time alone: while there is time, the best are asked first; later, those who will say yes.
        let haste = min(Double(Self.askingTicks) / Double(max(task.deadline - tick, 1)), 1)
        func rank(_ choice: Choice) -> Double {
            choice.surplus * (1 - haste * (1 - Double(choice.chance) / 1_000_000))
        }
        choices.sort { rank($0) != rank($1) ? rank($0) > rank($1) : $0.worker < $1.worker }
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

    /// How long asking one after the other is likely to take.
    static let askingTicks = 32

    /// The forced lane takes no more than so many units a day from better work.
    private var forcedMax: Int { declared.reduce(0, +) / 7 * 3 / 100 }

    private func choice(_ number: Int, _ task: WeekTask, _ edge: Int, isForced: Bool) -> Choice? {
        let skill = Int(market.edges[edge])
        let worker = Int(market.skills[skill].worker)
        let price = prices[worker].micros(pacing(worker), units: task.units)
        let free = market.windowUnits(of: worker, from: max(tick, nextFree[worker]), to: task.deadline)
        let wait = [0, 4, 16, 48].first { market.windowUnits(of: worker, from: tick, to: tick + $0 + 1) > 0 } ?? 96
        let patience = 1_000 - min(1_000 * wait / max(task.deadline - tick, 1), 900)
        let hour = market.workers[worker].hour(at: tick)
        let chance = beliefs.chance(of: worker, hour: hour)
        let late = Lateness(
            expectedMinutes: task.units * 15, paceMillionths: beliefs.pace[worker], freeMinutes: free * 15,
            promisedMinutes: free * 15 * 6 / 10)
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
        return Choice(
            edge: edge, worker: worker, value: value, surplus: Double(surplus), chance: chance * patience / 1_000)
    }
}

extension Array {
    /// The place of the first element from which on the predicate holds; it must hold for all after one.
    func partitioningIndex(_ holds: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
