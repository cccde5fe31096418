package import Foundation
internal import Store

/// Slots of a batch that are set aside: nobody but those it is for is given them.
package struct Allotment: Hashable, Sendable {
    package typealias ID = Identifier<Allotment>
    package let id: ID
    package let kind: AllotmentKind
    /// What a pack's tasks belong to; `nil` for the others.
    package let matter: String?
    /// Who has taken a pack.
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
    case named, group, pack, gold
}
