internal import Dispatch

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
        var demand = Demand(self)
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
///
/// A large market is counted in parts, at once: what each part asks for is added up, which gives the same in any order.
struct Demand {
    /// Below, a part is done before a second thread is awake.
    private static let edgesOfPart = 200_000
    private(set) var units: [Int64]
    private(set) var tasks: [Int64]
    private var parts: [DemandPart]
    private let rows: [Range<Int>]
    private let edges: [TimedEdge]

    init(_ prices: TimedPrices) {
        let market = prices.market
        units = Array(repeating: 0, count: market.workerCount)
        tasks = units
        edges = market.edgeWorker.indices.map { edge in
            TimedEdge(
                value: market.edgeValue[edge] << Int64(prices.shift), worker: market.edgeWorker[edge],
                units: market.edgeUnits[edge])
        }
        let count = min(max(market.edgeCount / Self.edgesOfPart, 1), 8)
        let empty = DemandPart(units: units, tasks: units)
        parts = Array(repeating: empty, count: count)
        rows = parts.indices.map { $0 * market.taskCount / count..<($0 + 1) * market.taskCount / count }
    }

    /// Counts anew; the sum of what all tasks gain.
    mutating func take(_ prices: TimedPrices, floor: Int64) -> Int128 {
        let costs = zip(prices.unit, prices.place).map { TimedCost(unit: $0, place: $1) }
        let (rows, market) = (rows, prices.market)
        edges.withUnsafeBufferPointer { edges in
            costs.withUnsafeBufferPointer { costs in
                let priced = PricedEdges(edges: edges, costs: costs)
                parts.withUnsafeMutableBufferPointer { parts in
                    guard parts.count > 1 else { return parts[0].take(rows[0], of: market, priced, floor: floor) }
                    // Each thread writes into its own part, and none outlives this.
                    nonisolated(unsafe) let (own, priced) = (parts, priced)
                    DispatchQueue.concurrentPerform(iterations: rows.count) { number in
                        own[number].take(rows[number], of: market, priced, floor: floor)
                    }
                }
            }
        }
        for worker in units.indices {
            units[worker] = parts.reduce(0) { $0 + $1.units[worker] }
            tasks[worker] = parts.reduce(0) { $0 + $1.tasks[worker] }
        }
        return parts.reduce(0) { $0 + $1.total }
    }
}

/// What is read of a candidate, and of a worker's prices: each side by side in memory, as all of them are read in
/// every pass.
private struct TimedEdge {
    let value: Int64
    let worker: Int32
    let units: Int32
}

private struct TimedCost {
    let unit: Int64
    let place: Int64
}

private struct PricedEdges {
    let edges: UnsafeBufferPointer<TimedEdge>
    let costs: UnsafeBufferPointer<TimedCost>

    /// A candidate's value less its cost.
    @inline(__always)
    func surplus(_ edge: Int) -> Int64 {
        let edge = edges[edge]
        let cost = costs[Int(edge.worker)]
        return edge.value - (Int64(edge.units) * cost.unit + cost.place)
    }
}

/// What some of the tasks ask for.
private struct DemandPart {
    var units: [Int64]
    var tasks: [Int64]
    var total = Int128(0)
    private typealias Choice = (surplus: Int64, edge: Int)
    private var best: [Choice] = []

    init(units: [Int64], tasks: [Int64]) { (self.units, self.tasks) = (units, tasks) }

    mutating func take(_ rows: Range<Int>, of market: SolverMarket, _ priced: PricedEdges, floor: Int64) {
        for worker in units.indices { (units[worker], tasks[worker]) = (0, 0) }
        let (slots, starts, ends) = (market.slots, market.rowStart, market.rowEnd)
        total = 0
        for task in rows where slots[task] > 0 {
            let edges = Int(starts[task])..<Int(ends[task])
            switch slots[task] {
            case 1: total += Int128(ask(Self.best(edges, priced, floor), priced))
            case 2, 3:
                let found = Self.bestThree(edges, priced, floor)
                total += Int128(ask(found.0, priced)) + Int128(ask(found.1, priced))
                if slots[task] == 3 { total += Int128(ask(found.2, priced)) }
            default:
                chooseBest(Int(slots[task]), of: edges, priced, floor)
                for choice in best { total += Int128(ask(choice, priced)) }
            }
        }
    }

    /// Counts what is asked for.
    /// - Returns: what is gained by it.
    @inline(__always)
    private mutating func ask(_ choice: Choice, _ priced: PricedEdges) -> Int64 {
        if choice.edge >= 0 {
            let edge = priced.edges[choice.edge]
            let worker = Int(edge.worker)
            units[worker] += Int64(edge.units)
            tasks[worker] += 1
        }
        return choice.surplus
    }

    // Of equals the first comes first, however many are looked for.

    @inline(__always)
    private static func best(_ edges: Range<Int>, _ priced: PricedEdges, _ floor: Int64) -> Choice {
        var best: Choice = (floor, -1)
        for edge in edges {
            let surplus = priced.surplus(edge)
            if surplus > best.surplus { best = (surplus, edge) }
        }
        return best
    }

    @inline(__always)
    private static func bestThree(
        _ edges: Range<Int>, _ priced: PricedEdges, _ floor: Int64
    ) -> (Choice, Choice, Choice) {
        var (first, second, third): (Choice, Choice, Choice) = ((floor, -1), (floor, -1), (floor, -1))
        for edge in edges {
            let surplus = priced.surplus(edge)
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

    private mutating func chooseBest(_ slots: Int, of edges: Range<Int>, _ priced: PricedEdges, _ floor: Int64) {
        best.removeAll(keepingCapacity: true)
        for _ in 0..<slots { best.append((floor, -1)) }
        for edge in edges {
            let surplus = priced.surplus(edge)
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
