internal import Store

/// How much more further offers of a batch may pay, read at one instant.
package struct RaiseRoom: Hashable, Sendable {
    /// What they pay now.
    package let pay: Money
    /// The top of the rate's band for a task.
    package let bandMost: Money
    /// What is held for a slot, pay and fee.
    let heldPay: Money
    let heldFee: Money
    let feeBasisPoints: Int
    /// Slots that may still have to be paid.
    package let unsettled: Int
    /// What the budget leaves, and what the requester's wallet holds; minor units.
    package let budgetLeft: Int64
    package let walletLeft: Int64

    /// What the hold must grow by so that every slot is covered at a pay.
    ///
    /// - Throws: ``MoneyError``.
    package func cost(of pay: Money) throws(MoneyError) -> Money {
        guard pay.minorUnits > heldPay.minorUnits else { return try Money(0, pay.currency) }
        let fee = try pay.share(basisPoints: feeBasisPoints)
        let more = pay.minorUnits - heldPay.minorUnits + max(fee.minorUnits - heldFee.minorUnits, 0)
        return try Money(more, pay.currency).multiplied(by: unsettled)
    }

    /// The most that band, budget and wallet allow; what is paid now, where they allow no more.
    ///
    /// - Throws: ``MoneyError``.
    package var most: Money {
        get throws(MoneyError) {
            let free = min(budgetLeft, walletLeft)
            var (fits, fails) = (pay.minorUnits, bandMost.minorUnits + 1)
            while fails - fits > 1 {
                let middle = fits + (fails - fits) / 2
                let isCovered = try cost(of: Money(middle, pay.currency)).minorUnits <= free
                if isCovered { fits = middle } else { fails = middle }
            }
            return try Money(fits, pay.currency)
        }
    }
}

/// A better price of a batch's further offers.
package struct BatchRaise: Hashable, Sendable {
    package let number: Int
    package let pay: Money
    package let fee: Money
    /// What the hold grew by.
    package let held: Money
}

/// Why further offers of a batch cannot pay more. In order of precedence.
package enum RaiseRefusal: Refusal {
    case batchNotOpen(BatchState)
    /// Only offers have a price of their own.
    case notOffered
    /// They pay as much already.
    case notMore(than: Money)
    /// Beyond the band of the rate.
    case aboveBand(most: Money)
    /// The budget leaves less; what it leaves, in minor units.
    case overBudget(left: Int64)
    /// The wallet holds less than the hold must grow by.
    case notFunded(missing: Int64)
    /// It was raised as often as a batch may be.
    case tooMany

    package var code: String {
        switch self {
        case .batchNotOpen: "batch_not_open"
        case .notOffered: "batch_not_offered"
        case .notMore: "not_more"
        case .aboveBand: "above_band"
        case .overBudget: "over_budget"
        case .notFunded: "not_funded"
        case .tooMany: "too_many_raises"
        }
    }

    package var message: String {
        switch self {
        case .batchNotOpen(let state): "The batch is \(state.rawValue) and hands out no work."
        case .notOffered: "Only the work of batches that is offered has a price of its own; this batch is not offered."
        case .notMore(let pay): "Further offers pay \(pay) already."
        case .aboveBand(let most): "The band of the rate ends at \(most) for a task."
        case .overBudget(let left): "The budget leaves \(left) minor units. Raise it first."
        case .notFunded(let missing): "The wallet lacks \(missing) minor units. Fund it first."
        case .tooMany: "It was raised \(RaisePay.most) times, which is the most."
        }
    }
}
