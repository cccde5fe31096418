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
    /// Workers who may be somebody else too: on record, but not active, or without a paper that is another's, until an
    /// operator has decided their duplicate case. They count as added or unchanged as well.
    package fileprivate(set) var held: [Refused] = []
}

/// Takes over a platform's people: registers and activates them, with professions, credentials and tiers, as the
/// operator who imports them vouches.
///
/// One transaction for each worker. Idempotent: what is known already is left as it is, so that importing twice adds
/// nothing, and an import that was cut off is finished by running it again.
package struct ImportRoster: Sendable {
    let market: Market
    let keys: KeyRing?

    /// - Parameter keys: with them, a person who is registered already is found at once; without, by
    ///   ``FindDuplicates``. Licence numbers are compared in any case.
    package init(market: Market, keys: KeyRing? = nil) { (self.market, self.keys) = (market, keys) }

    /// - Parameter entries: in any order; a worker's rows may also be spread over several calls.
    /// - Throws: ``AccessRefusal``, ``StoreError``; what is wrong with one worker is in the result.
    package func callAsFunction(_ entries: [RosterEntry], by actor: Principal.ID) async throws -> RosterImport {
        try await market.database.read { try await $0.authorize(actor, as: .operator) }
        var result = RosterImport()
        for rows in RosterPerson.grouped(entries) {
            do {
                let person = try RosterPerson(rows)
                let (count, hold) = try await take(person, by: actor)
                if let hold { result.hold(rows, hold) }
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

    /// - Returns: the number of new credentials, `nil` when nothing of the worker is new; and why they are held.
    private func take(
        _ person: RosterPerson, by actor: Principal.ID
    ) async throws -> (credentials: Int?, hold: String?) {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            let (worker, isNew) = try await change.register(person.registration, by: actor)
            guard actor.uuid != worker.uuid else { throw ExpertiseRefusal.ownVerifier }
            guard try await transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
            if isNew, let keys {
                try await change.mark(
                    worker, .identity, IdentityMark.ofPerson(person.registration, keys), keys, by: actor)
            }
            let taken = try await change.numbersTaken(person, worker, by: actor)
            var hold = taken.isEmpty ? nil : ExpertiseRefusal.numberTaken.message
            if isNew {
                hold = try await change.activateUnlessDuplicate(worker, by: actor) ?? hold
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
            for (submission, standing) in person.papers where !taken.contains(submission.number.text) {
                guard try await !transaction.hasCredential(submission, of: worker) else { continue }
                try await change.take(submission, standing, of: worker, by: actor)
                credentials += 1
            }
            if isChanged { try await change.refreshEligibility(of: worker) }
            return (isChanged || credentials > 0 ? credentials : nil, hold)
        }
    }
}

extension RosterImport {
    fileprivate mutating func refuse(_ rows: [RosterEntry], _ reason: String) {
        guard let first = rows.first else { return }
        refused.append(Refused(workerKey: first.workerKey, line: first.line, reason: reason))
    }

    fileprivate mutating func hold(_ rows: [RosterEntry], _ reason: String) {
        guard let first = rows.first else { return }
        held.append(Refused(workerKey: first.workerKey, line: first.line, reason: reason))
    }
}

extension Change {
    /// The numbers among the person's papers in good standing that are another worker's; opens a case for each.
    fileprivate func numbersTaken(
        _ person: RosterPerson, _ worker: Worker.ID, by actor: Principal.ID
    ) async throws -> Set<String> {
        var taken: Set<String> = []
        for (submission, standing) in person.papers where standing == .active {
            for other in try await transaction.otherHolders(of: submission, than: worker) {
                taken.insert(submission.number.text)
                try await raiseDuplicate(worker, other, .licence, by: actor)
            }
        }
        return taken
    }

    /// - Returns: why a new worker is not activated; `nil` when they are.
    fileprivate func activateUnlessDuplicate(_ worker: Worker.ID, by actor: Principal.ID) async throws -> String? {
        do {
            try await transaction.refuseDuplicate(worker)
        } catch let refusal as ActivationRefusal {
            return refusal.message
        }
        try await move(worker, .activate, by: actor)
        return nil
    }

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
