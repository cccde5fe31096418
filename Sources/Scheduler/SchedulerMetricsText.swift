extension SchedulerMetrics {
    /// Prometheus' text format, version 0.0.4: each round by its name.
    package var prometheusText: String {
        let rounds = byRound.sorted { $0.key < $1.key }
        func family(_ name: String, _ type: String, _ help: String, _ value: (Counters) -> String) -> String {
            let full = "guildhall_scheduler_\(name)"
            let lines = rounds.map { "\(full){round=\"\($0.key)\"} \(value($0.value))\n" }.joined()
            return "# HELP \(full) \(help)\n# TYPE \(full) \(type)\n" + lines
        }
        func seconds(_ duration: Duration) -> String {
            let (seconds, attoseconds) = duration.components
            return "\(Double(seconds) + Double(attoseconds) / 1e18)"
        }
        let certificate = "guildhall_scheduler_certificate_millionths"
        let certificates = rounds.compactMap { round, counters in
            counters.certificateMillionths.map { "\(certificate){round=\"\(round)\"} \($0)\n" }
        }.joined()
        let done = "guildhall_scheduler_done_total"
        let counts = rounds.flatMap { round, counters in
            counters.counts.sorted { $0.key.rawValue < $1.key.rawValue }
                .map { "\(done){round=\"\(round)\",what=\"\($0.key.rawValue)\"} \($0.value)\n" }
        }
        return family("rounds_total", "counter", "Pieces of work that ended well.") { "\($0.rounds)" }
            + family("failures_total", "counter", "Pieces of work that failed.") { "\($0.failures)" }
            + family("failures_in_a_row", "gauge", "Failures since the last piece that ended well.") {
                "\($0.failuresInARow)"
            }
            + family("turn_seconds", "gauge", "What the last turn took.") { seconds($0.lastTook) }
            + family("turn_seconds_longest", "gauge", "What the longest turn took.") { seconds($0.longestTook) }
            + family("lag_seconds", "gauge", "How far the last turn ended behind its period.") { seconds($0.lag) }
            + family("overruns_total", "counter", "Turns that took longer than their period.") { "\($0.overruns)" }
            + "# HELP \(certificate) Value of the last solve to the best that is possible, at least.\n"
            + "# TYPE \(certificate) gauge\n" + certificates
            + "# HELP \(done) What rounds came to, by what was counted.\n# TYPE \(done) counter\n" + counts.joined()
    }
}
