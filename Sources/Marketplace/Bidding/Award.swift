package import Formats
package import Foundation
internal import Store

/// What a bid has won: so many assignments for so much together.
package struct Award: Sendable {
    package typealias ID = Identifier<Award>

    /// Whose batch it is of, and which.
    package struct Key: Hashable, Sendable {
        package let requester: Requester.ID
        package let id: ID

        package init(requester: Requester.ID, id: ID) { (self.requester, self.id) = (requester, id) }
    }

    package let id: ID
    package let auction: Auction.Key
    package let batch: Batch.ID
    package let worker: Worker.ID
    package let state: AwardState
    package let units: Int
    /// Split evenly over the units; the first ones carry the remainder.
    package let total: Money
    /// Whether it came by somebody else's award that was declined or lapsed.
    package let isMovedUp: Bool
    package let awardedAt: Date
    package let acceptBy: Date
    /// How long the slots are the winner's; `nil` until accepted.
    package let reservedUntil: Date?
    /// From which day on the winner wanted to work.
    let earliest: Date
    /// Its slots: all, or those that carry the remainder and the rest.
    let allotments: [Allotment.ID]
    let reservedSeconds: Int

    package var key: Key { Key(requester: auction.requester, id: id) }
}

/// The values of the PostgreSQL enum `award_state`, in its order.
package enum AwardState: String, Sendable, CaseIterable, SQLEnum {
    case awarded, accepted, declined, lapsed
}

/// What can happen to an award.
package enum AwardEvent: String, Sendable, CaseIterable {
    case accept, decline, lapse
}

extension AwardState {
    /// Where the event leads, or `nil` where it cannot happen.
    package func after(_ event: AwardEvent) -> AwardState? {
        switch (self, event) {
        case (.awarded, .accept): .accepted
        case (.awarded, .decline): .declined
        case (.awarded, .lapse): .lapsed
        case (.accepted, _), (.declined, _), (.lapsed, _): nil
        }
    }
}

extension Award {
    package var json: JSON {
        [
            "award": .string("\(id)"), "auction": .string("\(auction.id)"),
            "requester": .string("\(auction.requester)"),
            "batch": .string("\(batch)"), "state": .string(state.rawValue), "units": .integer(Int64(units)),
            "total_minor": .integer(total.minorUnits), "currency": .string(total.currency.code),
            "moved_up": .bool(isMovedUp), "accept_by": .string(acceptBy.ISO8601Format()),
            "reserved_until": reservedUntil.map { .string($0.ISO8601Format()) } ?? .null,
        ]
    }
}
