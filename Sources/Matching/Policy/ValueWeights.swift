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
    /// The share of pairs of recoverable tasks and newcomers in which skill is drawn, in millionths; never above
    /// ``Bounds/exploringMax``.
    package var exploringMillionths = 80_000
    /// A worker with fewer observations of their skill is a newcomer.
    package var newcomerObservations = 28
    /// Draws are made only where an hour of the worker is cheap: the price of the time is at most so much of the
    /// task's value, in millionths.
    package var exploringPriceMillionths = 250_000
    /// What each level of the batch's priority adds, in millionths of the task's value: more than quality, urgency and
    /// the rest together.
    package var priorityMillionths = 4_000_000
    /// What a week of age adds, in millionths of the task's value: of two alike the older goes first.
    package var ageMillionths = 10_000
    /// What each tier above the demand takes off while no night has priced hours, in millionths of the task's value.
    package var tierMillionths = 50_000
    /// How hard the price of hours follows their use: η of ``HourPrice/Pacing``, in millionths.
    package var etaMillionths = 1_000_000
    /// The same where the week's forecast was off by more than ``forecastOffMillionths``.
    package var etaOffMillionths = 3_000_000
    /// From where on a forecast counts as off, in millionths of it.
    package var forecastOffMillionths = 200_000
    /// The most that pacing makes of a nightly price, in millionths of it.
    package var priceMultipleMillionths = 2_000_000
    /// How much of a cell's hours work past its bound may take before all other, in millionths of those planned.
    /// All, so that nothing is past its bound while somebody eligible has hours.
    package var lateShareMillionths = 1_000_000

    /// What no configuration exceeds.
    package enum Bounds {
        /// ALGORITHMS.md, section 5: at most a tenth.
        package static let exploringMax = 100_000
    }

    /// The defaults of a study, in which a quality of a half is a guess.
    package init() {}

    /// The scheduler's defaults: without a bar, as whoever meets the requirement is good enough, and the better is
    /// worth more.
    package static var ofMarket: ValueWeights {
        var weights = ValueWeights()
        weights.barMillionths = 0
        return weights
    }

    /// How hard the price of hours follows their use.
    package var pacing: HourPrice.Rules {
        HourPrice.Rules(
            etaMillionths: etaMillionths, etaOffMillionths: etaOffMillionths, offMillionths: forecastOffMillionths,
            multipleMaxMillionths: priceMultipleMillionths)
    }

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
        Name.allCases.map { Row(name: $0.rawValue, value: self[$0], unit: $0.unit, meaning: $0.meaning) }
    }
}
