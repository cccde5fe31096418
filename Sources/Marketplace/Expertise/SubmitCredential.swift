package import Formats
package import Foundation
internal import Store

/// A paper that a worker hands in, checked and in normal form.
package struct CredentialSubmission: Hashable, Sendable {
    package let profession: Profession
    package let kind: CredentialKindCode
    package let issuer: String
    package let jurisdiction: String
    /// 1 to 100 characters, with what its public format says of it.
    package let number: LicenceNumber
    package let issuedOn: CalendarDate
    /// The last day on which it holds; `nil` when it does not expire.
    package let expiresOn: CalendarDate?
    package let details: CredentialDetails

    /// - Throws: ``BadInput``; the first fault in the order of the parameters.
    package init(
        profession: Profession, kind: CredentialKindCode, issuer: String, jurisdiction: String, number: String,
        issuedOn: CalendarDate, expiresOn: CalendarDate?, details: CredentialDetails = .none
    ) throws(BadInput) {
        self.profession = profession
        self.kind = kind
        self.issuer = try PlainText.line(issuer, field: "issuer")
        guard Jurisdiction.isWellFormed(jurisdiction) else {
            throw BadInput("jurisdiction", "must be of the form US-NY or DE")
        }
        self.jurisdiction = jurisdiction
        let number = try PlainText.line(number, field: "number", lengthMax: 100)
        self.number = LicenceNumber(number, kind: kind, jurisdiction: jurisdiction)
        self.issuedOn = issuedOn
        if let expiresOn, expiresOn < issuedOn { throw BadInput("expires_on", "is before issued_on") }
        self.expiresOn = expiresOn
        self.details = details
    }

    /// The exclusive end of validity: the midnight in UTC after its last day.
    package var expiresAt: Date? { expiresOn.map { $0.midnightUTC + 86_400 } }
}

/// What a licence says of itself beyond what every paper says.
package struct CredentialDetails: Hashable, Sendable {
    /// `clinical`, `full-time lawyer`; up to 200 characters.
    package let category: String?
    /// What it permits; up to 1,000 characters.
    package let scope: String?
    /// As the issuer's register lists it: `active`, `in good standing`; up to 200 characters.
    package let registerStatus: String?

    /// Nothing said.
    package static let none = CredentialDetails()

    private init() { (category, scope, registerStatus) = (nil, nil, nil) }

    /// - Throws: ``BadInput``.
    package init(category: String?, scope: String?, registerStatus: String?) throws(BadInput) {
        self.category = try Self.line(category, "category", 200)
        self.scope = try Self.line(scope, "scope", 1_000)
        self.registerStatus = try Self.line(registerStatus, "register_status", 200)
    }

    private static func line(_ text: String?, _ field: String, _ lengthMax: Int) throws(BadInput) -> String? {
        guard let text else { return nil }
        return try PlainText.line(text, field: field, lengthMax: lengthMax)
    }
}

/// Hands in a credential, to be verified by an operator.
package struct SubmitCredential: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker, or an operator for them.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``ExpertiseRefusal``.
    package func callAsFunction(
        _ submission: CredentialSubmission, of worker: Worker.ID, by actor: Principal.ID
    ) async throws -> Credential.ID {
        do {
            return try await market.change { change in
                let transaction = change.transaction
                try await change.authorizeSelf(worker, orOperator: actor)
                guard try await transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
                guard try await transaction.hasProfile(worker, in: submission.profession) else {
                    throw ExpertiseRefusal.noProfile
                }
                return try await change.submit(submission, of: worker, as: .submitted, by: actor)
            }
        } catch let error as StoreError where error.violatedConstraint == "credential_one_live_per_number" {
            try await raiseDuplicates(submission, of: worker, by: actor)
            throw ExpertiseRefusal.numberTaken
        }
    }

    /// The refusal has undone its transaction, so that two people with one licence are noted in another.
    private func raiseDuplicates(
        _ submission: CredentialSubmission, of worker: Worker.ID, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            for other in try await change.transaction.otherHolders(of: submission, than: worker) {
                try await change.raiseDuplicate(worker, other, .licence, by: actor)
            }
        }
    }
}

extension Change {
    /// - Parameter state: `submitted`, or `revoked` for a paper that its issuer has withdrawn already.
    /// - Throws: ``ExpertiseRefusal/unknownKind``.
    func submit(
        _ submission: CredentialSubmission, of worker: Worker.ID, as state: CredentialState, by actor: Principal.ID
    ) async throws -> Credential.ID {
        let id: Credential.ID = make()
        guard try await transaction.insertCredential(id, submission, of: worker, state: state) else {
            throw ExpertiseRefusal.unknownKind
        }
        try await record(
            "credential_submitted", by: actor, on: "credential", id.uuid, in: .worker(worker),
            facts: [
                "kind": .string(submission.kind.rawValue), "jurisdiction": .string(submission.jurisdiction),
                "number_verdict": .string(submission.number.verdict.rawValue), "state": .string(state.rawValue),
            ]
        )
        return id
    }
}
