internal import Crypto
internal import Formats

/// The tables of sealed secrets.
package enum SealedTable: String, Sendable, CaseIterable {
    case payoutMethod = "payout_method"
    case taxProfile = "tax_profile"
}

extension KeyOwner {
    static func team(_ id: Team.ID) -> KeyOwner { KeyOwner(place: "team_key/\(id)") }
}

extension Envelope {
    /// Seals a secret of a worker for a table.
    static func seal(
        _ secret: JSON, of worker: Worker.ID, in table: SealedTable, under key: SymmetricKey
    ) throws -> [UInt8] {
        try seal(secret, for: "\(table.rawValue)/\(worker)", under: key)
    }

    static func open(
        _ sealed: [UInt8], of worker: Worker.ID, in table: SealedTable, under key: SymmetricKey
    ) throws(VaultRefusal) -> JSON {
        try open(sealed, for: "\(table.rawValue)/\(worker)", under: key)
    }
}
