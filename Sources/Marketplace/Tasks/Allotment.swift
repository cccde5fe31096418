package import Foundation
internal import Store

/// Slots of a batch that are set aside: nobody but those it is for is given them.
package struct Allotment: Hashable, Sendable {
    package typealias ID = Identifier<Allotment>
    package let id: ID
    package let kind: AllotmentKind
    /// What a pack's tasks belong to; `nil` for the others.
    package let matter: String?
    /// Who has taken a pack, or accepted an award.
    package let holder: Worker.ID?
    /// Whom it is for; a pack is for whoever takes it, gold for everybody in its turn.
    package let workers: [Worker.ID]
    package let teams: [Team.ID]
    /// When what is left goes to everybody; `nil` for never.
    package let endsAt: Date?
    package let openSlots: Int
}

/// The values of the PostgreSQL enum `allotment_kind`, in its order.
package enum AllotmentKind: String, Sendable, CaseIterable, SQLEnum {
    case named, group, pack, gold, award
}

/// What was won in an auction: slots at a price of their own.
struct PricedAllotment: Hashable, Sendable {
    let id: Allotment.ID
    /// What each pays, and the platform's part.
    let pay: Money
    let fee: Money
}
