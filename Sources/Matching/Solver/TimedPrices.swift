/// Prices of time, and of a place where the number of tasks counts too, for workers whose tasks differ in length: found
/// by cheap passes over the candidates alone, without any pairs.
///
/// In each pass every task asks for its best workers at the current prices; who is asked for too much time becomes
/// dearer, who for too little cheaper, by steps that shrink. Each pass proves an upper bound, whatever the prices; the
/// best one and its prices are kept. Prices first and pairs after: taking both in turn leaves gaps of 13 to 20 %
/// (ALGORITHMS.md, section 1.6).
///
/// All numbers are integers, so that a run repeats to the byte: values and prices are shifted left by as many bits as
/// fit.
struct TimedPrices {
    let market: SolverMarket
    let places: Places
    /// The places of workers who are not timed, and of timed ones whose number of tasks can bind; else 0.
    private let counts: [Int32]
    let shift: Int
    /// Per unit, shifted.
    private(set) var unit: [Int64]
    /// Per task, shifted.
    private(set) var place: [Int64]
    /// The least bound proven, shifted; `Int128.max` before the first pass.
    private(set) var bound = Int128.max

    /// Values and unit prices stay below 2^40, so that units × price stays below 2^59.
    private static let bitsMax = 40

    init(_ market: SolverMarket, _ places: Places) {
        (self.market, self.places) = (market, places)
        let greatest = market.edgeValue.reduce(Int64(1)) { max($0, $1) }
        shift = max(Self.bitsMax - (Int64.bitWidth - greatest.leadingZeroBitCount), 0)
        unit = Array(repeating: 0, count: market.workerCount)
        place = unit
        let degrees = market.degrees()
        counts = market.workerUnits.indices.map { worker in
            guard places.isTimed[worker] else { return places.counts[worker] }
            let most = market.workerTasksMax[worker]
            return most < degrees[worker] ? most : 0
        }
    }

    /// What so much of a worker's time costs.
    func cost(_ worker: Int, units: Int64) -> Int64 { units * unit[worker] + place[worker] }

    /// A candidate's value less its cost.
    @inline(__always)
    func surplus(_ edge: Int) -> Int64 {
        let worker = Int(market.edgeWorker[edge])
        return (market.edgeValue[edge] << Int64(shift))
            - (Int64(market.edgeUnits[edge]) * unit[worker] + place[worker])
    }

    /// What a slot is worth at least; unbounded when it must be filled.
    private var floor: Int64 { market.openValue < 0 ? -(1 << 61) : 0 }

    /// Begins at earlier prices of units, of the input's scale.
    mutating func begin(unitPrices: [Int64]) {
        for worker in unit.indices where unitPrices[worker] < 1 << Int64(Self.bitsMax - shift) {
            if places.isTimed[worker] { unit[worker] = max(unitPrices[worker], 0) << Int64(shift) }
        }
    }

    mutating func run(passes: Int) {
        let mean = meanOfUnit
        var (bestUnit, bestPlace) = (unit, place)
        var demand = Demand(workers: market.workerCount)
        for pass in 0...max(passes, 0) {
            let total = demand.take(self, floor: floor) + rent
            if total < bound { (bound, bestUnit, bestPlace) = (total, unit, place) }
            guard pass < passes else { break }
            step(Self.step(mean.unit, pass, of: passes), Self.step(mean.place, pass, of: passes), demand)
        }
        (unit, place) = (bestUnit, bestPlace)
    }

    /// Half of the mean at first, a thousandth of that in the end, by equal factors: 2^-10 in all.
    private static func step(_ mean: Int64, _ pass: Int, of passes: Int) -> Int64 {
        let halvings = 10 * pass / passes
        let within = Int64(10 * pass % passes) * 1_000 / Int64(passes)
        return max((mean >> Int64(halvings + 1)) * (2_000 - within) / 2_000, 1)
    }

    private mutating func step(_ unitStep: Int64, _ placeStep: Int64, _ demand: Demand) {
        for worker in unit.indices {
            if places.isTimed[worker] {
                let most = Int64(market.workerUnits[worker])
                let over = min(demand.units[worker] - most, 2 * most)
                unit[worker] = min(max(unit[worker] + unitStep * over / most, 0), 1 << Int64(Self.bitsMax))
            }
            if counts[worker] > 0 {
                let most = Int64(counts[worker])
                let over = min(demand.tasks[worker] - most, 2 * most)
                place[worker] = min(max(place[worker] + placeStep * over / most, 0), 1 << Int64(Self.bitsMax))
            }
        }
    }

