/// Every number that the value of a pair depends on beside the facts.
package struct ValueWeights: Hashable, Sendable {
    /// What a task is worth when its requester has not said, in millionths of the pay: 4,000,000 is
    /// four times the pay, so that what a pair adds or lacks shows in its value, which is never below 0.
    package var valueOverPayMillionths = 4_000_000
    /// Quality that is worth nothing, in millionths, such as a guess between two answers.
    package var barMillionths = 500_000
    /// The quantile of skill that counts where one answer decides, in millionths.
    package var cautionMillionths = 200_000
    /// How much of the pay is taken off the value, in millionths.
    package var payMillionths = 1_000_000
    /// What each answer costs to handle, in micro-units.
    package var handlingMicros: Int64 = 0
    /// How much of the quality's value a late answer loses, in millionths.
    package var latenessMillionths = 1_000_000
    /// What the fullest affinity adds, in millionths of the task's value.
    package var affinityMillionths = 30_000
    /// c of the urgency c · max(0, age ÷ bound − 1/2)², in millionths of the task's value.
    package var urgencyMillionths = 100_000
    /// The most that urgency adds, in millionths of the task's value.
    package var urgencyMaxMillionths = 2_000_000
    /// What a full deficit of offered hours adds, in millionths of the task's value (``Fairness``).
    package var fairnessMillionths = 20_000
    /// The share of recoverable tasks on which newcomers' skill is drawn, in millionths; never above
    /// ``Bounds/exploringMax``.
    package var exploringMillionths = 80_000
    /// A worker with fewer observations of their skill is a newcomer.
    package var newcomerObservations = 28
    /// Draws are made only where an hour of the worker is cheap: the price of the time is at most so much of the
    /// task's value, in millionths.
    package var exploringPriceMillionths = 250_000

    /// What no configuration exceeds.
    package enum Bounds {
        /// ALGORITHMS.md, section 5: at most a tenth.
        package static let exploringMax = 100_000
    }

    /// The defaults.
    package init() {}

    /// One weight, for people.
    package struct Row: Hashable, Sendable {
        /// Its name in configuration.
        package let name: String
        /// What is set.
        package let value: Int64
        /// What it is counted in.
        package let unit: String
        /// What it does.
        package let meaning: String
    }

    /// All weights, in the order in which they are used.
    package var rows: [Row] {
        let share = "millionths of the task's value"
        return [
            row(
                "value_over_pay", valueOverPayMillionths, "millionths of the pay",
                "a task's value when none is stated"),
            row("bar", barMillionths, "millionths", "quality that is worth nothing"),
            row("caution", cautionMillionths, "millionths", "quantile of skill where one answer decides"),
            row("pay", payMillionths, "millionths of the pay", "taken off"),
            Row(name: "handling", value: handlingMicros, unit: "micro-units", meaning: "taken off each answer"),
            row("lateness", latenessMillionths, "millionths of the quality's value", "lost by a late answer"),
            row("affinity", affinityMillionths, share, "added for work of the same kind and project before"),
            row("urgency", urgencyMillionths, share, "c in c * max(0, age / bound - 0.5)^2"),
            row("urgency_max", urgencyMaxMillionths, share, "the most that urgency adds"),
            row("fairness", fairnessMillionths, share, "added for a full deficit of offered hours over four weeks"),
            row("exploring", exploringMillionths, "millionths of the tasks", "where newcomers' skill is drawn"),
            row("newcomer", newcomerObservations, "observations", "fewer make a newcomer"),
            row("exploring_price", exploringPriceMillionths, share, "the dearest time that is explored with"),
        ]
    }

    private func row(_ name: String, _ value: Int, _ unit: String, _ meaning: String) -> Row {
        Row(name: name, value: Int64(value), unit: unit, meaning: meaning)
    }
}
