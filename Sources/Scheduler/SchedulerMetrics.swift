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
        /// What the last turn took, from its start until nothing was left to do, and the longest.
        package var lastTook: Duration = .zero
        package var longestTook: Duration = .zero
        /// How far the last turn ended behind its period; zero where it kept it.
        package var lag: Duration = .zero
        /// Turns that took longer than their period, and those since the last that did not.
        package var overruns = 0
        package var overrunsInARow = 0
        /// Of the last solve; `nil` before the first.
        package var certificateMillionths: Int64?
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
            if let certificate = outcome.certificateMillionths {
                $0[round, default: Counters()].certificateMillionths = certificate
            }
        }
    }

    /// - Returns: turns in a row that took longer than their period.
    func noteTurn(of round: String, took: Duration, period: Duration) -> Int {
        counters.withLock { all in
            var known = all[round, default: Counters()]
            known.lastTook = took
            known.longestTook = max(known.longestTook, took)
            known.lag = max(took - period, .zero)
            known.overruns += took > period ? 1 : 0
            known.overrunsInARow = took > period ? known.overrunsInARow + 1 : 0
            all[round] = known
            return known.overrunsInARow
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
