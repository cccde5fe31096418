package import Foundation
internal import Store

/// How often, and when last, it was said where somebody is paid; not where.
package struct PayoutMethodState: Hashable, Sendable {
    /// How often it was written; 0 where it never was.
    package let version: Int
    package let changedAt: Date?

    static let never = PayoutMethodState(version: 0, changedAt: nil)
}

/// Shows whether where somebody is paid was changed since; the account itself is sealed.
package struct ShowPayoutMethod: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal`` unless the actor is the worker or an operator.
    package func callAsFunction(of worker: Worker.ID, by actor: Principal.ID) async throws -> PayoutMethodState {
        try await market.database.read { transaction in
            try await transaction.authorizeSelf(worker, orOperator: actor)
            return try await transaction.payoutMethodState(of: worker) ?? .never
        }
    }

    /// An agency's.
    ///
    /// - Throws: ``AccessRefusal`` unless the actor is an operator or an auditor; ``NotFound``.
    package func callAsFunction(of team: Team.ID, by actor: Principal.ID) async throws -> PayoutMethodState {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            guard try await transaction.team(team) != nil else { throw NotFound("team") }
            return try await transaction.payoutMethodState(of: team) ?? .never
        }
    }
}
