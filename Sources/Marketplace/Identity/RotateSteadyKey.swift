internal import Formats
internal import Foundation
internal import Store

/// Puts another key in the place of the ring's steady one, such as after a leak of the key file: whoever has that and
/// reads the database knows the codes of all letters. Every invitation and reset that is under way ends. Fingerprints
/// that are stored are known by the former key for as long as they are kept.
package struct RotateSteadyKey: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: an operator.
    /// - Returns: the ring to write down and to give servers.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(_ ring: KeyRing, by actor: Principal.ID) async throws -> KeyRing {
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            let ended = try await change.transaction.endAllTickets()
            try await change.record(
                "tickets_ended", by: actor, on: "principal", actor.uuid, in: .platform,
                facts: ["count": .integer(Int64(ended))])
            return ring.changingSteadyKey(knownUntil: change.instant + ForgetAnswers.keptSeconds)
        }
    }
}
