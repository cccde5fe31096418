internal import Crypto
internal import Formats
internal import Foundation

/// Why something sealed cannot be written or read.
package enum VaultRefusal: Refusal {
    /// The program runs without keys.
    case keysMissing
    /// The key that wraps the data key is not in the ring.
    case keyUnknown(name: String)
    /// The ring's current key was retired; another ring has taken its place.
    case keyRetired(name: String)
    /// What is stored was not sealed for this place under this key, or was altered.
    case unreadable

    package var code: String {
        switch self {
        case .keysMissing: "keys_missing"
        case .keyUnknown: "key_unknown"
        case .keyRetired: "key_retired"
        case .unreadable: "sealed_unreadable"
        }
    }

    package var message: String {
        switch self {
        case .keysMissing: "This needs the key file, and the program runs without one."
        case .keyUnknown(let name): "The key '\(name)' is not in the key file. Use the newest key file."
        case .keyRetired(let name): "The key '\(name)' is retired. Use the newest key file."
        case .unreadable: "What is stored cannot be opened with these keys: it was altered, or the keys are others."
        }
    }
}

/// Whose a data key is: a worker's or an agency's, for their secrets, a requester's, for content of one function, an
/// auction's, for its bids; or a short secret itself, which is wrapped as a data key is.
struct KeyOwner: Hashable, Sendable {
    let place: String

    static func worker(_ id: Worker.ID) -> KeyOwner { KeyOwner(place: "worker_key/\(id)") }

    /// - Parameter function: a value of the PostgreSQL enum `work_function`.
    static func requester(_ id: Requester.ID, function: String) -> KeyOwner {
        KeyOwner(place: "requester_key/\(id)/\(function)")
    }

    static func auction(_ id: UUID, of requester: Requester.ID) -> KeyOwner {
        KeyOwner(place: "auction_key/\(requester)/\(id.uuidString.lowercased())")
    }
}

/// AES-256-GCM (NIST SP 800-38D) with random nonces, bound to an owner or a place: what was sealed for one cannot be
/// opened for another.
enum Envelope {
    static func wrap(_ dataKey: SymmetricKey, of owner: KeyOwner, with key: KeyRing.WrappingKey) throws -> [UInt8] {
        try seal(dataKey.withUnsafeBytes { Array($0) }, under: key.key, binding(owner.place, key.name))
    }

    static func unwrap(
        _ wrapped: [UInt8], of owner: KeyOwner, by name: String, in ring: KeyRing
    ) throws(VaultRefusal) -> SymmetricKey {
        guard let key = ring.wrappingKey(named: name) else { throw .keyUnknown(name: name) }
        return SymmetricKey(data: try open(wrapped, under: key, binding(owner.place, name)))
    }

    /// Seals a value for a place: the table and whatever else tells its row from all others, `/` between them.
    static func seal(_ value: JSON, for place: String, under key: SymmetricKey) throws -> [UInt8] {
        try seal(value.canonicalBytes(), under: key, binding(place, "1"))
    }

    static func open(
        _ sealed: [UInt8], for place: String, under key: SymmetricKey
    ) throws(VaultRefusal) -> JSON {
        let bytes = try open(sealed, under: key, binding(place, "1"))
        guard let json = try? JSON.parse(bytes, limits: .stored) else { throw .unreadable }
        return json
    }

    /// The same for bytes, whose number shows.
    static func seal(bytes: [UInt8], for place: String, under key: SymmetricKey) throws -> [UInt8] {
        try seal(bytes, under: key, binding(place, "1"))
    }

    static func open(bytes: [UInt8], for place: String, under key: SymmetricKey) throws(VaultRefusal) -> [UInt8] {
        try open(bytes, under: key, binding(place, "1"))
    }

    private static func binding(_ place: String, _ version: String) -> [UInt8] {
        Array("guildhall/\(place)/\(version)".utf8)
    }

    /// Nonce, ciphertext and tag.
    private static func seal(_ bytes: [UInt8], under key: SymmetricKey, _ binding: [UInt8]) throws -> [UInt8] {
        let box = try AES.GCM.seal(bytes, using: key, authenticating: binding)
        return Array(box.nonce) + Array(box.ciphertext) + Array(box.tag)
    }

    private static func open(
        _ sealed: [UInt8], under key: SymmetricKey, _ binding: [UInt8]
    ) throws(VaultRefusal) -> [UInt8] {
        guard let box = try? AES.GCM.SealedBox(combined: sealed),
            let bytes = try? AES.GCM.open(box, using: key, authenticating: binding)
        else { throw .unreadable }
        return Array(bytes)
    }
}
