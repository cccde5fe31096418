internal import Formats
internal import Foundation
internal import Store

/// Changes what a worker is registered with: name, contact, languages, country, zone and place of performance.
package struct ReviseWorker: Sendable {
    let market: Market
    let keys: KeyRing?

    /// - Parameter keys: as for ``RegisterWorker``.
    package init(market: Market, keys: KeyRing? = nil) {
        self.market = market
        self.keys = keys
    }

    /// The audit log tells which fields have changed, not what they hold. That the address was changed is told at the
    /// former one. Revising to what is there changes nothing.
    ///
    /// - Parameters:
    ///   - registration: all of it, with the key that the worker has.
    ///   - actor: the worker, or an operator for them.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``IllegalTransition`` for one who was erased, ``BadInput`` for
    ///   another key, ``RegisterWorkerRefusal``.
    package func callAsFunction(_ worker: Worker.ID, to registration: Registration, by actor: Principal.ID) async throws
    {
        do {
            try await market.change { change in
                try await change.lockPerson(worker, by: actor, to: "revise")
                guard let old = try await change.transaction.registration(of: worker) else { throw NotFound("worker") }
                guard old.externalKey == registration.externalKey else {
                    throw BadInput("external_key", "is not the worker's")
                }
                let fields = registration.fields(differingFrom: old)
                guard !fields.isEmpty else { return }
                try await change.transaction.reviseWorker(worker, to: registration)
                if old.email != registration.email {
                    try await change.transaction.noteFormerContact(
                        of: worker, old.email, replacedBy: registration.email)
                    try await change.transaction.tell(
                        Principal.ID(worker.uuid), kind: "contact_changed", facts: ["to": "former_address"],
                        id: change.make(), address: old.email)
                }
                if let keys {
                    try await change.mark(worker, .identity, IdentityMark.ofPerson(registration, keys), keys, by: actor)
                } else {
                    try await change.transaction.deleteMarks(of: worker, .identity, but: [])
                }
                try await change.refreshEligibility(of: worker, after: [.country, .language])
                try await change.record(
                    "worker_revised", by: actor, on: "worker", worker.uuid, in: .worker(worker),
                    facts: ["fields": .array(fields.map(JSON.string))]
                )
            }
        } catch let error as StoreError where error.violatedConstraint == "worker_person_one_per_email" {
            throw RegisterWorkerRefusal.emailTaken
        }
    }
}

extension Registration {
    fileprivate func fields(differingFrom old: Registration) -> [String] {
        [
            ("name", name == old.name), ("email", email == old.email), ("phone", phone == old.phone),
            ("born_on", bornOn == old.bornOn), ("country", country == old.country),
            ("time_zone", timeZone == old.timeZone), ("weekly_minutes_max", weeklyMinutesMax == old.weeklyMinutesMax),
            ("place", place == old.place), ("languages", Set(languages) == Set(old.languages)),
        ].filter { !$0.1 }.map(\.0)
    }
}
