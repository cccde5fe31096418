package import Synchronization

/// Counters of one ``Database`` since its start.
package final class Statistics: Sendable {
    package let transactions = Atomic<Int>(0)
    package let retries = Atomic<Int>(0)
    package let connectionsOpened = Atomic<Int>(0)
    /// Commits whose outcome had to be looked up because the connection broke.
    package let outcomesLookedUp = Atomic<Int>(0)
}
