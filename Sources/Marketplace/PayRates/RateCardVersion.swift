internal import Foundation
package import Store

/// Where a version of the rate card stands: the values of the PostgreSQL enum `rate_card_state`, in its order.
package enum RateCardState: String, Sendable, CaseIterable, SQLEnum {
    case draft, approved, published, discarded
}

/// What can happen to a version of the rate card.
package enum RateCardEvent: String, Sendable, CaseIterable {
    case approve, publish, discard
}

extension RateCardState {
    /// Where the event leads, or `nil` where it cannot happen.
    package func after(_ event: RateCardEvent) -> RateCardState? {
        switch (self, event) {
        case (.draft, .approve): .approved
        case (.approved, .publish): .published
        case (.draft, .discard), (.approved, .discard): .discarded
        case (.draft, .publish), (.approved, .approve),
            (.published, .approve), (.published, .publish), (.published, .discard),
            (.discarded, .approve), (.discarded, .publish), (.discarded, .discard):
            nil
        }
    }
}

/// A version of the rate card, without its lines.
package struct RateCardVersion: Hashable, Sendable {
    package typealias ID = Identifier<RateCardVersion>
    package let id: ID
    package let name: String
    /// Counts from 1, over all cards.
    package let version: Int
    package let state: RateCardState
    package let contentHash: Digest
    package let preparedBy: Principal.ID
    package let approvedBy: Principal.ID?
    /// `nil` until it is published.
    package let inForce: InstantRange?
}

/// Why a version of the rate card cannot go where it is told to. In order of precedence.
package enum RateCardRefusal: Refusal {
    /// Whoever prepared it cannot approve it.
    case approverIsMaker
    /// The catalogue lacks a profession of it.
    case unknownProfession
    case wrongState(RateCardState, RateCardEvent)
    /// The approval was meant for another content.
    case contentDiffers
    /// Nothing begins or ends for times that have passed.
    case inThePast
    /// It does not hold at that time, or only begins then.
    case notInForce
    /// Something begins later for the same work; it would have to be ended first.
    case overlaps

    package var code: String {
        switch self {
        case .approverIsMaker: "rate_approver_is_maker"
        case .unknownProfession: "unknown_profession"
        case .wrongState: "rate_card_wrong_state"
        case .contentDiffers: "rate_card_content_differs"
        case .inThePast: "rate_in_the_past"
        case .notInForce: "rate_card_not_in_force"
        case .overlaps: "rate_overlaps"
        }
    }

    package var message: String {
        switch self {
        case .approverIsMaker: "Whoever prepared a rate card cannot approve it. Another person of finance must."
        case .unknownProfession: "The catalogue lacks a profession of this card."
        case .wrongState(let state, let event): "A rate card that is \(state.rawValue) cannot \(event.rawValue)."
        case .contentDiffers: "The content hash is not this card's. Look at what you approve."
        case .inThePast: "A rate card begins and ends at times to come."
        case .notInForce: "This rate card does not hold at that time."
        case .overlaps: "Another rate begins later for the same work. End that one first."
        }
    }
}
