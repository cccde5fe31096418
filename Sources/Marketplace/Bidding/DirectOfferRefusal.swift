/// Why a direct offer cannot be made, answered or taken. In order of precedence.
package enum DirectOfferRefusal: Refusal {
    /// It was answered, or the time to answer is over.
    case notOpen(DirectOfferState)
    /// It was not agreed, all of it was taken, or its deadline has passed.
    case notAgreed(DirectOfferState)
    /// The last turn is the actor's own side's; the other side must answer.
    case ownTurn
    /// The last turn is the other side's: it is theirs to withdraw.
    case othersTurn
    /// The two sides have gone back and forth as often as they may.
    case tooManyTurns
    /// The batch hands out no work now.
    case batchNotOpen(BatchState)
    /// Its deadline has passed.
    case batchOverdue
    /// Its tasks are won in an auction, which counts on what is open.
    case auctioned
    /// It pays in another currency.
    case otherCurrency(Currency)
    /// Only active workers are offered work.
    case notActive(Worker.State)
    /// Their team, an exclusion, or an interest keeps the worker from the batch.
    case barred(ClaimRefusal)
    /// The worker does not meet what the work demands.
    case notEligible
    /// Less than the rate card or the pay floor allows for a task; the least.
    case belowFloor(Money)
    /// More than is held for a task; the most.
    case aboveMost(Money)
    /// This requester and this worker bargain about the batch already.
    case alreadyLive

    package var code: String {
        switch self {
        case .notOpen: "direct_offer_not_open"
        case .notAgreed: "direct_offer_not_agreed"
        case .ownTurn: "own_turn"
        case .othersTurn: "others_turn"
        case .tooManyTurns: "too_many_turns"
        case .batchNotOpen: "batch_not_open"
        case .batchOverdue: "batch_overdue"
        case .auctioned: "batch_auctioned"
        case .otherCurrency: "other_currency"
        case .notActive: "worker_not_active"
        case .barred(let bar): bar.code
        case .notEligible: "not_eligible"
        case .belowFloor: "below_floor"
        case .aboveMost: "above_most"
        case .alreadyLive: "already_offered"
        }
    }

    package var message: String {
        switch self {
        case .notOpen(let state): "The offer is \(state.rawValue); it can be answered no more."
        case .notAgreed(let state): "The offer is \(state.rawValue); there is nothing of it to take."
        case .ownTurn: "The last word was your side's. The other side must answer it."
        case .othersTurn: "The last word was the other side's. Decline it, in place of withdrawing it."
        case .tooManyTurns: "After \(DirectTerms.turnsMax) turns the last one can only be accepted or declined."
        case .batchNotOpen(let state): "The batch is \(state.rawValue) and hands out no work."
        case .batchOverdue: "The deadline of the batch has passed; it hands out no more work."
        case .auctioned: "The tasks of this batch are won in an auction."
        case .otherCurrency(let currency): "The batch pays in \(currency.code)."
        case .notActive(let state): "The worker is \(state.rawValue); only active workers are offered work."
        case .barred(let bar): "The worker cannot have work of this batch (\(bar.code))."
        case .notEligible: "The worker does not meet what the work of this batch demands."
        case .belowFloor(let least): "A task of this batch must pay \(least) or more."
        case .aboveMost(let most): "No more than \(most) is held for a task of this batch."
        case .alreadyLive: "You bargain with this worker about this batch already."
        }
    }
}
