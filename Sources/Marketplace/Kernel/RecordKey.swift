internal import Crypto
internal import Foundation

/// What the platform signs records with: Ed25519 (RFC 8032).
package struct RecordKey: Sendable {
    private let key: Curve25519.Signing.PrivateKey

    static func generate() -> RecordKey { RecordKey(key: Curve25519.Signing.PrivateKey()) }

    private init(key: Curve25519.Signing.PrivateKey) { self.key = key }

    /// - Parameter text: 64 hexadecimal digits.
    init?(hexadecimal text: String) {
        guard let bytes = Digest(hexadecimal: text)?.bytes,
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
        else { return nil }
        self.key = key
    }

    /// Secret.
    var hexadecimal: String { key.rawRepresentation.hexadecimal }

    /// What others check signatures with.
    package var publicHexadecimal: String { key.publicKey.rawRepresentation.hexadecimal }

    /// In 128 hexadecimal digits.
    func signature(of bytes: [UInt8]) throws -> String { try key.signature(for: bytes).hexadecimal }

    static func isValid(_ signature: String, of bytes: [UInt8], by publicKey: String) -> Bool {
        guard let raw = Digest(hexadecimal: publicKey)?.bytes,
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: raw),
            signature.utf8.count == 128, let first = Digest(hexadecimal: String(signature.prefix(64))),
            let last = Digest(hexadecimal: String(signature.suffix(64)))
        else { return false }
        return key.isValidSignature(first.bytes + last.bytes, for: bytes)
    }
}

extension RecordKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "***" }
    package var debugDescription: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