    /// What the workers' time costs in all.
    private var rent: Int128 {
        unit.indices.reduce(Int128(0)) { sum, worker in
            sum + Int128(unit[worker]) * Int128(market.workerUnits[worker])
                + Int128(place[worker]) * Int128(counts[worker])
        }
    }

    private var meanOfUnit: (unit: Int64, place: Int64) {
        var (value, units) = (Int128(0), Int128(1))
        for task in 0..<market.taskCount {
            for edge in market.edges(of: task) {
                value += Int128(market.edgeValue[edge])
                units += Int128(market.edgeUnits[edge])
            }
        }
        let place = value / Int128(max(market.edgeCount, 1))
        return (Int64(clamping: (value / units) << Int128(shift)), Int64(clamping: place << Int128(shift)))
    }
}

/// How much time and how many tasks each worker is asked for when every task has its choice.
struct Demand {
    private(set) var units: [Int64]
    private(set) var tasks: [Int64]
    private typealias Choice = (surplus: Int64, edge: Int)
    private var best: [Choice] = []

    init(workers: Int) {
        units = Array(repeating: 0, count: workers)
        tasks = units
    }

    /// Counts anew; the sum of what all tasks gain.
    mutating func take(_ prices: TimedPrices, floor: Int64) -> Int128 {
        for worker in units.indices { (units[worker], tasks[worker]) = (0, 0) }
        let (slots, starts, ends) = (prices.market.slots, prices.market.rowStart, prices.market.rowEnd)
        var total = Int128(0)
        for task in 0..<prices.market.taskCount where slots[task] > 0 {
            let edges = Int(starts[task])..<Int(ends[task])
            switch slots[task] {
            case 1: total += Int128(ask(Self.best(edges, prices, floor), prices))
            case 2, 3:
                let found = Self.bestThree(edges, prices, floor)
                total += Int128(ask(found.0, prices)) + Int128(ask(found.1, prices))
                if slots[task] == 3 { total += Int128(ask(found.2, prices)) }
            default:
                chooseBest(Int(slots[task]), of: edges, prices, floor)
                for choice in best { total += Int128(ask(choice, prices)) }
            }
        }
        return total
    }

    /// Counts what is asked for.
    /// - Returns: what is gained by it.
    @inline(__always)
    private mutating func ask(_ choice: Choice, _ prices: TimedPrices) -> Int64 {
        if choice.edge >= 0 {
            let worker = Int(prices.market.edgeWorker[choice.edge])
            units[worker] += Int64(prices.market.edgeUnits[choice.edge])
            tasks[worker] += 1
        }
        return choice.surplus
    }

    // Of equals the first comes first, however many are looked for.

    @inline(__always)
    private static func best(_ edges: Range<Int>, _ prices: TimedPrices, _ floor: Int64) -> Choice {
        var best: Choice = (floor, -1)
        for edge in edges {
            let surplus = prices.surplus(edge)
            if surplus > best.surplus { best = (surplus, edge) }
        }
        return best
    }

    @inline(__always)
    private static func bestThree(
        _ edges: Range<Int>, _ prices: TimedPrices, _ floor: Int64
    ) -> (Choice, Choice, Choice) {
        var (first, second, third): (Choice, Choice, Choice) = ((floor, -1), (floor, -1), (floor, -1))
        for edge in edges {
            let surplus = prices.surplus(edge)
            guard surplus > third.surplus else { continue }
            if surplus > first.surplus {
                (first, second, third) = ((surplus, edge), first, second)
            } else if surplus > second.surplus {
                (second, third) = ((surplus, edge), second)
            } else {
                third = (surplus, edge)
            }
        }
        return (first, second, third)
    }

    private mutating func chooseBest(_ slots: Int, of edges: Range<Int>, _ prices: TimedPrices, _ floor: Int64) {
        best.removeAll(keepingCapacity: true)
        for _ in 0..<slots { best.append((floor, -1)) }
        for edge in edges {
            let surplus = prices.surplus(edge)
            guard surplus > best[slots - 1].surplus else { continue }
            var place = slots - 1
            while place > 0, best[place - 1].surplus < surplus {
                best[place] = best[place - 1]
                place -= 1
            }
            best[place] = (surplus, edge)
        }
    }
}
