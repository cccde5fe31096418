package import Formats
internal import Foundation
internal import Store

/// What an import of a roster came to.
package struct RosterImport: Hashable, Sendable {
    /// Why the rows of a worker were not taken; none of them was.
    package struct Refused: Hashable, Sendable {
        package let workerKey: String
        /// The 1-based line of the worker's first row.
        package let line: Int
        /// A sentence, or a clause in lower case.
        package let reason: String
    }

    /// Workers of whom something new was written.
    package fileprivate(set) var added = 0
    /// Workers of whom everything was known.
    package fileprivate(set) var unchanged = 0
    /// Credentials written.
    package fileprivate(set) var credentials = 0
    /// In the order of the rows.
    package fileprivate(set) var refused: [Refused] = []
}

/// Takes over a platform's people: registers and activates them, with professions, credentials and tiers, as the
/// operator who imports them vouches.
///
/// One transaction for each worker. Idempotent: what is known already is left as it is, so that importing twice adds
/// nothing, and an import that was cut off is finished by running it again.
package struct ImportRoster: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter entries: in any order; a worker's rows may also be spread over several calls.
    /// - Throws: ``AccessRefusal``, ``StoreError``; what is wrong with one worker is in the result.
    package func callAsFunction(_ entries: [RosterEntry], by actor: Principal.ID) async throws -> RosterImport {
        try await market.database.read { try await $0.authorize(actor, as: .operator) }
        var result = RosterImport()
        for rows in RosterPerson.grouped(entries) {
            do {
                let person = try RosterPerson(rows)
                let count = try await take(person, by: actor)
                result.credentials += count ?? 0
                if count == nil { result.unchanged += 1 } else { result.added += 1 }
            } catch let refusal as any Refusal where !(refusal is AccessRefusal) {
                result.refuse(rows, refusal.message)
            } catch let error as StoreError {
                guard let reason = error.rosterReason else { throw error }
                result.refuse(rows, reason)
            }
        }
        return result
    }

    /// - Returns: the number of new credentials; `nil` when nothing of the worker is new.
    private func take(_ person: RosterPerson, by actor: Principal.ID) async throws -> Int? {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            let (worker, isNew) = try await change.register(person.registration, by: actor)
            guard actor.uuid != worker.uuid else { throw ExpertiseRefusal.ownVerifier }
            guard try await transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
            if isNew {
                try await change.move(worker, .activate, by: actor)
            } else if try await transaction.emailDiffers(person.registration.email, from: worker) {
                throw BadInput("email", "is not the one that the worker is registered with")
            }
            var isChanged = isNew
            for (profile, tier) in person.profiles {
                if try await change.declare(profile, of: worker, by: actor) { isChanged = true }
                if try await transaction.tier(of: worker, in: profile.profession) == nil {
                    try await change.grant(
                        TierGrant(
                            tier, in: profile.profession, to: worker, as: .import, reasons: "As the roster says.",
                            by: actor
                        ))
                    isChanged = true
                }
            }
            var credentials = 0
            for (submission, standing) in person.papers {
                guard try await !transaction.hasCredential(submission, of: worker) else { continue }
                try await change.take(submission, standing, of: worker, by: actor)
                credentials += 1
            }
            if isChanged { try await change.refreshEligibility(of: worker) }
            return isChanged || credentials > 0 ? credentials : nil
        }
    }
}

extension RosterImport {
    fileprivate mutating func refuse(_ rows: [RosterEntry], _ reason: String) {
        guard let first = rows.first else { return }
        refused.append(Refused(workerKey: first.workerKey, line: first.line, reason: reason))
    }
}

extension Change {
    /// Writes a paper as its issuer lists it: one in good standing is verified, one that was suspended or has lapsed
    /// is on record as revoked.
    fileprivate func take(
        _ submission: CredentialSubmission, _ standing: RosterEntry.Standing, of worker: Worker.ID,
        by actor: Principal.ID
    ) async throws {
        switch standing {
        case .active:
            let credential = try await submit(submission, of: worker, as: .submitted, by: actor)
            _ = try await judge(credential, .verify, by: actor)
        case .suspended, .lapsed:
            _ = try await submit(submission, of: worker, as: .revoked, by: actor)
        }
    }
}

extension StoreError {
    /// What a constraint says about the rows of one worker; `nil` for any other failure.
    fileprivate var rosterReason: String? {
        switch violatedConstraint {
        case "worker_person_one_per_email": RegisterWorkerRefusal.emailTaken.message
        case "credential_one_live_per_number": ExpertiseRefusal.numberTaken.message
        default: nil
        }
    }
}
