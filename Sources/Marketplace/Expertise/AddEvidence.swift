package import Formats
internal import Foundation
internal import Store

/// A document behind a credential: what it is, not what is in it. The file itself is kept elsewhere, under its hash.
package struct Evidence: Hashable, Sendable {
    package let hash: Digest
    /// `application/pdf`
    package let mediaType: String
    /// In bytes, 1 to 1 GiB.
    package let size: Int64
    /// Of the file, up to 200 characters.
    package let name: String

    /// - Throws: ``BadInput``; the first fault in the order of the parameters.
    package init(hash: Digest, mediaType: String, size: Int64, name: String) throws(BadInput) {
        let parts = mediaType.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isPlain: (UInt8) -> Bool = {
            (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || ".+-".utf8.contains($0)
        }
        guard parts.count == 2, (1...100).contains(parts[1].count), !parts[0].isEmpty,
            parts[0].allSatisfy({ (0x61...0x7a).contains($0) }), parts[1].allSatisfy(isPlain),
            parts[1].first.map({ !".+-".utf8.contains($0) }) ?? false
        else { throw BadInput("media_type", "must be of the form application/pdf") }
        guard (1...1_073_741_824).contains(size) else { throw BadInput("size", "must be 1 byte to 1 GiB") }
        self.hash = hash
        self.mediaType = mediaType
        self.size = size
        self.name = try PlainText.line(name, field: "name")
    }

    package var json: JSON {
        [
            "hash": .string(hash.hexadecimal), "media_type": .string(mediaType), "size": .integer(size),
            "name": .string(name),
        ]
    }
}

/// Why evidence was not taken. In order of precedence.
package enum EvidenceRefusal: Refusal, CaseIterable {
    /// The credential was refused or revoked: a new one is handed in with new evidence.
    case credentialClosed
    /// There are 50 documents already.
    case tooMany

    package var code: String {
        switch self {
        case .credentialClosed: "credential_closed"
        case .tooMany: "too_much_evidence"
        }
    }

    package var message: String {
        switch self {
        case .credentialClosed: "This credential was refused or revoked. Hand it in anew with its evidence."
        case .tooMany: "A credential takes 50 documents at most."
        }
    }
}

/// Adds a document to what bears a credential out; nothing is ever taken away.
package struct AddEvidence: Sendable {
    package static let documentsMax = 50
    let market: Market

    package init(market: Market) { self.market = market }

    /// Idempotent by the hash.
    ///
    /// - Parameter actor: the worker, or an operator for them.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``EvidenceRefusal``.
    package func callAsFunction(
        _ evidence: Evidence, to credential: Credential.ID, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            let transaction = change.transaction
            guard let worker = try await transaction.holder(of: credential) else { throw NotFound("credential") }
            try await change.authorizeSelf(worker, orOperator: actor)
            guard try await transaction.lockWorkerForChange(worker) != nil,
                let state = try await transaction.credentialState(credential)
            else { throw NotFound("credential") }
            switch state {
            case .submitted, .inCheck, .verified: break
            case .refused, .revoked: throw EvidenceRefusal.credentialClosed
            }
            let known = try await transaction.evidence(of: credential)
            guard !known.contains(where: { $0.hash == evidence.hash }) else { return }
            guard known.count < Self.documentsMax else { throw EvidenceRefusal.tooMany }
            try await transaction.insertEvidence(evidence, of: credential, by: actor)
            try await change.record(
                "evidence_added", by: actor, on: "credential", credential.uuid, in: .worker(worker),
                facts: ["hash": .string(evidence.hash.hexadecimal)]
            )
        }
    }
}
