package import Formats
package import Foundation
internal import Store

/// A credential as its holder and operators see it.
package struct CredentialSheet: Hashable, Sendable {
    package let id: Credential.ID
    package let worker: Worker.ID
    package let profession: Profession
    package let kind: CredentialKindCode
    package let issuer: String
    package let jurisdiction: String
    package let number: String
    package let numberVerdict: NumberVerdict
    package let numberNote: String?
    package let issuedOn: CalendarDate
    /// Exclusive.
    package let expiresAt: Date?
    package let state: CredentialState
    package let verifiedBy: Principal.ID?
    package let confirmedBy: Principal.ID?
    package let reverifyAt: Date?
    package let category: String?
    package let scope: String?
    package let registerStatus: String?

    /// Times in whole seconds since 1970.
    package var json: JSON {
        [
            "credential": .string("\(id)"), "worker": .string("\(worker)"), "profession": .string(profession.code),
            "kind": .string(kind.rawValue), "issuer": .string(issuer), "jurisdiction": .string(jurisdiction),
            "number": .string(number), "number_verdict": .string(numberVerdict.rawValue),
            "number_note": text(numberNote), "issued_on": .string("\(issuedOn)"), "expires_at": second(expiresAt),
            "state": .string(state.rawValue), "verified_by": text(verifiedBy.map { "\($0)" }),
            "confirmed_by": text(confirmedBy.map { "\($0)" }), "reverify_at": second(reverifyAt),
            "category": text(category), "scope": text(scope), "register_status": text(registerStatus),
        ]
    }

    private func text(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }

    private func second(_ instant: Date?) -> JSON {
        instant.flatMap { Int64(exactly: $0.timeIntervalSince1970.rounded(.down)) }.map(JSON.integer) ?? .null
    }
}

/// Shows credentials: a worker's own, or those that wait for an operator.
package struct ListCredentials: Sendable {
    package static let pageMax = 200
    let market: Market

    package init(market: Market) { self.market = market }

    /// A worker's, in the order in which they were handed in.
    ///
    /// - Parameters:
    ///   - credential: the last one of the page before; `nil` for the first page.
    ///   - limit: 1 to 200.
    ///   - actor: the worker, or an operator.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(
        of worker: Worker.ID, after credential: Credential.ID? = nil, limit: Int = pageMax, by actor: Principal.ID
    ) async throws -> [CredentialSheet] {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: actor.uuid == worker.uuid ? .worker : .operator)
            return try await transaction.credentials(
                of: worker, after: credential, limit: min(max(limit, 1), Self.pageMax)
            )
        }
    }

    /// Those in one state, oldest first: what waits to be checked.
    ///
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(
        in state: CredentialState, after credential: Credential.ID? = nil, limit: Int = pageMax,
        by actor: Principal.ID
    ) async throws -> [CredentialSheet] {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            return try await transaction.credentials(
                in: state, after: credential, limit: min(max(limit, 1), Self.pageMax)
            )
        }
    }

    /// The documents behind a credential, oldest first; 50 at most.
    ///
    /// - Throws: ``AccessRefusal``, ``NotFound``.
    package func evidence(of credential: Credential.ID, by actor: Principal.ID) async throws -> [Evidence] {
        try await market.database.read { transaction in
            guard let worker = try await transaction.holder(of: credential) else { throw NotFound("credential") }
            try await transaction.authorize(actor, toSeeAs: actor.uuid == worker.uuid ? .worker : .operator)
            return try await transaction.evidence(of: credential)
        }
    }
}
