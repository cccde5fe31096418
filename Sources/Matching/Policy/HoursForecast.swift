/// How much of the declared time a worker will really give: a Beta distribution by worker, shrunk to their cell.
package struct HoursForecast: Hashable, Sendable {
    /// The share of declared time that will be usable.
    package let share: BetaBelief

    /// One week, or part of the week, that is over.
    ///
    /// What is seen of hours is censored by demand: nobody works what nobody asks for. A week in which less was asked
    /// for than was declared tells of what was asked for alone, and weighs as much less; else hours would be thought
    /// scarce where work is, less work would be offered, and less again be worked.
    package struct Week: Hashable, Sendable {
        /// Units of 15 minutes that were declared.
        package let declaredUnits: Int
        /// Units in which the worker worked; where all that they declared could have been, also those in which they
        /// were there and free for work.
        package let usableUnits: Int
        /// Units that work was asked for, at least those that were worked; as many as were declared at most.
        package let askedUnits: Int

        /// A week.
        /// - Parameter askedUnits: what was offered; `nil` where whatever was declared could have been worked.
        package init(declaredUnits: Int, usableUnits: Int, askedUnits: Int? = nil) {
            (self.declaredUnits, self.usableUnits) = (declaredUnits, usableUnits)
            self.askedUnits = min(max(askedUnits ?? declaredUnits, usableUnits, 0), max(declaredUnits, 0))
        }

        /// Usable ÷ asked for, 0 to 1; nil when nothing was declared or asked for.
        var share: Double? {
            guard askedUnits > 0 else { return nil }
            return min(max(Double(usableUnits) / Double(askedUnits), 0), 1)
        }

        /// How much of a week it tells of: asked for ÷ declared, 0 to 1. Where nothing was declared it is 1, as of any
        /// week that says nothing else than the cell.
        var weight: Double {
            declaredUnits > 0 ? Double(askedUnits) / Double(declaredUnits) : 1
        }
    }

    /// How many weeks of the worker's own the cell is worth.
    package static let cellWeeks = 4.0
    /// What is assumed of a cell of which nothing is known, in millionths.
    package static let cellShareMillionths = 800_000
    /// How much less each week counts than the one after it.
    package static let fading = 0.9
    /// The chance at which hours are promised.
    package static let promiseQuantile = 0.1

    /// A forecast.
    /// - Parameters:
    ///   - weeks: the worker's, the newest first.
    ///   - cellShareMillionths: the cell's usable ÷ declared (``cellShare(_:)``).
    package init(weeks: [Week], cellShareMillionths: Int = Self.cellShareMillionths) {
        var belief = BetaBelief(meanMillionths: cellShareMillionths, strength: Self.cellWeeks)
        var weight = 1.0
        for week in weeks {
            if let share = week.share {
                let seen = weight * week.weight
                belief = belief.seeing(successes: seen * share, failures: seen * (1 - share))
            }
            weight *= Self.fading
        }
        share = belief
    }

    /// Usable ÷ asked for over all weeks of a cell, in millionths; shrunk to ``cellShareMillionths`` as they are few.
    package static func cellShare(_ weeks: [Week]) -> Int {
        let prior = Double(cellShareMillionths) / 1_000_000
        let usable = weeks.reduce(0.0) { $0 + ($1.share ?? prior) * $1.weight }
        let weight = weeks.reduce(0.0) { $0 + $1.weight }
        return PureMath.millionths((prior * cellWeeks + usable) / (cellWeeks + weight))
    }

    /// Units to plan with: the mean, rounded down.
    package func plannedUnits(ofDeclared units: Int) -> Int { Self.part(units, share.mean) }

    /// Units to promise with: there will be at least as many in nine of ten weeks.
    package func promisedUnits(ofDeclared units: Int) -> Int {
        Self.part(units, share.quantile(Self.promiseQuantile))
    }

    /// The standard deviation of the share that is given, from its mean and what nine of ten weeks bring.
    package static func deviation(_ mean: Double, _ promised: Double) -> Double {
        max(mean - promised, 0) / -PureMath.normalQuantile(promiseQuantile)
    }

    /// The units that a worker is likely to give from now on, knowing that they gave so many already: the mean of a
    /// normal distribution cut off at what they gave.
    package static func remainingUnits(share: Double, deviation: Double, declared: Int, spent: Int) -> Int {
        let mean = share * Double(declared) - Double(spent)
        let deviation = max(deviation * Double(declared), 0.5)
        let at = mean / deviation
        let density = 0.398_942_280_4 * PureMath.exp(-at * at / 2)
        let rest = at < -6 ? 0 : mean + deviation * density / max(PureMath.normalShare(upTo: at), 1e-9)
        return min(max(Int(rest.rounded()), 0), max(declared - spent, 0))
    }

    private static func part(_ units: Int, _ share: Double) -> Int {
        Int(exactly: (Double(min(max(units, 0), Market.Bounds.unitsMax)) * share).rounded(.down)) ?? 0
    }
}
