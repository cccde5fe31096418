package import Formats
package import Foundation
internal import Store
internal import Tax

/// What is claimed: the values of the PostgreSQL enum `tax_claim_kind`, in its order.
package enum TaxClaimKind: String, Sendable, CaseIterable, SQLEnum {
    case exempt, special, additional, other, relief
}

/// What finance enters of a worker's claim.
package struct TaxClaimDraft: Hashable, Sendable {
    package let kind: TaxClaimKind
    /// A day of the month that it is for.
    package let month: CalendarDate
    package let amount: Money
    /// Which paper, and where it is: a line of 1 to 200 characters.
    package let evidence: String

    /// - Throws: ``BadInput``.
    package init(kind: TaxClaimKind, month: CalendarDate, amount: Money, evidence: String) throws(BadInput) {
        guard (1...1_000_000_000_000_000).contains(amount.minorUnits) else {
            throw BadInput("amount", "must be above zero and at most 10^15 minor units")
        }
        guard let first = CalendarDate(year: month.year, month: month.month, day: 1) else {
            throw BadInput("month", "is none")
        }
        (self.kind, self.month, self.amount) = (kind, first, amount)
        self.evidence = try PlainText.line(evidence, field: "evidence")
    }
}

/// What a worker may take off a month's income, or off the tax, under cumulative rules; once somebody else than who
/// entered it has seen the paper.
package struct TaxClaim: Hashable, Sendable {
    package typealias ID = Identifier<TaxClaim>
    package let id: ID
    package let worker: Worker.ID
    package let draft: TaxClaimDraft
    package let enteredBy: Principal.ID
    package let verifiedBy: Principal.ID?
    package let withdrawnAt: Date?

    package var json: JSON {
        [
            "claim": .string("\(id)"), "worker": .string("\(worker)"), "kind": .string(draft.kind.rawValue),
            "month": .string(String("\(draft.month)".prefix(7))), "amount_minor": .integer(draft.amount.minorUnits),
            "currency": .string(draft.amount.currency.code), "evidence": .string(draft.evidence),
            "verified_by": verifiedBy.map { .string("\($0)") } ?? .null, "is_withdrawn": .bool(withdrawnAt != nil),
        ]
    }
}

/// Why a claim is not entered, verified or withdrawn. In order of precedence.
package enum TaxClaimRefusal: Refusal, CaseIterable {
    /// A program neither enters nor ends a claim.
    case personNeeded
    /// Another claim has that reference.
    case referenceTaken
    /// Whoever entered it does not verify it, nor does the worker.
    case samePerson
    /// It was verified, or withdrawn.
    case ended

    package var code: String {
        switch self {
        case .personNeeded: "person_needed"
        case .referenceTaken: "tax_claim_reference_taken"
        case .samePerson: "tax_claim_same_person"
        case .ended: "tax_claim_ended"
        }
    }

    package var message: String {
        switch self {
        case .personNeeded: "Claims are entered, verified and withdrawn by people. A program can do none of it."
        case .referenceTaken: "Another claim has this reference; a new one needs a reference of its own."
        case .samePerson: "You entered this claim, or it is yours. Somebody else must look at its paper."
        case .ended: "The claim was verified or withdrawn before."
        }
    }
}

/// A person of finance enters a worker's claim. It counts once another has verified it.
package struct EnterTaxClaim: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Idempotent by `reference`.
    ///
    /// - Throws: ``AccessRefusal`` unless the actor is a finance maker; ``BadInput``; ``NotFound``;
    ///   ``TaxClaimRefusal``.
    package func callAsFunction(
        _ draft: TaxClaimDraft, of worker: Worker.ID, reference: String, by actor: Principal.ID
    ) async throws -> TaxClaim.ID {
        let id = TaxClaim.ID(try Reference.uuid(of: reference, in: "tax_claim"))
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .financeMaker)
            guard try await transaction.personExists(actor) else { throw TaxClaimRefusal.personNeeded }
            guard try await transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
            guard try await transaction.insertTaxClaim(id, draft, of: worker, by: actor) else {
                guard let earlier = try await transaction.lockTaxClaim(id), earlier.draft == draft,
                    earlier.worker == worker
                else { throw TaxClaimRefusal.referenceTaken }
                return id
            }
            try await change.record(
                "tax_claim_entered", by: actor, on: "worker", worker.uuid, in: .worker(worker),
                facts: ["claim": .string("\(id)"), "kind": .string(draft.kind.rawValue)])
            return id
        }
    }
}

/// Another person has seen a claim's paper; or somebody of finance takes the claim back. What was withheld stays: the
/// next payments of the year make up for it, as cumulative rules do.
package struct EndTaxClaim: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal`` unless the actor is a finance checker; ``NotFound``;
    ///   ``TaxClaimRefusal``.
    package func verify(_ id: TaxClaim.ID, by actor: Principal.ID) async throws {
        try await end(id, "tax_claim_verified", by: actor, as: .financeChecker) { claim, transaction in
            guard claim.enteredBy != actor, claim.worker.uuid != actor.uuid else { throw TaxClaimRefusal.samePerson }
            guard claim.verifiedBy == nil, claim.withdrawnAt == nil else { throw TaxClaimRefusal.ended }
            try await transaction.verifyTaxClaim(id, by: actor)
        }
    }

    /// - Throws: ``AccessRefusal`` unless the actor is a finance maker; ``NotFound``; ``TaxClaimRefusal/ended``.
    package func withdraw(_ id: TaxClaim.ID, by actor: Principal.ID) async throws {
        try await end(id, "tax_claim_withdrawn", by: actor, as: .financeMaker) { claim, transaction in
            guard claim.withdrawnAt == nil else { throw TaxClaimRefusal.ended }
            try await transaction.withdrawTaxClaim(id, by: actor)
        }
    }

    private func end(
        _ id: TaxClaim.ID, _ action: String, by actor: Principal.ID, as role: Role,
        _ body: @escaping @Sendable (TaxClaim, Transaction) async throws -> Void
    ) async throws {
        try await market.change { change in
            try await change.transaction.authorize(actor, as: role)
            guard try await change.transaction.personExists(actor) else { throw TaxClaimRefusal.personNeeded }
            guard let claim = try await change.transaction.lockTaxClaim(id) else { throw NotFound("tax claim") }
            try await body(claim, change.transaction)
            try await change.record(
                action, by: actor, on: "worker", claim.worker.uuid, in: .worker(claim.worker),
                facts: ["claim": .string("\(id)")])
        }
    }
}

/// A worker's claims, by month, newest first.
package struct ListTaxClaims: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    /// - Throws: ``AccessRefusal`` unless the actor is the worker or a finance maker; ``BadInput``.
    package func callAsFunction(
        of worker: Worker.ID, before last: TaxClaim.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [TaxClaim] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            if actor.uuid != worker.uuid { try await transaction.authorize(actor, toSeeAs: .financeMaker) }
            return try await transaction.taxClaims(of: worker, before: last, limit: limit)
        }
    }
}
