internal import Formats
package import Foundation
internal import Store

/// Publishes the next version of a text that workers accept. From its first instant on, earlier ones count no more.
package struct PublishAgreement: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Idempotent: publishing the newest version's text again returns that version.
    ///
    /// - Parameters:
    ///   - kind: `conduct`, `nda`, `guideline:<project id>`.
    ///   - body: 1 to 200,000 characters; kept as it is, as its hash is what workers accept.
    ///   - validFrom: now or later; `nil` for now. Until then it is announced, and can be accepted beforehand.
    /// - Throws: ``BadInput``, ``AccessRefusal``, ``AgreementRefusal/beginsBeforeNewest(_:)``.
    package func callAsFunction(
        kind: String, title: String, body: String, validFrom: Date? = nil, by actor: Principal.ID
    ) async throws -> Agreement {
        let kind = try AgreementKind.checked(kind)
        let title = try PlainText.line(title, field: "title")
        guard (1...200_000).contains(body.unicodeScalars.count), !body.utf8.contains(0) else {
            throw BadInput("body", "must have 1 to 200,000 characters, none of them U+0000")
        }
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            try await transaction.advisoryLock(AdvisoryLock("agreement", kind))
            let begins = validFrom ?? change.instant
            let newest = try await transaction.newestAgreement(kind)
            let hash = Digest(of: body)
            if let newest, newest.hash == hash { return newest }
            guard begins >= change.instant else { throw BadInput("valid_from", "must not be in the past") }
            if let newest, newest.validFrom >= begins { throw AgreementRefusal.beginsBeforeNewest(newest.version) }
            let agreement = Agreement(
                id: change.make(), kind: kind, version: (newest?.version ?? 0) + 1, title: title, hash: hash,
                validFrom: begins
            )
            try await transaction.insertAgreement(agreement, body: body, by: actor)
            try await change.record(
                "agreement_published", by: actor, on: "agreement", agreement.id.uuid, in: .platform,
                facts: [
                    "kind": .string(kind), "version": .integer(Int64(agreement.version)),
                    "hash": .string(hash.hexadecimal),
                ]
            )
            return agreement
        }
    }
}

/// A worker accepts a version of an agreement.
package struct AcceptAgreement: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Idempotent: a version that was accepted stays accepted from the first time on.
    ///
    /// - Parameters:
    ///   - version: the one that counts now, or one that was announced.
    ///   - hash: of the text that the worker had before them.
    ///   - actor: the worker; nobody accepts for another.
    /// - Returns: when it was accepted.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``AgreementRefusal``.
    package func callAsFunction(
        _ kind: String, version: Int, hash: Digest, by actor: Principal.ID
    ) async throws -> Date {
        try await market.change { change in
            let transaction = change.transaction
            let worker = Worker.ID(actor.uuid)
            try await transaction.authorize(actor, as: .worker)
            guard let agreement = try await transaction.agreement(kind, version: version) else {
                throw NotFound("agreement")
            }
            guard try await transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
            if let known = try await transaction.acceptance(of: agreement.id, by: worker) {
                guard hash == agreement.hash else { throw AgreementRefusal.otherText }
                return known
            }
            if let current = try await transaction.currentAgreement(kind), current.version > version {
                throw AgreementRefusal.superseded(by: current.version)
            }
            guard hash == agreement.hash else { throw AgreementRefusal.otherText }
            try await transaction.insertAcceptance(of: agreement, by: worker)
            try await change.refreshEligibility(of: worker, after: .agreement)
            try await change.record(
                "agreement_accepted", by: actor, on: "agreement", agreement.id.uuid, in: .worker(worker),
                facts: [
                    "kind": .string(kind), "version": .integer(Int64(version)), "hash": .string(hash.hexadecimal),
                ]
            )
            return change.instant
        }
    }
}
