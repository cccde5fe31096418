package import Formats
internal import Foundation
internal import Store

/// Vouches that a credential is what it says; from then on it counts, while it is valid.
package struct VerifyCredential: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal``, ``NotFound``, ``ExpertiseRefusal/ownVerifier``, ``IllegalTransition``.
    package func callAsFunction(_ credential: Credential.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            _ = try await change.move(credential, .verify, by: actor)
        }
    }
}

/// Finds that a credential does not bear out what it says: a decision that the worker may appeal.
package struct RefuseCredential: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal``, ``NotFound``, ``ExpertiseRefusal/ownVerifier``, ``IllegalTransition``,
    ///   ``DecisionRefusal``, ``BadInput``.
    package func callAsFunction(
        _ credential: Credential.ID, rule: String, facts: JSON, reasons: String, by actor: Principal.ID
    ) async throws -> Decision.ID {
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            let worker = try await change.move(credential, .refuse, by: actor)
            return try await change.decide(
                .credentialRefusal, about: worker, subject: credential.uuid, rule: rule, facts: facts,
                reasons: reasons, by: actor
            )
        }
    }
}

/// Writes down that the issuer has withdrawn a credential: a fact, not a decision of ours. The worker is told.
package struct RevokeCredential: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter reason: what the issuer says, and so what would remedy it; up to 4,000 characters.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``ExpertiseRefusal/ownVerifier``, ``IllegalTransition``,
    ///   ``BadInput``.
    package func callAsFunction(_ credential: Credential.ID, reason: String, by actor: Principal.ID) async throws {
        let reason = try PlainText.lines(reason, field: "reason")
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            let worker = try await change.move(credential, .revoke, by: actor)
            try await change.transaction.tell(
                Principal.ID(worker.uuid), kind: "credential_revoked",
                facts: ["credential": .string("\(credential)"), "reason": .string(reason)], id: change.make()
            )
        }
    }
}

extension Change {
    /// Moves a credential to the state after an event, under the lock of its worker, which waits for leases in flight.
    ///
    /// - Returns: whose credential it is.
    func move(_ credential: Credential.ID, _ event: CredentialEvent, by actor: Principal.ID) async throws -> Worker.ID {
        guard let worker = try await transaction.holder(of: credential),
            try await transaction.lockWorkerForChange(worker) != nil,
            let old = try await transaction.credentialState(credential)
        else { throw NotFound("credential") }
        guard actor.uuid != worker.uuid else { throw ExpertiseRefusal.ownVerifier }
        let state = try old.after(event)
        guard try await transaction.moveCredential(credential, from: old, to: state, by: actor) else {
            throw IllegalTransition("credential", in: old.rawValue, event: event.rawValue)
        }
        try await record(
            "credential_\(state.rawValue)", by: actor, on: "credential", credential.uuid, in: .worker(worker)
        )
        try await refreshEligibility(of: worker)
        return worker
    }
}
