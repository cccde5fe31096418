/// Who should do what, and proof of how good that is. A proposal only: reserving is the transaction's affair.
package struct Proposal: Hashable, Sendable {
    /// The chosen pairs, sorted by task id, then worker id.
    package let pairs: [Pair]
    /// What the time for one more task, as short as the worker's shortest candidate, would be worth, in the order of
    /// ``Market/workers`` (rounded down; 0 for a worker with time left, ``infinitePrice`` for one without any).
    package let prices: [Int64]
    /// The same for one more unit of 15 minutes: the opportunity price of the worker's time.
    package let unitPrices: [Int64]
    /// How far from the best possible this can be at most.
    package let certificate: Certificate
    /// How many bids the auction took: its cost.
    package let bids: Int
    /// Whether the auction ended by itself; false when it ran into its bound on bids. The pairs are valid either way,
    /// and the certificate holds.
    package let isSettled: Bool
    /// Whether it went on from an earlier match; false also when that ended too far from the bound and everything was
    /// solved anew.
    package let isWarm: Bool

    /// The price of time that is not to be had.
    package static let infinitePrice = Int64.max

    /// A worker for a slot of a task.
    package struct Pair: Hashable, Sendable {
        /// ``TaskDemand/id``.
        package let task: UInt128
        /// ``WorkerSupply/id``.
        package let worker: UInt128
        /// The candidate's value.
        package let value: Int64

        /// A pair, as kept from an earlier match.
        package init(task: UInt128, worker: UInt128, value: Int64) {
            (self.task, self.worker, self.value) = (task, worker, value)
        }
    }
}

/// What a solve can go on from: prices and pairs of an earlier one, by id. What is gone since is passed over.
package struct EarlierMatch: Hashable, Sendable {
    /// By ``WorkerSupply/id``: ``Proposal/prices``; who is not named starts at 0.
    package let prices: [UInt128: Int64]
    /// In any order.
    package let pairs: [Proposal.Pair]

    /// From what was kept of it.
    package init(prices: [UInt128: Int64], pairs: [Proposal.Pair]) {
        (self.prices, self.pairs) = (prices, pairs)
    }

    /// From a proposal and the market it was made for.
    package init(_ proposal: Proposal, of market: Market) {
        prices = Dictionary(uniqueKeysWithValues: zip(market.workers.map(\.id), proposal.prices))
        pairs = proposal.pairs
    }
}

/// A proof of quality that needs no trust in the solver: no assignment at all is worth more than the bound.
///
/// Source: weak duality of linear programming. For any prices p ≥ 0, no assignment exceeds
/// Σ workers (capacity × p) + Σ tasks (sum of the `slots` greatest positive (value − p)).
package struct Certificate: Hashable, Sendable {
    /// The sum of the values of the chosen pairs.
    package let value: Int64
    /// The least upper bound on any assignment's value that the prices prove; never below ``value``.
    package let bound: Int64

    /// A value, and what it is held against.
    package init(value: Int64, bound: Int64) { (self.value, self.bound) = (value, bound) }

    /// Below it an operator is to be told.
    package static let alarmMillionths: Int64 = 990_000
    /// Below it a solve that went on from an earlier one is done anew.
    package static let coldMillionths: Int64 = 985_000

    /// Value ÷ bound in millionths, rounded down; 1,000,000 is proven best, also when there is nothing to gain.
    package var ratioMillionths: Int64 {
        guard bound > 0 else { return 1_000_000 }
        return Int64(Int128(value) * 1_000_000 / Int128(bound))
    }
}
