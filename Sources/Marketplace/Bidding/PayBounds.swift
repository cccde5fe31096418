internal import Store

/// Between what a task of a batch may pay by an agreement of its own.
struct PayBounds: Hashable, Sendable {
    /// The least that the band of its rate and the pay floor allow.
    let least: Money
    /// What is held for a task, so that no agreement needs money that is not there.
    let most: Money
    private let feeBasisPoints: Int

    /// Rounding: what the pay floor comes to in the expected minutes is rounded up to a whole minor unit, in the
    /// worker's favour; the band as ``PayRate/price(expectedMinutes:items:)`` says.
    ///
    /// - Throws: ``MoneyError``.
    init(rate: PayRate, task: RateTask, floor: PayFloor?, most: Money, feeBasisPoints: Int) throws(MoneyError) {
        let lowest = PayRate(
            id: rate.id, profession: rate.profession, tier: rate.tier, taskKind: rate.taskKind, unit: rate.unit,
            amount: try Money(rate.band.lowerBound, rate.amount.currency), inForce: rate.inForce
        )
        let band = try lowest.price(expectedMinutes: task.expectedMinutes, items: task.items)
        let hourly = Int128(floor?.hourly.minorUnits ?? 0) * Int128(task.expectedMinutes)
        let floored = try Money(Int64(clamping: (hourly + 59) / 60), band.currency)
        least = band.minorUnits > floored.minorUnits ? band : floored
        (self.most, self.feeBasisPoints) = (most, feeBasisPoints)
    }

    /// - Throws: ``DirectOfferRefusal/otherCurrency(_:)``, ``DirectOfferRefusal/belowFloor(_:)``,
    ///   ``DirectOfferRefusal/aboveMost(_:)``.
    func check(_ pay: Money) throws(DirectOfferRefusal) {
        guard pay.currency == most.currency else { throw .otherCurrency(most.currency) }
        guard pay.minorUnits >= least.minorUnits else { throw .belowFloor(least) }
        guard pay.minorUnits <= most.minorUnits else { throw .aboveMost(most) }
    }

    /// What the platform adds to a pay.
    ///
    /// Rounding: half up (``Money/share(basisPoints:)``), as that of the most, so that it never passes what is held.
    func fee(of pay: Money) throws(MoneyError) -> Money { try pay.share(basisPoints: feeBasisPoints) }
}
