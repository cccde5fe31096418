package import Formats
internal import Foundation
internal import Store

/// Takes up a credential, so that others see that somebody looks at it.
package struct CheckCredential: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal``, ``NotFound``, ``ExpertiseRefusal/ownVerifier``, ``IllegalTransition``.
    package func callAsFunction(_ credential: Credential.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            _ = try await change.move(credential, .check, by: actor)
        }
    }
}

/// Vouches that a credential is what it says; from then on it counts, while it is valid.
package struct VerifyCredential: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// One that nobody has taken up is taken up and verified in one go.
    ///
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``ExpertiseRefusal/ownVerifier``, ``IllegalTransition``.
    package func callAsFunction(_ credential: Credential.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            _ = try await change.judge(credential, .verify, by: actor)
        }
    }
}

/// Vouches for a verified credential as a second person, as the tiers expert and principal ask.
package struct ConfirmCredential: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal``, ``NotFound``, ``ExpertiseRefusal/ownVerifier``, ``ExpertiseRefusal/sameVerifier``,
    ///   ``IllegalTransition`` unless it is verified and not yet confirmed.
    package func callAsFunction(_ credential: Credential.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            let (worker, state) = try await change.lock(credential, by: actor)
            guard try await transaction.verifier(of: credential) != actor else { throw ExpertiseRefusal.sameVerifier }
            guard try await transaction.confirmCredential(credential, by: actor) else {
                throw IllegalTransition("credential", in: state.rawValue, event: "confirm")
            }
            try await change.record(
                "credential_confirmed", by: actor, on: "credential", credential.uuid, in: .worker(worker)
            )
        }
    }
}

/// Vouches for a verified credential again, before or after its date, with the end that it has now.
///
/// The second person's word was about the paper as it was: it is needed again.
package struct ReverifyCredential: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter expiresOn: the last day on which it holds now; `nil` when it does not expire.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``ExpertiseRefusal/ownVerifier``, ``IllegalTransition``,
    ///   ``BadInput`` for an end before the issue.
    package func callAsFunction(
        _ credential: Credential.ID, expiresOn: CalendarDate?, by actor: Principal.ID
    ) async throws {
        do {
            try await market.change { change in
                try await change.transaction.authorize(actor, as: .operator)
                let (worker, state) = try await change.lock(credential, by: actor)
                let expiry = expiresOn.map { $0.midnightUTC + 86_400 }
                guard try await change.transaction.renewCredential(credential, until: expiry, by: actor) else {
                    throw IllegalTransition("credential", in: state.rawValue, event: "reverify")
                }
                try await change.refreshEligibility(of: worker, after: .credential)
                try await change.record(
                    "credential_reverified", by: actor, on: "credential", credential.uuid, in: .worker(worker),
                    facts: ["expires_on": expiresOn.map { .string("\($0)") } ?? .null]
                )
            }
        } catch let error as StoreError where error.violatedConstraint == "credential_expires_after_issue" {
            throw BadInput("expires_on", "is before the issue")
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
            let worker = try await change.judge(credential, .refuse, by: actor)
            return try await change.decide(
                .credentialRefusal, about: worker, subject: credential.uuid, rule: rule, facts: facts,
                reasons: reasons, by: actor
            )
        }
    }
}

/// Takes a verified credential back, because its issuer has or because it was verified wrongly: from this instant it
/// no longer counts. A decision that the worker may appeal.
package struct RevokeCredential: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - reason: for the worker to read, and so what would remedy it; up to 4,000 characters.
    ///   - rule: its name, snake_case.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``ExpertiseRefusal/ownVerifier``, ``IllegalTransition``,
    ///   ``DecisionRefusal``, ``BadInput``.
    @discardableResult
    package func callAsFunction(
        _ credential: Credential.ID, reason: String, rule: String = "issuer_withdrew", facts: JSON = .object([:]),
        by actor: Principal.ID
    ) async throws -> Decision.ID {
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            let worker = try await change.move(credential, .revoke, by: actor)
            return try await change.decide(
                .credentialRevocation, about: worker, subject: credential.uuid, rule: rule, facts: facts,
                reasons: reason, by: actor
            )
        }
    }
}

extension Change {
    /// Locks the worker whose credential it is, which waits for leases in flight.
    ///
    /// - Throws: ``NotFound``, ``ExpertiseRefusal/ownVerifier``, ``ExpertiseRefusal/verifierIsNoPerson``.
    func lock(
        _ credential: Credential.ID, by actor: Principal.ID
    ) async throws -> (worker: Worker.ID, state: CredentialState) {
        guard let worker = try await transaction.holder(of: credential),
            try await transaction.lockWorkerForChange(worker) != nil,
            let state = try await transaction.credentialState(credential)
        else { throw NotFound("credential") }
        guard actor.uuid != worker.uuid else { throw ExpertiseRefusal.ownVerifier }
        guard try await transaction.isPerson(actor) else { throw ExpertiseRefusal.verifierIsNoPerson }
        return (worker, state)
    }

    /// Moves a credential to the state after an event; one that waits is taken up first.
    func judge(_ credential: Credential.ID, _ event: CredentialEvent, by actor: Principal.ID) async throws -> Worker.ID
    {
        if try await lock(credential, by: actor).state == .submitted {
            _ = try await move(credential, .check, by: actor)
        }
        return try await move(credential, event, by: actor)
    }

    /// Undoes what an appeal has overturned: a refused credential is in check again, for somebody to verify; a revoked
    /// one is verified as it was.
    ///
    /// - Returns: `nil` where it is in another state by now, or the same paper is with another credential.
    func undo(_ credential: Credential.ID, _ event: CredentialEvent, by actor: Principal.ID) async throws
        -> CredentialState?
    {
        let (worker, old) = try await lock(credential, by: actor)
        guard let state = try? old.after(event), try await !transaction.hasLiveTwin(credential),
            try await transaction.moveCredential(credential, from: old, to: state)
        else { return nil }
        try await record(
            "credential_\(state.rawValue)", by: actor, on: "credential", credential.uuid, in: .worker(worker))
        try await refreshEligibility(of: worker, after: .credential)
        return state
    }

    /// Moves a credential to the state after an event, under the lock of its worker.
    ///
    /// - Returns: whose credential it is.
    func move(_ credential: Credential.ID, _ event: CredentialEvent, by actor: Principal.ID) async throws -> Worker.ID {
        let (worker, old) = try await lock(credential, by: actor)
        let state = try old.after(event)
        let isMoved =
            state == .verified
            ? try await transaction.verifyCredential(credential, by: actor)
            : try await transaction.moveCredential(credential, from: old, to: state)
        guard isMoved else { throw IllegalTransition("credential", in: old.rawValue, event: event.rawValue) }
        try await record(
            "credential_\(state.rawValue)", by: actor, on: "credential", credential.uuid, in: .worker(worker)
        )
        try await refreshEligibility(of: worker, after: .credential)
        return worker
    }
}
