package import Formats
package import Foundation
internal import Store

/// Work that the scheduler proposes to one worker. An open offer reserves nothing.
package struct Offer: Sendable {
    package typealias ID = Identifier<Offer>
    package let id: ID
    package let requester: Requester.ID
    package let batch: Batch.ID
    package let worker: Worker.ID
    package let state: OfferState
    /// Why this worker.
    package let reason: JSON
    package let answerBy: Date
    /// What it paid and took when it was made.
    package let pay: Money
    package let expectedMinutes: Int
    /// Said by a worker who declined it.
    package var declineReason: DeclineReason?
}

/// The values of the PostgreSQL enum `offer_state`, in its order.
package enum OfferState: String, Sendable, CaseIterable, SQLEnum {
    case open, accepted, declined, lapsed
    /// Others have all there was.
    case filled
}

/// Why a worker declines: the values of the PostgreSQL enum `decline_reason`, in its order.
package enum DeclineReason: String, Sendable, CaseIterable, SQLEnum {
    case notNow = "not_now"
    case tooLow = "too_low"
    case notMyField = "not_my_field"
    case tooLong = "too_long"
    case conflictOfInterest = "conflict_of_interest"
    case other
}

/// What can happen to an offer.
package enum OfferEvent: String, Sendable, CaseIterable {
    case accept, decline, lapse, fill
}

extension OfferState {
    /// Where the event leads, or `nil` where it cannot happen.
    package func after(_ event: OfferEvent) -> OfferState? {
        switch (self, event) {
        case (.open, .accept): .accepted
        case (.open, .decline): .declined
        case (.open, .lapse): .lapsed
        case (.open, .fill): .filled
        case (.accepted, .accept), (.accepted, .decline), (.accepted, .lapse), (.accepted, .fill),
            (.declined, .accept), (.declined, .decline), (.declined, .lapse), (.declined, .fill),
            (.lapsed, .accept), (.lapsed, .decline), (.lapsed, .lapse), (.lapsed, .fill),
            (.filled, .accept), (.filled, .decline), (.filled, .lapse), (.filled, .fill):
            nil
        }
    }
}

/// Why an offer cannot be made or answered. In order of precedence.
package enum OfferRefusal: Refusal {
    /// There is no such batch or worker.
    case notThere(String)
    /// The batch hands out no work now.
    case batchNotOpen(BatchState)
    /// Workers pull the work of this batch; it is not offered.
    case claimedOnly
    /// The worker is at something else at this moment; only a round passes them by.
    case busy
    /// Only active workers are offered work.
    case notActive(Worker.State)
    /// Whatever their expertise, the worker would be refused the lease: their team, an exclusion, or an interest in a
    /// party of the project or of every open task.
    case barred(ClaimRefusal)
    /// It pays less for an hour than the worker asks for.
    case belowAsk
    /// This worker has an open offer of this batch.
    case alreadyOffered
    /// They declined it on these terms, or were offered it as often as it has tasks.
    case offeredBefore
    /// Each open slot of the batch is on offer already.
    case allOffered
    /// The worker's hours or places would not take it; only a round looks.
    case noRoom
    /// It was answered, or the time to answer is over.
    case notOpen(OfferState)

    package var code: String {
        switch self {
        case .notThere: "not_found"
        case .batchNotOpen: "batch_not_open"
        case .claimedOnly: "batch_claimed_only"
        case .busy: "worker_busy"
        case .notActive: "worker_not_active"
        case .barred(let bar): bar.code
        case .belowAsk: "below_ask"
        case .alreadyOffered: "already_offered"
        case .offeredBefore: "offered_before"
        case .allOffered: "all_offered"
        case .noRoom: "no_room"
        case .notOpen: "offer_not_open"
        }
    }

    package var message: String {
        switch self {
        case .notThere(let what): "There is no such \(what)."
        case .batchNotOpen(let state): "The batch is \(state.rawValue) and hands out no work."
        case .claimedOnly: "The work of this batch is not offered: it is claimed, or bid for."
        case .busy: "The worker is taking or ending work at this moment."
        case .notActive(let state): "The worker is \(state.rawValue); only active workers are offered work."
        case .barred(let bar): "The worker would be told, in place of getting the work: \(bar.message)"
        case .belowAsk: "It pays less for an hour than the worker asks for."
        case .alreadyOffered: "The worker has an open offer of this batch."
        case .offeredBefore:
            "On these terms the worker declined it, or was offered it as often as it has tasks; on others they may be."
        case .allOffered: "As many offers of the batch wait for an answer as it has open slots."
        case .noRoom: "With what they hold and are offered, the worker's hours or places would not take it."
        case .notOpen(.filled): "Others have taken all there was; nothing of it is left to take."
        case .notOpen(let state): "The offer is \(state.rawValue)."
        }
    }
}

extension Offer {
    /// Whether any of a group of offers was declined for good on the terms of now (`asked.terms_hash`): "not now" is no
    /// answer to them.
    static let isDeclinedAsAsked: SQL = """
        coalesce(bool_or(offer.state = 'declined' and offer.decline_reason is distinct from 'not_now'
                         and offer.terms_hash = asked.terms_hash), false)
        """

    static let columns: SQL = """
        offer.requester_id, offer.offer_id, offer.batch_id, offer.worker_id, offer.state, offer.reason,
        offer.answer_by, offer.pay_minor, offer.currency, offer.expected_minutes, offer.decline_reason
        """

    init(row: Row) throws {
        id = try row["offer_id"]
        requester = try row["requester_id"]
        batch = try row["batch_id"]
        worker = try row["worker_id"]
        state = try row["state"]
        reason = try row["reason"]
        answerBy = try row["answer_by"]
        pay = try Money(row["pay_minor"], row["currency"])
        expectedMinutes = try row["expected_minutes"]
        declineReason = try row["decline_reason"]
    }
}
