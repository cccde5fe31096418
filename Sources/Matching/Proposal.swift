/// Who should do what, and proof of how good that is. A proposal only: reserving is the transaction's affair.
package struct Proposal: Hashable, Sendable {
    /// The chosen pairs, sorted by task id, then worker id.
    package let pairs: [Pair]
    /// What one more task's place at each worker would be worth, in the order of ``Market/workers`` (rounded down; 0
    /// for a worker with time left or without any).
    package let prices: [Int64]
    /// How far from the best possible this can be at most.
    package let certificate: Certificate
    /// How many bids the auction took: its cost.
    package let bids: Int
    /// Whether the auction ended by itself; false when it ran into its bound on bids. The pairs are valid either way,
    /// and the certificate holds.
    package let isSettled: Bool

    /// A worker for a slot of a task.
    package struct Pair: Hashable, Sendable {
        /// ``TaskDemand/id``.
        package let task: UInt128
        /// ``WorkerSupply/id``.
        package let worker: UInt128
        /// The candidate's value.
        package let value: Int64
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

    /// Value ÷ bound in millionths, rounded down; 1,000,000 is proven best, also when there is nothing to gain.
    package var ratioMillionths: Int64 {
        guard bound > 0 else { return 1_000_000 }
        return Int64(Int128(value) * 1_000_000 / Int128(bound))
    }
}
