internal import Formats
internal import Foundation
internal import Store

/// Why a worker cannot be registered.
package enum RegisterWorkerRefusal: Refusal, CaseIterable {
    /// The e-mail address is another worker's.
    case emailTaken

    package var code: String {
        switch self {
        case .emailTaken: "email_taken"
        }
    }

    package var message: String {
        switch self {
        case .emailTaken: "This e-mail address is another worker's. Use another one, or that worker's external key."
        }
    }
}

/// Makes a person a worker who cannot take work yet.
package struct RegisterWorker: Sendable {
    let market: Market
    let keys: KeyRing?

    /// - Parameter keys: with them, a person who is registered already is found at once; without, by
    ///   ``FindDuplicates``.
    package init(market: Market, keys: KeyRing? = nil) {
        self.market = market
        self.keys = keys
    }

    /// Idempotent by external key: a worker who is registered already is returned as they are.
    ///
    /// - Throws: ``AccessRefusal``, ``RegisterWorkerRefusal``.
    package func callAsFunction(_ registration: Registration, by actor: Principal.ID) async throws -> Worker.ID {
        do {
            return try await market.change { change in
                try await change.transaction.authorize(actor, as: .operator)
                let (worker, isNew) = try await change.register(registration, by: actor)
                if isNew, let keys {
                    try await change.mark(worker, .identity, IdentityMark.ofPerson(registration, keys), keys, by: actor)
                }
                if isNew { try await change.refreshEligibility(of: worker) }
                return worker
            }
        } catch let error as StoreError where error.violatedConstraint == "worker_person_one_per_email" {
            throw RegisterWorkerRefusal.emailTaken
        }
    }
}

extension Change {
    /// Finds or makes the worker of an external key.
    ///
    /// - Throws: ``StoreError`` with `worker_person_one_per_email` when the address is another worker's; that ends the
    ///   transaction.
    func register(_ registration: Registration, by actor: Principal.ID) async throws -> (id: Worker.ID, isNew: Bool) {
        try await transaction.advisoryLock(AdvisoryLock("worker", registration.externalKey))
        if let found = try await transaction.workerID(externalKey: registration.externalKey) { return (found, false) }
        let id: Worker.ID = make()
        try await transaction.insertWorker(id, registration)
        try await transaction.insertGrant(
            id: make(Role.self).uuid, of: .worker, to: Principal.ID(id.uuid), for: nil, by: actor
        )
        try await record("worker_registered", by: actor, on: "worker", id.uuid, in: .worker(id))
        return (id, true)
    }
}
