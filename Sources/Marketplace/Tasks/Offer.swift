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
}

/// The values of the PostgreSQL enum `offer_state`, in its order.
package enum OfferState: String, Sendable, CaseIterable, SQLEnum {
    case open, accepted, declined, lapsed
}

/// What can happen to an offer.
package enum OfferEvent: String, Sendable, CaseIterable {
    case accept, decline, lapse
}

extension OfferState {
    /// Where the event leads, or `nil` where it cannot happen.
    package func after(_ event: OfferEvent) -> OfferState? {
        switch (self, event) {
        case (.open, .accept): .accepted
        case (.open, .decline): .declined
        case (.open, .lapse): .lapsed
        case (.accepted, .accept), (.accepted, .decline), (.accepted, .lapse),
            (.declined, .accept), (.declined, .decline), (.declined, .lapse),
            (.lapsed, .accept), (.lapsed, .decline), (.lapsed, .lapse):
            nil
        }
    }
}

/// Why an offer cannot be made or answered. In order of precedence.
package enum OfferRefusal: Refusal {
    /// The batch hands out no work now.
    case batchNotOpen(BatchState)
    /// Workers pull the work of this batch; it is not offered.
    case claimedOnly
    /// Only active workers are offered work.
    case notActive(Worker.State)
    /// Whatever their expertise, the worker would be refused the lease: their team, an exclusion, or an interest in a
    /// party of the project or of every open task.
    case barred(ClaimRefusal)
    /// It pays less for an hour than the worker asks for.
    case belowAsk
    /// This worker has an open offer of this batch.
    case alreadyOffered
    /// It was answered, or the time to answer is over.
    case notOpen(OfferState)

    package var code: String {
        switch self {
        case .batchNotOpen: "batch_not_open"
        case .claimedOnly: "batch_claimed_only"
        case .notActive: "worker_not_active"
        case .barred(let bar): bar.code
        case .belowAsk: "below_ask"
        case .alreadyOffered: "already_offered"
        case .notOpen: "offer_not_open"
        }
    }

    package var message: String {
        switch self {
        case .batchNotOpen(let state): "The batch is \(state.rawValue) and hands out no work."
        case .claimedOnly: "The work of this batch is not offered: it is claimed, or bid for."
        case .notActive(let state): "The worker is \(state.rawValue); only active workers are offered work."
        case .barred(let bar): "The worker would be told, in place of getting the work: \(bar.message)"
        case .belowAsk: "It pays less for an hour than the worker asks for."
        case .alreadyOffered: "The worker has an open offer of this batch."
        case .notOpen(let state): "The offer is \(state.rawValue)."
        }
    }
}

extension Offer {
    init(row: Row) throws {
        id = try row["offer_id"]
        requester = try row["requester_id"]
        batch = try row["batch_id"]
        worker = try row["worker_id"]
        state = try row["state"]
        reason = try row["reason"]
        answerBy = try row["answer_by"]
    }
}
