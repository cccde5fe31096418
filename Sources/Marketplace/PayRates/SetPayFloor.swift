internal import Formats
package import Foundation
package import Store

/// Why a pay floor cannot be set. In order of precedence.
package enum PayFloorRefusal: Refusal, CaseIterable {
    /// The catalogue has no such profession.
    case unknownProfession
    case inThePast
    /// Another one for the same work begins then or later.
    case laterFloor

    package var code: String {
        switch self {
        case .unknownProfession: "unknown_profession"
        case .inThePast: "floor_in_the_past"
        case .laterFloor: "later_floor"
        }
    }

    package var message: String {
        switch self {
        case .unknownProfession: "There is no such profession in the catalogue."
        case .inThePast: "A pay floor cannot begin before now."
        case .laterFloor: "Another floor for the same work begins then or later. Begin this one after it."
        }
    }
}

/// Finance sets what an hour must come to from an instant on; the floor for the same work that holds until then ends.
package struct SetPayFloor: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - start: `nil` for now.
    ///   - actor: a finance checker: it binds the platform's own money.
    /// - Throws: ``AccessRefusal``; ``PayFloorRefusal``.
    package func callAsFunction(
        _ floor: PayFloor, from start: Date? = nil, by actor: Principal.ID
    ) async throws -> PayFloor.ID {
        do {
            return try await market.change { change in
                let transaction = change.transaction
                try await transaction.authorize(actor, as: .financeChecker)
                let start = start ?? change.instant
                guard start >= change.instant else { throw PayFloorRefusal.inThePast }
                try await transaction.advisoryLock(AdvisoryLock("pay_floor", floor.key))
                guard try await !transaction.floorBegins(atOrAfter: start, like: floor) else {
                    throw PayFloorRefusal.laterFloor
                }
                try await transaction.endFloor(like: floor, at: start)
                let id: PayFloor.ID = change.make()
                try await transaction.insertFloor(floor, id: id, from: start, by: actor)
                try await change.record(
                    "pay_floor_set", by: actor, on: "pay_floor", id.uuid, in: .platform,
                    facts: [
                        "for": .string(floor.key), "hourly_minor": .integer(floor.hourly.minorUnits),
                        "median_of": .integer(Int64(floor.medianOf)), "from": .string(start.ISO8601Format()),
                        "reason": .string(floor.reason),
                    ]
                )
                return id
            }
        } catch let error as StoreError where error.violatedConstraint == "pay_floor_profession_fkey" {
            throw PayFloorRefusal.unknownProfession
        }
    }
}

/// A pay floor with its time.
package struct PayFloorPeriod: Sendable {
    package let id: PayFloor.ID
    package let floor: PayFloor
    package let inForce: InstantRange
}

/// All pay floors that were ever set, newest first, by pages.
package struct ListPayFloors: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - before: the last floor of the page before; `nil` for the newest.
    ///   - limit: 1 to 200.
    /// - Throws: ``BadInput``; ``AccessRefusal`` unless the actor is in finance or an operator.
    package func callAsFunction(
        before: PayFloor.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [PayFloorPeriod] {
        guard (1...200).contains(limit) else { throw BadInput("limit", "must be 1 to 200") }
        return try await market.database.read { transaction in
            if try await !transaction.holds(actor, .operator, for: nil),
                try await !transaction.holds(actor, .financeMaker, for: nil)
            {
                try await transaction.authorize(actor, toSeeAs: .financeChecker)
            }
            return try await transaction.floors(before: before, limit: limit)
        }
    }
}
