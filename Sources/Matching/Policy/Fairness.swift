/// Whether the hours offered to a worker keep up with their fair share over four weeks.
///
/// Source: amortised over time and proportional to the hours on offer, Sühr et al. 2019, KDD.
package struct Fairness: Hashable, Sendable {
    /// Units of 15 minutes that the worker declared.
    package let declaredUnits: Int64
    /// Units of work that they were offered, whatever they answered.
    package let offeredUnits: Int64

    /// Over how many weeks it is counted.
    package static let weeks = 4

    /// What a worker declared and was offered in the last ``weeks``.
    package init(declaredUnits: Int64, offeredUnits: Int64) {
        (self.declaredUnits, self.offeredUnits) = (max(declaredUnits, 0), max(offeredUnits, 0))
    }

    /// Offered ÷ declared of all workers of a cell, in millionths, at most 1,000,000; 0 when nothing was declared.
    package static func cellRateMillionths(_ workers: [Fairness]) -> Int {
        let declared = workers.reduce(0.0) { $0 + Double($1.declaredUnits) }
        let offered = workers.reduce(0.0) { $0 + Double($1.offeredUnits) }
        return declared > 0 ? PureMath.millionths(offered / declared) : 0
    }

    /// How far the offered hours lag behind the fair share (declared × the cell's rate), in millionths of the declared
    /// hours: above 0 when the worker is owed, −1,000,000 to 1,000,000.
    package func deficitMillionths(cellRateMillionths: Int) -> Int {
        guard declaredUnits > 0 else { return 0 }
        let rate = Double(min(max(cellRateMillionths, 0), 1_000_000)) / 1_000_000
        let deficit = rate - Double(offeredUnits) / Double(declaredUnits)
        return Int(exactly: (min(max(deficit, -1), 1) * 1_000_000).rounded()) ?? 0
    }
}
