/// What is left when a task will probably not be done in time, with what each way costs: for an operator to choose.
package struct LeastBad: Hashable, Sendable {
    /// A way out.
    package enum Way: String, Hashable, Sendable, CaseIterable {
        /// Pay more than the band allows.
        case payMore = "pay_more"
        /// Let it be late.
        case extend
        /// Decide by fewer answers.
        case fewerAnswers = "fewer_answers"
        /// Take a worker from work that is worth more.
        case takeFromOthers = "take_from_others"
        /// Give up and refund.
        case giveUp = "give_up"
    }

    /// One way and what it costs.
    package struct Option: Hashable, Sendable {
        /// The way.
        package let way: Way
        /// What it is expected to cost requester and platform, in minor units.
        package let costMinor: Int64
        /// By how much: minor units for each answer, minutes later, answers fewer, units of 15 minutes taken; 0 else.
        package let amount: Int64

        package init(way: Way, costMinor: Int64, amount: Int64) {
            (self.way, self.costMinor, self.amount) = (way, costMinor, amount)
        }
    }

    /// The facts of one task.
    package struct Facts: Hashable, Sendable {
        /// What the finished task is worth to the requester, in minor units.
        package let valueMinor: Int64
        /// What an answer pays now.
        package let payMinor: Int64
        /// How many answers are missing.
        package let answersMissing: Int
        /// How many answers decide in all.
        package let answersDeciding: Int
        /// The pay at which enough would accept in time; nil when no pay would do.
        package let clearingPayMinor: Int64?
        /// How late it would be without doing anything, in minutes; nil when nobody is in sight.
        package let lateMinutes: Int64?
        /// What the requester loses in value by a day's delay, in millionths of the value.
        package let lossPerDayMillionths: Int
        /// The least price of the time of somebody who could do it now (``HourPrice``), in minor units, and units; nil
        /// without anybody.
        package let dearest: TimePrice?

        /// The time of somebody who is needed elsewhere.
        package struct TimePrice: Hashable, Sendable {
            /// What the rest of the week loses, in minor units.
            package let minor: Int64
            /// Units of 15 minutes.
            package let units: Int

            /// A price.
            package init(minor: Int64, units: Int) { (self.minor, self.units) = (minor, units) }
        }

        /// All facts.
        package init(
            valueMinor: Int64, payMinor: Int64, answersMissing: Int, answersDeciding: Int,
            clearingPayMinor: Int64? = nil, lateMinutes: Int64? = nil, lossPerDayMillionths: Int = 100_000,
            dearest: TimePrice? = nil
        ) {
            (self.valueMinor, self.payMinor) = (valueMinor, payMinor)
            (self.answersMissing, self.answersDeciding) = (answersMissing, answersDeciding)
            (self.clearingPayMinor, self.lateMinutes) = (clearingPayMinor, lateMinutes)
            (self.lossPerDayMillionths, self.dearest) = (lossPerDayMillionths, dearest)
        }
    }

    /// At most three, the cheapest first; equal costs in the order of ``Way``. Never empty: one can always give up.
    package let options: [Option]

    /// The three least bad of what can be done.
    package init(_ facts: Facts) {
        let value = max(facts.valueMinor, 0)
        let missing = Int64(max(facts.answersMissing, 1))
        var found: [Option] = []
        if let pay = facts.clearingPayMinor, pay > facts.payMinor {
            let (more, lost) = pay.subtractingReportingOverflow(facts.payMinor)
            let (cost, overflow) = more.multipliedReportingOverflow(by: missing)
            if !lost, !overflow { found.append(Option(way: .payMore, costMinor: cost, amount: more)) }
        }
        if let minutes = facts.lateMinutes {
            let days = Double(max(minutes, 0)) / 1_440
            let share = min(days * Double(max(facts.lossPerDayMillionths, 0)) / 1_000_000, 1)
            found.append(Option(way: .extend, costMinor: PureMath.scaled(value, by: share), amount: max(minutes, 0)))
        }
        if facts.answersDeciding > facts.answersMissing, facts.answersDeciding > 1 {
            // What the missing answers would have added to the value of the decision, each less than the one before.
            let got = Double(facts.answersDeciding - facts.answersMissing)
            let share = Double(missing) / (2 * (got + 1) * Double(facts.answersDeciding))
            let cost = PureMath.scaled(value, by: min(share, 1))
            found.append(Option(way: .fewerAnswers, costMinor: cost, amount: missing))
        }
        if let time = facts.dearest {
            let (cost, overflow) = max(time.minor, 0).multipliedReportingOverflow(by: missing)
            if !overflow {
                found.append(Option(way: .takeFromOthers, costMinor: cost, amount: Int64(max(time.units, 0))))
            }
        }
        found.append(Option(way: .giveUp, costMinor: value, amount: 0))
        let order = Dictionary(uniqueKeysWithValues: Way.allCases.enumerated().map { ($1, $0) })
        let sorted = found.sorted {
            ($0.costMinor, order[$0.way] ?? 0) < ($1.costMinor, order[$1.way] ?? 0)
        }
        options = Array(sorted.prefix(3))
    }
}
