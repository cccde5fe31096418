/// The upper bound that prices of places prove: no assignment is worth more.
///
/// Source: weak duality of linear programming. A place costs the worker's price; each task then gains at most the sum
/// of its greatest surpluses, as many as it has slots.
struct Bound {
    let market: SolverMarket
    let places: [Int32]
    let prices: [Int64]

    var value: Int128 {
        var rent = Int128(0)
        for worker in places.indices where places[worker] > 0 {
            rent += Int128(places[worker]) * Int128(prices[worker])
        }
        return rent + gains
    }

    /// What one task gains.
    func gain(of task: Int) -> Int128 {
        guard market.slots[task] > 0 else { return 0 }
        var many = Greatest()
        many.begin(count: Int(market.slots[task]), atLeast: market.openValue)
        for edge in market.edges(of: task) {
            many.offer(market.edgeValue[edge] - prices[Int(market.edgeWorker[edge])])
        }
        return many.sum
    }

    /// What all tasks gain. A certificate looks at every candidate, so this goes over plain memory.
    private var gains: Int128 {
        prices.withUnsafeBufferPointer { prices in
            market.edgeWorker.withUnsafeBufferPointer { workers in
                market.edgeValue.withUnsafeBufferPointer { values in
                    var many = Greatest()
                    var total = Int128(0)
                    for task in 0..<market.taskCount where market.slots[task] > 0 {
                        let edges = market.edges(of: task)
                        if market.slots[task] <= 3 {
                            total += gain(edges, market.slots[task], prices, workers, values)
                            continue
                        }
                        many.begin(count: Int(market.slots[task]), atLeast: market.openValue)
                        for edge in edges { many.offer(values[edge] - prices[Int(workers[edge])]) }
                        total += many.sum
                    }
                    return total
                }
            }
        }
    }

    /// Of a task with up to three slots, which nearly all have.
    @inline(__always)
    private func gain(
        _ edges: Range<Int>, _ slots: Int32, _ prices: UnsafeBufferPointer<Int64>,
        _ workers: UnsafeBufferPointer<Int32>, _ values: UnsafeBufferPointer<Int64>
    ) -> Int128 {
        let floor = market.openValue
        var (first, second, third) = (floor, floor, floor)
        for edge in edges {
            let surplus = values[edge] - prices[Int(workers[edge])]
            guard surplus > third else { continue }
            if surplus > first {
                (first, second, third) = (surplus, first, second)
            } else if surplus > second {
                (second, third) = (surplus, second)
            } else {
                third = surplus
            }
        }
        return Int128(first) + (slots > 1 ? Int128(second) : 0) + (slots > 2 ? Int128(third) : 0)
    }
}

/// The greatest few of many numbers.
struct Greatest {
    /// Falling.
    private var kept: [Int64] = []
    private var count = 0
    private var least = Int64(0)

    /// So many of those that follow, each counted as at least so much.
    mutating func begin(count: Int, atLeast floor: Int64) {
        if kept.count < count { kept.append(contentsOf: repeatElement(0, count: count - kept.count)) }
        for place in 0..<count { kept[place] = floor }
        (self.count, least) = (count, floor)
    }

    @inline(__always)
    mutating func offer(_ number: Int64) {
        guard number > least else { return }
        var place = count - 1
        while place > 0, kept[place - 1] < number {
            kept[place] = kept[place - 1]
            place -= 1
        }
        kept[place] = number
        least = kept[count - 1]
    }

    var sum: Int128 {
        var sum = Int128(0)
        for place in 0..<count { sum += Int128(kept[place]) }
        return sum
    }
}
