internal import Formats
internal import Foundation
internal import Store

/// For what a sealed secret may be read; nothing else is a reason.
package enum ReadingPurpose: String, Sendable, CaseIterable {
    /// To pay the worker: by finance, the payout method only.
    case payment
    /// To report the worker's income: by finance, the tax profile only.
    case taxReporting = "tax_reporting"
    /// To show a worker what is kept of them: by the worker only.
    case ownAccess = "own_access"
    /// To answer a court or an authority: by an operator.
    case legalRequest = "legal_request"
    /// To make the marks that accounts are compared by anew: by an operator, and nobody gets to see it.
    case marking
}

/// Why a secret is not read.
package enum ReadSecretRefusal: Refusal, CaseIterable {
    /// The purpose does not need what is asked for.
    case purposeDoesNotFit

    package var code: String {
        switch self {
        case .purposeDoesNotFit: "purpose_does_not_fit"
        }
    }

    package var message: String {
        switch self {
        case .purposeDoesNotFit:
            "This purpose does not need it. Payments need the payout method, tax reports the profile."
        }
    }
}

/// Writes where a worker is paid, in place of what was there.
package struct SetPayoutMethod: Sendable {
    /// For how long a change of account is told at a former address, too.
    package static let formerContactDays = 30
    private static let formerContactsMax = 20

    let market: Market
    let keys: KeyRing
    private let formerContactDays: Int

    /// - Parameter formerContactDays: 0 to 3,650.
    package init(market: Market, keys: KeyRing, formerContactDays: Int = formerContactDays) {
        self.market = market
        self.keys = keys
        self.formerContactDays = min(max(formerContactDays, 0), 3_650)
    }

    /// An account that another worker is paid to raises a duplicate case. Whoever had an account before is told that it
    /// was changed, in a notice that cannot be turned off, and is not paid to the new one for some days. It is told at
    /// addresses of before, too: whoever steals a login changes the address first.
    ///
    /// - Parameter actor: the worker, or an operator for them.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``IllegalTransition``, ``VaultRefusal``.
    package func callAsFunction(_ method: PayoutMethod, of worker: Worker.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            try await change.lockPerson(worker, by: actor, to: "change_payout")
            let isChange = try await change.transaction.sealed(of: worker, in: .payoutMethod) != nil
            try await change.keep(method.json, of: worker, in: .payoutMethod, keys)
            if isChange {
                try await change.transaction.tell(
                    Principal.ID(worker.uuid), kind: "payout_method_changed", facts: [:], id: change.make())
            }
            // The first account, too: the address may have been changed for it.
            let days = Double(formerContactDays)
            let former = try await change.transaction.formerContacts(
                of: worker, replacedAfter: change.instant - days * 86_400, limit: Self.formerContactsMax)
            for address in former {
                try await change.transaction.tell(
                    Principal.ID(worker.uuid), kind: "payout_method_changed", facts: ["to": "former_address"],
                    id: change.make(), address: address)
            }
            try await change.mark(worker, .payoutAccount, [IdentityMark.ofAccount(method, keys)], keys, by: actor)
            try await change.record("payout_method_set", by: actor, on: "worker", worker.uuid, in: .worker(worker))
        }
    }
}

/// Writes what a worker's income is reported by, in place of what was there; from now on it also says what their
/// payments are taxed by (``TaxChoice``), unless finance has said otherwise: then finance is told.
package struct SetTaxProfile: Sendable {
    let market: Market
    let keys: KeyRing

    package init(market: Market, keys: KeyRing) {
        self.market = market
        self.keys = keys
    }

    /// - Parameter actor: the worker, or an operator for them.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``IllegalTransition``, ``VaultRefusal``.
    package func callAsFunction(_ profile: TaxProfile, of worker: Worker.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            try await change.lockPerson(worker, by: actor, to: "change_tax")
            try await change.keep(profile.json, of: worker, in: .taxProfile, keys)
            try await change.chooseTaxRules(by: profile, of: worker, by: actor)
            try await change.record("tax_profile_set", by: actor, on: "worker", worker.uuid, in: .worker(worker))
        }
    }
}

/// Opens where a worker is paid, for a stated purpose; each reading is in the audit log.
package struct ReadPayoutMethod: Sendable {
    let market: Market
    let keys: KeyRing

    package init(market: Market, keys: KeyRing) {
        self.market = market
        self.keys = keys
    }

    /// - Throws: ``AccessRefusal``, ``ReadSecretRefusal``, ``NotFound``, ``VaultRefusal``.
    package func callAsFunction(
        of worker: Worker.ID, for purpose: ReadingPurpose, by actor: Principal.ID
    ) async throws -> PayoutMethod {
        try await market.change { change in
            try await change.transaction.authorize(actor, toReadSecretsOf: worker, for: purpose)
            guard purpose != .taxReporting, purpose != .marking else { throw ReadSecretRefusal.purposeDoesNotFit }
            return try PayoutMethod(
                try await change.disclose(.payoutMethod, of: worker, for: purpose, by: actor, keys))
        }
    }
}

/// Opens what a worker's income is reported by, for a stated purpose; each reading is in the audit log.
package struct ReadTaxProfile: Sendable {
    let market: Market
    let keys: KeyRing

    package init(market: Market, keys: KeyRing) {
        self.market = market
        self.keys = keys
    }

    /// - Throws: ``AccessRefusal``, ``ReadSecretRefusal``, ``NotFound``, ``VaultRefusal``.
    package func callAsFunction(
        of worker: Worker.ID, for purpose: ReadingPurpose, by actor: Principal.ID
    ) async throws -> TaxProfile {
        try await market.change { change in
            try await change.transaction.authorize(actor, toReadSecretsOf: worker, for: purpose)
            guard purpose != .payment, purpose != .marking else { throw ReadSecretRefusal.purposeDoesNotFit }
            return try TaxProfile(try await change.disclose(.taxProfile, of: worker, for: purpose, by: actor, keys))
        }
    }
}

extension Transaction {
    /// Lets those go on whom a purpose is for.
    fileprivate func authorize(
        _ actor: Principal.ID, toReadSecretsOf worker: Worker.ID, for purpose: ReadingPurpose
    ) async throws {
        switch purpose {
        case .payment, .taxReporting: try await authorize(actor, as: .financeMaker)
        case .legalRequest, .marking: try await authorize(actor, as: .operator)
        case .ownAccess:
            guard actor.uuid == worker.uuid else { throw AccessRefusal.roleMissing(.worker) }
            try await authorize(actor, as: .worker)
        }
    }
}

extension Change {
    /// Lets the worker or an operator go on with a worker who was not erased, under the worker's lock.
    func lockPerson(_ worker: Worker.ID, by actor: Principal.ID, to event: String) async throws {
        try await authorizeSelf(worker, orOperator: actor)
        guard try await transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
        guard try await transaction.erasedAt(worker) == nil else {
            throw IllegalTransition("worker", in: "erased", event: event)
        }
    }
}
