/// What a quarter of an hour of a worker is worth to the rest of the week: the nightly solve's dual price, paced by how
/// fast the hours go.
///
/// Source: dual mirror descent, Balseiro, Lu and Mirrokni, arXiv 2011.10124, in the multiplicative form; the clamp and
/// the fall-back are measured, ALGORITHMS.md, sections 0 and 1.7.
package struct HourPrice: Hashable, Sendable {
    /// The nightly price of a unit of 15 minutes, in micro-units; at least 0.
    package let nightlyMicros: Int64

    /// A price; below 0 counts as 0.
    package init(nightlyMicros: Int64) {
        self.nightlyMicros = min(max(nightlyMicros, 0), Market.Bounds.valueMax)
    }

    /// Where the night brought no price for a worker, as for one who joined today: the median of those of the cell.
    package static func fallBack(cell prices: [HourPrice]) -> HourPrice {
        let sorted = prices.map(\.nightlyMicros).sorted()
        return HourPrice(nightlyMicros: sorted.isEmpty ? 0 : sorted[sorted.count / 2])
    }

    /// How the week goes, for one worker or for a cell.
    package struct Pacing: Hashable, Sendable {
        /// Units reserved or worked since the week began.
        package let usedUnits: Int
        /// Units that the week is planned with (``HoursForecast``).
        package let plannedUnits: Int
        /// How much of the time in which the hours lie has passed, in millionths: of the declared windows, not of the
        /// calendar.
        package let elapsedMillionths: Int
        /// How far the week's forecast of demand or hours was off so far, in millionths of the forecast; the sign does
        /// not count.
        package let forecastErrorMillionths: Int
        /// How much of the price is left because the week ends
        /// (``HourPrice/closingMillionths(windowUnits:remainingUnits:)``).
        package let closingMillionths: Int
        /// How hard the price follows.
        package let rules: Rules

        /// The state of a week.
        package init(
            usedUnits: Int, plannedUnits: Int, elapsedMillionths: Int, forecastErrorMillionths: Int = 0,
            closingMillionths: Int = 1_000_000, rules: Rules = Rules()
        ) {
            (self.usedUnits, self.plannedUnits) = (usedUnits, plannedUnits)
            (self.elapsedMillionths, self.forecastErrorMillionths) =
                (elapsedMillionths, forecastErrorMillionths)
            (self.closingMillionths, self.rules) = (closingMillionths, rules)
        }

        /// η: 1, or 3 when the forecast was off by more than a fifth; or as the rules say.
        package var eta: Double {
            let isOff = forecastErrorMillionths.magnitude > UInt(clamping: rules.offMillionths)
            return HourPrice.factor(isOff ? rules.etaOffMillionths : rules.etaMillionths)
        }

        /// exp(η · (used ÷ planned − elapsed)), at most twice or as the rules say, less what closing takes off.
        package var factor: Double {
            let used = Double(max(usedUnits, 0)) / Double(max(plannedUnits, 1))
            let elapsed = Double(min(max(elapsedMillionths, 0), 1_000_000)) / 1_000_000
            let closing = Double(min(max(closingMillionths, 0), 1_000_000)) / 1_000_000
            let most = HourPrice.factor(rules.multipleMaxMillionths)
            return min(PureMath.exp(eta * (min(used, 10) - elapsed)), most) * closing
        }
    }

    /// How hard prices follow the use of hours.
    package struct Rules: Hashable, Sendable {
        /// η, and what it is where the forecast was off, in millionths.
        package let etaMillionths: Int
        package let etaOffMillionths: Int
        /// From where on a forecast counts as off, in millionths of it.
        package let offMillionths: Int
        /// No pacing raises a price above so many millionths of the nightly one.
        package let multipleMaxMillionths: Int

        /// The measured ones, where nothing else is said.
        package init(
            etaMillionths: Int = 1_000_000, etaOffMillionths: Int = 3_000_000, offMillionths: Int = 200_000,
            multipleMaxMillionths: Int = 2_000_000
        ) {
            (self.etaMillionths, self.etaOffMillionths) = (etaMillionths, etaOffMillionths)
            (self.offMillionths, self.multipleMaxMillionths) = (offMillionths, multipleMaxMillionths)
        }
    }

    private static func factor(_ millionths: Int) -> Double { Double(min(max(millionths, 0), 10_000_000)) / 1_000_000 }

    /// Hours that are not used by the end of the week are lost, and a fluid price does not see that the last of them
    /// may find nothing: from three times the time it takes on, the price falls with the windows left.
    /// - Parameters:
    ///   - windowUnits: of the worker's windows, from now to the end of the week.
    ///   - remainingUnits: that the worker is likely to give in them.
    package static func closingMillionths(windowUnits: Int, remainingUnits: Int) -> Int {
        PureMath.millionths(Double(max(windowUnits, 0)) / (3 * Double(max(remainingUnits, 1))))
    }

    /// The price now, of one unit: 0 to twice the nightly one, or as the rules say.
    package func micros(_ pacing: Pacing) -> Int64 { PureMath.scaled(nightlyMicros, by: pacing.factor) }

    /// The price of so many units now; clamped, never overflowing.
    package func micros(_ pacing: Pacing, units: Int) -> Int64 {
        let (product, overflow) = micros(pacing).multipliedReportingOverflow(by: Int64(max(units, 0)))
        return overflow ? Market.Bounds.valueMax : min(product, Market.Bounds.valueMax)
    }

    /// Whether a pair is worth the worker's time: what it is worth above this could not be had later in the week.
    package func accepts(valueMicros: Int64, units: Int, _ pacing: Pacing) -> Bool {
        valueMicros > micros(pacing, units: units)
    }
}
