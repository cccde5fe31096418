package import Formats
package import Foundation
internal import Store

/// A worker's bid in an auction: one each.
package struct Bid: Sendable {
    package typealias ID = Identifier<Bid>
    package static let versionsMax = 1_000
    package let id: ID
    package let auction: Auction.Key
    package let worker: Worker.ID
    package let state: BidState
    /// Grows with every change; the newest one counts.
    package let version: Int
    /// How many assignments are wanted at most.
    package let quantity: Int
    package let earliest: CalendarDate
    package let placedAt: Date
    /// Of the estimate that was frozen at the auction's opening; `nil` for the auction's default.
    package let estimateVersion: Int?
    package let lowBasisPoints: Int
    package let qualityMinor: Int64
    /// `nil` until the close.
    let opened: SealedAmount?
    /// As it is stored, and what the bidder was given for it; `nil` after a withdrawal.
    let sealed: Bytes?
    package let commitment: Digest?
    /// Whether quantity and day are those of its newest version.
    let isAsPlaced: Bool
}

/// The values of the PostgreSQL enum `bid_state`, in its order.
package enum BidState: String, Sendable, CaseIterable, SQLEnum {
    case sealed, withdrawn, opened
}

/// What can happen to a bid.
package enum BidEvent: String, Sendable, CaseIterable {
    case place, withdraw, open
}

extension BidState {
    /// Where the event leads, or `nil` where it cannot happen.
    package func after(_ event: BidEvent) -> BidState? {
        switch (self, event) {
        case (.sealed, .place), (.withdrawn, .place): .sealed
        case (.sealed, .withdraw): .withdrawn
        case (.sealed, .open): .opened
        case (.withdrawn, .withdraw), (.withdrawn, .open), (.opened, _): nil
        }
    }
}

/// What a bidder has in their hands of a bid.
package struct BidReceipt: Hashable, Sendable {
    package let bid: Bid.ID
    package let version: Int
    /// SHA-256 over the bid, see ``SealedAmount/commitment(of:version:)``; `nil` for a withdrawal.
    package let commitment: Digest?
    /// When bids are taken no more, as it stands.
    package let closesAt: Date
}

/// Why a bid is not taken. In order of precedence.
package enum BidRefusal: Refusal {
    case notAWorker
    case notActive(Worker.State)
    /// Bids are taken no more.
    case closed
    /// Its batch hands out no work.
    case batchNotOpen
    /// Whatever their expertise: team, exclusion, interest.
    case barred(ClaimRefusal)
    /// The worker has or had tasks of the batch; what is left is for others.
    case hadBefore
    case notEligible(RequirementFault)
    /// Below the floor or above the ceiling, in minor units. What was bid is not repeated.
    case outOfBand(floor: Int64, ceiling: Int64)
    /// More assignments than there are tasks.
    case tooMany(Int)
    /// All live bids and what is committed need more minutes than the worker's hours allow until then.
    case hours(needed: Int, free: Int)
    /// The bid was changed as often as it may.
    case changedTooOften
    /// There is no live bid to withdraw.
    case noBid

    package var code: String {
        switch self {
        case .notAWorker: "not_a_worker"
        case .notActive: "worker_not_active"
        case .closed: "auction_closed"
        case .batchNotOpen: "batch_not_open"
        case .barred(let bar): bar.code
        case .hadBefore: "had_work_of_batch"
        case .notEligible: "not_eligible"
        case .outOfBand: "bid_out_of_band"
        case .tooMany: "bid_too_many"
        case .hours: "bid_hours"
        case .changedTooOften: "bid_changed_too_often"
        case .noBid: "no_bid"
        }
    }

    package var message: String {
        switch self {
        case .notAWorker: "Only a worker can bid."
        case .notActive(let state): "Your standing is '\(state.rawValue)'; only active workers can bid."
        case .closed: "The auction takes no more bids."
        case .batchNotOpen: "The batch hands out no work; bids on it are not taken."
        case .barred(let bar): bar.message
        case .hadBefore: "You have, or had, work of this batch. What is left of it is for others."
        case .notEligible(let fault):
            "The work asks for something that your profile does not show. \(fault.message)"
        case .outOfBand(let floor, let ceiling): "A bid is \(floor) to \(ceiling) minor units for an assignment."
        case .tooMany(let most): "Nobody can win more than \(most) assignments: one of each task."
        case .hours(let needed, let free):
            "Your live bids and what you have committed come to \(needed) minutes, and until the work is due you have "
                + "\(free). Bid for fewer, withdraw another bid, or give more hours."
        case .changedTooOften: "A bid can be changed \(Bid.versionsMax) times."
        case .noBid: "You have no live bid in this auction."
        }
    }
}

extension BidReceipt {
    package var json: JSON {
        [
            "bid": .string("\(bid)"), "version": .integer(Int64(version)),
            "commitment": commitment.map { .string($0.hexadecimal) } ?? .null,
            "closes_at": .string(closesAt.ISO8601Format()),
        ]
    }
}
