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
        var best = Greatest()
        var total = rent
        for task in 0..<market.taskCount where market.slots[task] > 0 {
            best.begin(count: Int(market.slots[task]), atLeast: market.openValue)
            for edge in Int(market.rowStart[task])..<Int(market.rowEnd[task]) {
                best.offer(market.edgeValue[edge] - prices[Int(market.edgeWorker[edge])])
            }
            total += best.sum
        }
        return total
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
