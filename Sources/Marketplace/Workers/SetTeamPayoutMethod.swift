internal import Formats
internal import Foundation
internal import Store

/// Writes where an agency is paid in its people's place, in place of what was there.
package struct SetTeamPayoutMethod: Sendable {
    let market: Market
    let keys: KeyRing

    package init(market: Market, keys: KeyRing) {
        self.market = market
        self.keys = keys
    }

    /// Its managers are told, in a notice that cannot be turned off, and it is not paid to the new account for some
    /// days, as with workers.
    ///
    /// - Throws: ``AccessRefusal`` unless the actor is an operator; ``NotFound``; ``TeamRefusal/onlyAgencyIsPayee``;
    ///   ``VaultRefusal``.
    package func callAsFunction(_ method: PayoutMethod, of team: Team.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard let found = try await transaction.lockTeam(team) else { throw NotFound("team") }
            guard found.kind == .agency else { throw TeamRefusal.onlyAgencyIsPayee }
            try await change.keep(method, of: team, keys)
            for manager in try await transaction.managers(of: team, limit: 50) {
                try await transaction.tell(
                    manager, kind: "payout_method_changed", facts: ["team": .string(found.externalKey)],
                    id: change.make())
            }
            try await change.record("payout_method_set", by: actor, on: "team", team.uuid, in: .platform)
        }
    }
}
