internal import Dispatch
internal import Matching

/// Our policy: the night's prices of hours, paced, and offers at once wherever a pair is worth its time.
extension WeekRun {
    /// The prices of the rest of the week: what is open, what earlier weeks brought at this time, and the hours
    /// that are likely to be left.
    mutating func solvePrices() throws {
        let weeks = market.grants.contains(.demand) ? 1 : WeekMarketMaker.pastWeeks
        var demand: [Wanted] = []
        for number in market.tasks.indices where isWanting(number) {
            let task = market.tasks[number]
            let open = Wanted(task: task, answers: missing[number], lives: tick..<task.deadline, isOpen: true)
            demand += Array(repeating: open, count: weeks)
        }
        demand += forecast(weeks: weeks).map { task, shift in
            // Whom the task of an earlier week was offered to says nothing of this week's.
            Wanted(
                task: task, answers: task.answers, lives: task.arrival + shift..<task.deadline + shift, isOpen: false)
        }
        let sheet = sheet(of: demand, supply: used.indices.map { remainingUnits($0) * weeks })
        let scale = market.scenario.priceScale
        // Who is expected to give no more time has no price: there is nothing to save.
        prices = try WeekPrices(sheet).unitPrices.map {
            HourPrice(nightlyMicros: PureMath.scaled($0 ?? 0, by: scale))
        }
        if tick % Tick.perWeek == 0 { openingMicros = prices.map(\.nightlyMicros) }
        priceNewcomers()
        if tick < market.arrivalEnd { tally.priced(prices.map(\.nightlyMicros), declared: declared) }
    }

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
            openingMicros[worker] = prices[worker].nightlyMicros
        }
    }

    /// What earlier weeks brought from this time of the week to its end, moved to this week. One week alone says little
    /// of a worker who takes ten tasks in it.
    private func forecast(weeks: Int) -> [(task: WeekTask, shift: Int)] {
        if market.grants.contains(.demand) { return Self.slice(market.tasks, tick..<weekEnd).map { ($0, 0) } }
        return (1...weeks).flatMap { back in
            let isStudied = back <= week
            let shift = (isStudied ? back : back - WeekMarketMaker.pastWeeks) * Tick.perWeek
            let source = isStudied ? market.tasks : market.past
            return Self.slice(source, tick - shift..<max(arrivalEnd, tick) - shift).map { ($0, shift) }
        }
    }

    /// Until when tasks of this week arrive.
    private var arrivalEnd: Int { min(weekEnd, market.arrivalEnd) }

    private static func slice(_ source: [WeekTask], _ ticks: Range<Int>) -> ArraySlice<WeekTask> {
        let start = source.partitioningIndex { $0.arrival >= ticks.lowerBound }
        let end = source.partitioningIndex { $0.arrival >= ticks.upperBound }
        return source[start..<max(end, start)]
    }

    /// A task that wants hours of this week.
    private struct Wanted {
        let task: WeekTask
        let answers: Int
        let lives: Range<Int>
        /// Whether it is there: then whoever was asked is not asked again.
        let isOpen: Bool
    }

    /// In parts, at once: no task's candidates depend on another's.
    private func sheet(of demand: [Wanted], supply: [Int]) -> WeekPrices.Sheet {
        let count = 8
        var parts = Array(repeating: WeekPrices.Sheet(), count: count)
        parts.withUnsafeMutableBufferPointer { parts in
            // Each thread writes into its own part, and none outlives this.
            nonisolated(unsafe) let own = parts
            DispatchQueue.concurrentPerform(iterations: count) { part in
                for wanted in demand[part * demand.count / count..<(part + 1) * demand.count / count] {
                    add(wanted, supply, &own[part])
                }
            }
        }
        var sheet = WeekPrices.Sheet()
        sheet.supply = supply
        for part in parts { sheet.append(part) }
        return sheet
    }

    /// Adds a task with those who will be there while it lives and, by their chance, would say yes: demand that nobody
    /// can meet must not raise prices.
    private func add(_ wanted: Wanted, _ supply: [Int], _ sheet: inout WeekPrices.Sheet) {
        let (task, lives) = (wanted.task, wanted.lives)
        var random = PolicyRandom(seed: market.seed &+ UInt64(tick), subject: UInt128(task.edges.lowerBound))
        for edge in task.edges where !wanted.isOpen || !isTouched[edge] {
            let skill = Int(market.edges[edge])
            let worker = Int(market.skills[skill].worker)
            let draw = Int(random.next() % 1_000_000)
            guard supply[worker] >= task.units, market.isEligible(skill, at: tick),
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
        sheet.endRow(answers: wanted.answers, units: task.units)
    }

    private func facts(_ task: WeekTask, number: Int, skill: Int) -> PairFacts {
        PairFacts(
            task: UInt128(number), worker: UInt128(market.skills[skill].worker), valueMicros: task.value,
            payMicros: task.pay, skill: beliefs.skills[skill], cautiousSkill: beliefs.cautious[skill],
            observations: beliefs.observations[skill],
            answersDeciding: task.answers)
    }

    func planned(_ worker: Int) -> Int {
        if market.grants.contains(.hours) { return Int(market.usable[worker * market.weeks + week]) }
        return beliefs.hours[worker].plannedUnits(ofDeclared: declared[worker])
    }

    /// The units that a worker is likely to give next week.
    func unitsNextWeek(_ worker: Int) -> Int {
        let length = min(Tick.perWeek, market.ticks - weekEnd)
        return beliefs.hours[worker].plannedUnits(
            ofDeclared: market.workers[worker].declaredUnits * length / Tick.perWeek)
    }

    /// The units that a worker is likely to give from now on.
    func remainingUnits(_ worker: Int) -> Int {
        let spent = used[worker] + pending[worker]
        if market.grants.contains(.hours) { return max(planned(worker) - spent, 0) }
        guard !isSpent[worker] else { return 0 }
        let share = beliefs.hours[worker].share
        return HoursForecast.remainingUnits(
            share: share.mean, deviation: share.deviation, declared: declared[worker], spent: spent)
    }

    /// How a worker's week goes.
    func pacing(_ worker: Int) -> HourPrice.Pacing {
        let all = max(market.windowUnits(of: worker, from: weekStart, to: weekEnd), 1)
        let past = market.windowUnits(of: worker, from: weekStart, to: tick)
        return HourPrice.Pacing(
            usedUnits: used[worker] + pending[worker], plannedUnits: planned(worker),
            elapsedMillionths: past * 1_000_000 / all, forecastErrorMillionths: forecastErrorMillionths,
            closingMillionths: HourPrice.closingMillionths(
                windowUnits: market.windowUnits(of: worker, from: tick, to: weekEnd),
                remainingUnits: remainingUnits(worker)))
    }

    /// How far the hours used are from what the windows passed would have used of the plan, over all workers.
    mutating func measureForecastError() {
        var error = WeekForecastError()
        for worker in used.indices {
            error.add(
                usedUnits: used[worker], plannedUnits: planned(worker),
                windowsPast: market.windowUnits(of: worker, from: weekStart, to: tick),
                windowsLeft: market.windowUnits(of: worker, from: tick, to: weekEnd))
        }
        forecastErrorMillionths = error.millionths ?? 0
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
