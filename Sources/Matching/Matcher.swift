/// Matches tasks with workers for the greatest total value, within everyone's time, and proves how good the result is.
///
/// The same market gives the same bytes in any order of its tasks, workers and candidates. When all tasks of a worker
/// are equally long, capacity is exact; when they are not, it is rounded down to what certainly fits, what is left is
/// filled greedily, and the certificate says what that may have cost.
package struct Matcher: Sendable {
    /// How near to the optimum.
    package let precision: Precision
    /// When to stop bidding.
    package let bidsMax: Int

    /// How near to the optimum an auction goes; finer takes more bids.
    package enum Precision: Hashable, Sendable {
        /// The optimum itself, when each worker's tasks are equally long.
        case exact
        /// Within so many thousandths of the mean value for each slot; clamped to 1 to 1,000. ALGORITHMS.md, section
        /// 1.4 measured 50 for ticks and 10 for the night.
        case perMille(Int)
    }

    /// A matcher; without arguments the nightly one, bounded to 200 million bids.
    package init(precision: Precision = .perMille(10), bidsMax: Int = 200_000_000) {
        (self.precision, self.bidsMax) = (precision, bidsMax)
    }

    /// Solves one market. Cost: bids × candidates of a task.
    /// - Throws: ``MarketFault/tooLargeForExact`` only.
    package func propose(_ market: Market) throws(MarketFault) -> Proposal {
        let ordered = OrderedMarket(market)
        let scale = try scale(of: ordered)
        let values = scale == 1 ? ordered.edgeValue : ordered.edgeValue.map { $0 * scale }
        var auction = Auction(ordered, values: values, bidsMax: bidsMax)
        let isSettled = auction.solve(epsilons: epsilons(values))
        let isChosen = Filling.filled(ordered, auction.isHeld)
        let chosen = isChosen.indices.filter { isChosen[$0] }
        let value = chosen.reduce(Int64(0)) { $0 + ordered.edgeValue[$1] }
        let bound = Bound(market: ordered, values: values, prices: auction.prices).least / Int128(scale)
        return Proposal(
            pairs: chosen.map {
                Proposal.Pair(
                    task: ordered.taskIDs[Int(ordered.edgeTask[$0])],
                    worker: ordered.workerIDs[Int(ordered.edgeWorker[$0])],
                    value: ordered.edgeValue[$0]
                )
            },
            prices: ordered.workerPlace.map { auction.prices[$0] / scale },
            certificate: Certificate(value: value, bound: Int64(clamping: bound)),
            bids: auction.bids,
            isSettled: isSettled
        )
    }

    /// For an exact result the values are spread so far that slots × epsilon 1 is less than one unit of value.
    private func scale(of market: OrderedMarket) throws(MarketFault) -> Int64 {
        switch precision {
        case .perMille: return 1
        case .exact:
            let scale = Int64(market.slots.reduce(1, +))
            let greatest = market.edgeValue.max() ?? 0
            let (product, overflow) = greatest.multipliedReportingOverflow(by: scale)
            guard !overflow, product < Int64.max / 8 else { throw .tooLargeForExact }
            return scale
        }
    }

    private func epsilons(_ values: [Int64]) -> [Int64] {
        switch precision {
        case .perMille(let share):
            let sum = values.reduce(Int128(0)) { $0 + Int128($1) }
            let mean = Int64(clamping: sum / Int128(max(values.count, 1)))
            return [max(1, Int64(clamping: Int128(mean) * Int128(min(max(share, 1), 1_000)) / 1_000))]
        case .exact:
            var epsilons: [Int64] = [1]
            let greatest = values.max() ?? 0
            while let next = epsilons.last, next < greatest / 32 { epsilons.append(next * 8) }
            return epsilons.reversed()
        }
    }
}

/// The upper bounds that prices prove (``Certificate``).
struct Bound {
    let market: OrderedMarket
    /// The edges' values, in the unit of the prices.
    let values: [Int64]
    let prices: [Int64]

    /// The least of three: by places, by time, and without prices.
    var least: Int128 {
        min(byPlaces, byTime, surplus { _, _ in 0 })
    }

    /// A place costs the price; nobody has more places than `capacityAtMost`.
    private var byPlaces: Int128 {
        let rent = prices.indices.reduce(Int128(0)) {
            $0 + Int128(market.capacityAtMost[$1]) * Int128(prices[$1])
        }
        return rent + surplus { worker, _ in prices[worker] }
    }

    /// A unit of time costs the price of a place, divided by how long it holds out.
    private var byTime: Int128 {
        let unitPrices = prices.indices.map { worker in
            let unitsPerPlace = market.workerUnits[worker] / max(market.capacity[worker], 1)
            return prices[worker] / Int64(max(unitsPerPlace, 1))
        }
        let rent = prices.indices.reduce(Int128(0)) {
            $0 + Int128(market.workerUnits[$1]) * Int128(unitPrices[$1])
        }
        return rent
            + surplus { worker, task in
                let (cost, overflow) = unitPrices[worker].multipliedReportingOverflow(by: Int64(market.taskUnits[task]))
                return overflow ? Int64.max / 2 : cost
            }
    }

    /// What the tasks gain at most when worker and task cost that: the sum of each one's greatest positive surpluses.
    private func surplus(_ cost: (_ worker: Int, _ task: Int) -> Int64) -> Int128 {
        var total = Int128(0)
        for task in market.slots.indices {
            var gains: [Int64] = []
            for edge in market.edges(of: task) {
                let worker = Int(market.edgeWorker[edge])
                guard market.workerUnits[worker] >= market.taskUnits[task], market.workerTasksMax[worker] > 0 else {
                    continue
                }
                let gain = values[edge] - cost(worker, task)
                if gain > 0 { gains.append(gain) }
            }
            gains.sort(by: >)
            for gain in gains.prefix(market.slots[task]) { total += Int128(gain) }
        }
        return total
    }
}

/// Uses time that rounding and an interrupted auction left over.
enum Filling {
    /// The held edges and, greatest value first, every other one whose task has a slot and whose worker has time.
    static func filled(_ market: OrderedMarket, _ isHeld: [Bool]) -> [Bool] {
        var isChosen = isHeld
        var slots = market.slots
        var units = market.workerUnits
        var tasks = market.workerTasksMax
        func take(_ edge: Int) {
            let (task, worker) = (Int(market.edgeTask[edge]), Int(market.edgeWorker[edge]))
            slots[task] -= 1
            units[worker] -= market.taskUnits[task]
            tasks[worker] -= 1
        }
        func fits(_ edge: Int) -> Bool {
            let (task, worker) = (Int(market.edgeTask[edge]), Int(market.edgeWorker[edge]))
            return slots[task] > 0 && units[worker] >= market.taskUnits[task] && tasks[worker] > 0
        }
        for edge in isHeld.indices where isHeld[edge] { take(edge) }
        let further = isHeld.indices.filter { !isHeld[$0] && market.edgeValue[$0] > 0 && fits($0) }
        let values = market.edgeValue
        for edge in further.sorted(by: { values[$0] != values[$1] ? values[$0] > values[$1] : $0 < $1 }) {
            guard fits(edge) else { continue }
            take(edge)
            isChosen[edge] = true
        }
        return isChosen
    }
}
