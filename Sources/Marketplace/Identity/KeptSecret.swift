internal import Crypto
internal import Foundation
internal import Store

/// What a short secret is for: the values of the PostgreSQL enum `secret_kind`, in its order.
package enum SecretKind: String, Sendable, CaseIterable, SQLEnum {
    case totp, webhook, oidc

    fileprivate func owner(_ id: UUID) -> KeyOwner {
        KeyOwner(place: "kept_secret/\(rawValue)/\(id.uuidString.lowercased())")
    }
}

extension Change {
    /// Wraps a short secret that the platform must read again, in place of one that its owner had.
    ///
    /// - Parameter secret: 10 to 1,024 bytes.
    /// - Throws: ``VaultRefusal``.
    func keepSecret(_ secret: [UInt8], _ kind: SecretKind, of owner: UUID) async throws {
        guard let keys else { throw VaultRefusal.keysMissing }
        guard try await transaction.holdWrappingKey(keys.current.name) else {
            throw VaultRefusal.keyRetired(name: keys.current.name)
        }
        let wrapped = try Envelope.wrap(SymmetricKey(data: secret), of: kind.owner(owner), with: keys.current)
        try await transaction.upsertSecret(Bytes(wrapped), kind, of: owner, by: keys.current.name)
    }

    /// Wraps up to `limit` short secrets anew by the newest key of the ring, which the caller holds.
    func rewrapSecrets(with keys: KeyRing, limit: Int) async throws -> Int {
        let rows = try await transaction.lockSecretsToRewrap(to: keys.current.name, limit: limit)
        for row in rows {
            let (kind, id): (SecretKind, UUID) = (try row["kind"], try row["owner_id"])
            let old: Bytes = try row["wrapped"]
            let key = try Envelope.unwrap(old.bytes, of: kind.owner(id), by: try row["wrapping_key"], in: keys)
            let anew = try Envelope.wrap(key, of: kind.owner(id), with: keys.current)
            try await transaction.upsertSecret(Bytes(anew), kind, of: id, by: keys.current.name)
        }
        return rows.count
    }
}

extension Transaction {
    /// A short secret, unwrapped; `nil` where its owner has none.
    ///
    /// - Throws: ``VaultRefusal``.
    func keptSecret(_ kind: SecretKind, of owner: UUID, _ keys: KeyRing?) async throws -> [UInt8]? {
        guard let row = try await wrappedSecret(kind, of: owner) else { return nil }
        guard let keys else { throw VaultRefusal.keysMissing }
        let wrapped: Bytes = try row["wrapped"]
        let key = try Envelope.unwrap(wrapped.bytes, of: kind.owner(owner), by: try row["wrapping_key"], in: keys)
        return key.withUnsafeBytes { Array($0) }
    }
}
