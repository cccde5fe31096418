/// The chance that a worker finishes in time, from their own pace and the free time they have until then.
package struct Lateness: Hashable, Sendable {
    /// What the task is expected to take anybody, in minutes.
    package let expectedMinutes: Int
    /// The worker's own time ÷ the expected, in millionths; 1,000,000 when unknown. See
    /// ``paceMillionths(minutes:expected:)``.
    package let paceMillionths: Int
    /// How much tasks of this kind differ: the standard deviation of the logarithm of the time, in millionths.
    package let spreadMillionths: Int
    /// Minutes that the worker is likely to have free until the deadline: declared windows, less what is reserved,
    /// times the forecast's mean.
    package let freeMinutes: Int
    /// Minutes that they have free in nine of ten weeks.
    package let promisedMinutes: Int

    /// What is assumed of the spread when little is known.
    package static let spreadMillionths = 500_000

    /// The facts of one pair.
    package init(
        expectedMinutes: Int, paceMillionths: Int = 1_000_000, spreadMillionths: Int = Self.spreadMillionths,
        freeMinutes: Int, promisedMinutes: Int
    ) {
        (self.expectedMinutes, self.paceMillionths) = (expectedMinutes, paceMillionths)
        (self.spreadMillionths, self.freeMinutes) = (spreadMillionths, freeMinutes)
        self.promisedMinutes = promisedMinutes
    }

    /// The chance, in millionths: time needed and free time as log-normal numbers.
    package var inTimeMillionths: Int {
        guard freeMinutes > 0 else { return 0 }
        let needed = Double(max(expectedMinutes, 1)) * Double(max(paceMillionths, 1)) / 1_000_000
        let spread = Double(max(spreadMillionths, 1)) / 1_000_000
        // The tenth percentile lies 1.2816 deviations under the middle.
        let ratio = Double(freeMinutes) / Double(max(min(promisedMinutes, freeMinutes), 1))
        let doubt = PureMath.log(ratio) / 1.281_551_565_5
        let deviation = (spread * spread + doubt * doubt).squareRoot()
        let deviations = (PureMath.log(Double(freeMinutes)) - PureMath.log(needed)) / deviation
        // Six deviations off, less than a millionth is left.
        guard abs(deviations) < 6 else { return deviations > 0 ? 1_000_000 : 0 }
        return PureMath.millionths(PureMath.normalShare(upTo: deviations))
    }

    /// A worker's pace from what they took against what was expected, shrunk to 1 by four tasks.
    package static func paceMillionths(minutes: [Int], expected: [Int]) -> Int {
        let logs = zip(minutes, expected).reduce(0.0) { sum, pair in
            sum + PureMath.log(Double(max(pair.0, 1)) / Double(max(pair.1, 1)))
        }
        let mean = logs / (Double(min(minutes.count, expected.count)) + 4)
        return Int(exactly: (min(PureMath.exp(mean), 100) * 1_000_000).rounded()) ?? 1_000_000
    }

    /// The 90th percentile of the time a task takes from its opening to its end, in seconds, from those that ended; nil
    /// without any.
    package static func serviceP90Seconds(_ seconds: [Int64]) -> Int64? {
        let sorted = seconds.sorted()
        return sorted.isEmpty ? nil : sorted[(sorted.count * 9 + 9) / 10 - 1]
    }
}
