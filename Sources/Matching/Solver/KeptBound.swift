/// A bound that goes on from tick to tick. Any prices prove one, so those of an earlier tick are kept, and only what
/// has changed since is looked at. The more has changed, the farther it lies above the best possible.
struct KeptBound: Sendable {
    private let prices: [Int64]
    private(set) var value: Int128

    /// Looks at every candidate.
    init(_ market: SolverMarket, places: [Int32], prices: [Int64]) {
        self.prices = prices
        value = Bound(market: market, places: places, prices: prices).value
    }

    /// A task goes; call it while the task still has its slots.
    mutating func takeOut(_ task: Int, of market: SolverMarket) {
        value -= Bound(market: market, places: [], prices: prices).gain(of: task)
    }

    mutating func takeIn(_ task: Int, of market: SolverMarket) {
        value += Bound(market: market, places: [], prices: prices).gain(of: task)
    }

    /// - Returns: false for who had no places at all: nothing was proven with a price of theirs.
    mutating func setPlaces(_ worker: Int, from before: Int32, to now: Int32) -> Bool {
        guard prices[worker] < Auction.infinitePrice else { return now == 0 }
        value += Int128(now - before) * Int128(prices[worker])
        return true
    }
}
