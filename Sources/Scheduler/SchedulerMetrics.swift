internal import Synchronization

/// Counters of a scheduler since its start.
package final class SchedulerMetrics: Sendable {
    /// Of one round.
    package struct Counters: Hashable, Sendable {
        /// Pieces that ended well.
        package var rounds = 0
        package var failures = 0
        /// Failures since the last piece that ended well.
        package var failuresInARow = 0
        package var counts: [SchedulerCount: Int] = [:]
    }

    private let counters = Mutex<[String: Counters]>([:])

    /// All zero.
    package init() {}

    /// The counters of all rounds that have run, by their names.
    package var byRound: [String: Counters] { counters.withLock { $0 } }

    /// One count over all rounds.
    package func total(_ count: SchedulerCount) -> Int {
        counters.withLock { $0.values.reduce(0) { $0 + ($1.counts[count] ?? 0) } }
    }

    func noteSuccess(of round: String, _ outcome: RoundOutcome) {
        counters.withLock {
            $0[round, default: Counters()].rounds += 1
            $0[round, default: Counters()].failuresInARow = 0
            $0[round, default: Counters()].counts.merge(outcome.counts) { $0 + $1 }
        }
    }

    /// - Returns: failures in a row.
    func noteFailure(of round: String) -> Int {
        counters.withLock {
            $0[round, default: Counters()].failures += 1
            $0[round, default: Counters()].failuresInARow += 1
            return $0[round]?.failuresInARow ?? 1
        }
    }
}
