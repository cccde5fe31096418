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

    /// It takes two operators, who name the same account within a week. Its managers are told, and those of the last
    /// days, in a notice that cannot be turned off, and it is not paid to the new account for some days, as with
    /// workers.
    ///
    /// - Returns: whether it was written; else it waits for another operator.
    /// - Throws: ``AccessRefusal`` unless the actor is an operator; ``NotFound``; ``TeamRefusal/onlyAgencyIsPayee``;
    ///   ``VaultRefusal``.
    @discardableResult
    package func callAsFunction(
        _ method: PayoutMethod, of team: Team.ID, by actor: Principal.ID
    ) async throws -> Bool {
        try await market.change { change -> Bool in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard let found = try await transaction.lockTeam(team) else { throw NotFound("team") }
            guard found.kind == .agency else { throw TeamRefusal.onlyAgencyIsPayee }
            let said = keys.fingerprint(of: Digest(of: ["team": .string("\(team)"), "method": method.json]))
            let subject = try Reference.uuid(of: "\(team)", in: "team_payout_method")
            guard try await change.isSaidByTwo(said, of: subject, by: actor) else {
                try await change.record("payout_method_proposed", by: actor, on: "team", team.uuid, in: .platform)
                return false
            }
            try await change.keep(method, of: team, keys)
            let since = change.instant - Double(SetPayoutMethod.formerContactDays) * 86_400
            for manager in try await transaction.managers(of: team, after: since, limit: 50) {
                try await transaction.tell(
                    manager, kind: "payout_method_changed", facts: ["team": .string(found.externalKey)],
                    id: change.make())
            }
            try await change.record("payout_method_set", by: actor, on: "team", team.uuid, in: .platform)
            return true
        }
    }
}
