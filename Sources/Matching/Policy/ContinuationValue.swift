/// What can still be had of a task if the worker at hand is not given it: whoever comes later and takes it.
///
/// Source: the reservation value of optimal stopping (McCall, Quarterly Journal of Economics 84(1), 1970), with rivals
/// of different worth who come independently, the best of whom gets the task.
package enum ContinuationValue {
    /// Somebody else who may come in time.
    package struct Rival: Hashable, Sendable {
        /// What they would bring, less the price of their time, in micro-units.
        package let surplusMicros: Int64
        /// That they come in time, have hours for it and accept, in millionths.
        package let chanceMillionths: Int

        /// A rival.
        package init(surplusMicros: Int64, chanceMillionths: Int) {
            (self.surplusMicros, self.chanceMillionths) = (surplusMicros, chanceMillionths)
        }

        /// What to expect of them if nobody else comes, in micro-units.
        package var promisedMicros: Int64 {
            PureMath.scaled(max(surplusMicros, 0), by: Double(min(max(chanceMillionths, 0), 1_000_000)) / 1_000_000)
        }

        /// The chance that somebody comes for one task: they accept, are there before it ends, and have hours that
        /// other tasks do not take.
        /// - Parameters:
        ///   - acceptingMillionths: that they accept when asked.
        ///   - windowUnits: of their windows, until work must begin.
        ///   - remainingUnits: that they are likely to give this week.
        ///   - units: that the task takes.
        package static func chanceMillionths(
            acceptingMillionths: Int, windowUnits: Int, remainingUnits: Int, units: Int
        ) -> Int {
            let there = ContinuationValue.there[min(max(windowUnits, 0), ContinuationValue.there.count - 1)]
            let free = Double(max(remainingUnits, 0)) / (ContinuationValue.tasksAhead * Double(max(units, 1)))
            return PureMath.millionths(Double(acceptingMillionths) / 1_000_000 * there * min(free, 1))
        }
    }

    /// How many units of a window it takes until a worker looks for work, on average: two hours.
    package static let lookUnits = 8.0
    /// The chance that a worker looks within so many units of their windows; the last is 1 to the bit.
    private static let there = (0...512).map { 1 - PureMath.exp(-Double($0) / lookUnits) }
    /// Hours for so many tasks of the same length are enough to be sure that there is time for this one.
    package static let tasksAhead = 3.0

    /// The expected surplus of the last of the places that are open, in micro-units, if the best who come take them:
    /// what taking somebody now displaces. Time: rivals × places, at most.
    /// - Parameters:
    ///   - rivals: the greatest surplus first; surpluses below 0 bring nothing.
    ///   - places: answers that are missing, at least 1.
    package static func micros(_ rivals: [Rival], places: Int) -> Int64 {
        let places = max(places, 1)
        var taken = AcceptanceCount(upTo: places)
        var expected = 0.0
        for rival in rivals where rival.surplusMicros > 0 {
            // Whoever follows brings no more than this one: together less than a thousandth of a micro-unit.
            if (1 - taken.enough) * Double(rival.surplusMicros) < 0.001 { break }
            let chance = Double(min(max(rival.chanceMillionths, 0), 1_000_000)) / 1_000_000
            expected += taken.chance(of: places - 1) * chance * Double(rival.surplusMicros)
            taken.add(rival.chanceMillionths)
        }
        return PureMath.scaled(1, by: expected)
    }
}
