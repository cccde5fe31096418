internal import Crypto
internal import CryptoExtras
internal import Formats
internal import Foundation

/// Why a provider's token is not believed. For the log; whoever signs in is told ``ProviderRefusal/notConfirmed``.
enum TokenFault: String, Error, CaseIterable {
    case malformed, algorithm, unknownKey, signature, issuer, audience, expired, notYet, nonce, subject
}

/// A public key of a provider, and what it signs by.
struct ProviderKey: Sendable {
    enum Material: Sendable {
        case rsa(_RSA.Signing.PublicKey)
        case p256(P256.Signing.PublicKey)
    }

    /// `nil` where the provider gives it none.
    let name: String?
    let material: Material

    /// Those of a JSON Web Key Set that sign by RS256 or ES256; others are left out.
    ///
    /// Source: RFC 7517, RFC 7518 section 6. RSA keys of 2048 to 8192 bits; 20 keys at most.
    static func keys(of set: JSON) -> [ProviderKey] {
        (set["keys"]?.arrayValue ?? []).prefix(20).compactMap { key in
            if let use = key["use"]?.stringValue, use != "sig" { return nil }
            let algorithm = key["alg"]?.stringValue
            let name = key["kid"]?.stringValue
            switch key["kty"]?.stringValue {
            case "RSA":
                guard algorithm == nil || algorithm == "RS256", let n = Base64URL.bytes(key["n"]?.stringValue),
                    let e = Base64URL.bytes(key["e"]?.stringValue), (256...1_025).contains(n.count), e.count <= 8,
                    let rsa = try? _RSA.Signing.PublicKey(n: Data(n), e: Data(e))
                else { return nil }
                return ProviderKey(name: name, material: .rsa(rsa))
            case "EC":
                guard algorithm == nil || algorithm == "ES256", key["crv"]?.stringValue == "P-256",
                    let x = Base64URL.bytes(key["x"]?.stringValue), let y = Base64URL.bytes(key["y"]?.stringValue),
                    let point = try? P256.Signing.PublicKey(rawRepresentation: x + y)
                else { return nil }
                return ProviderKey(name: name, material: .p256(point))
            case _: return nil
            }
        }
    }

    /// The algorithm follows from the key, never from the token alone.
    fileprivate func isValid(_ signature: [UInt8], of signed: [UInt8], by algorithm: String) -> Bool {
        switch material {
        case .rsa(let key):
            algorithm == "RS256"
                && key.isValidSignature(
                    _RSA.Signing.RSASignature(rawRepresentation: signature), for: SHA256.hash(data: signed),
                    padding: .insecurePKCS1v1_5)
        case .p256(let key):
            algorithm == "ES256"
                && (try? P256.Signing.ECDSASignature(rawRepresentation: signature))
                    .map { key.isValidSignature($0, for: signed) } ?? false
        }
    }
}

/// Who somebody is, by a provider's word.
///
/// Source: OpenID Connect Core 1.0, section 3.1.3.7; RFC 8725 for the pinned algorithms.
struct IDToken {
    /// Seconds by which clocks may differ.
    static let leeway: TimeInterval = 60
    let subject: String

    /// What a token must be of.
    struct Expectation {
        let issuer: String
        let audience: String
        let nonce: String
        let instant: Date
    }

    /// Whether none of the known keys has signed a token, so that the provider is to be asked for its keys again: it
    /// may have changed them, under new names, under the same, or without any.
    static func isSigned(_ token: String, byNoneOf keys: [ProviderKey]) -> Bool {
        guard let (header, _, signed, signature) = parts(of: token), let algorithm = header["alg"]?.stringValue else {
            return keys.isEmpty
        }
        let name = header["kid"]?.stringValue
        return !keys.contains { key in
            (name == nil || key.name == name) && key.isValid(signature, of: signed, by: algorithm)
        }
    }

    /// - Throws: ``TokenFault``.
    init(_ token: String, keys: [ProviderKey], expecting expected: Expectation) throws(TokenFault) {
        guard let (header, claims, signed, signature) = Self.parts(of: token), header["crit"] == nil else {
            throw .malformed
        }
        guard let algorithm = header["alg"]?.stringValue, ["RS256", "ES256"].contains(algorithm) else {
            throw .algorithm
        }
        // Some providers name no key: then any of them may have signed.
        let name = header["kid"]?.stringValue
        let candidates = name == nil ? keys : keys.filter { $0.name == name }
        guard !candidates.isEmpty else { throw .unknownKey }
        guard candidates.contains(where: { $0.isValid(signature, of: signed, by: algorithm) }) else { throw .signature }
        guard claims["iss"]?.stringValue == expected.issuer else { throw .issuer }
        let given = claims["aud"]?.arrayValue?.compactMap(\.stringValue) ?? [claims["aud"]?.stringValue ?? ""]
        guard given.contains(expected.audience),
            given.count == 1 || claims["azp"]?.stringValue == expected.audience
        else { throw .audience }
        let now = expected.instant.timeIntervalSince1970
        guard let end = Self.seconds(claims["exp"]), end + Self.leeway > now else { throw .expired }
        guard let issued = Self.seconds(claims["iat"]), issued - Self.leeway <= now else { throw .notYet }
        if let start = Self.seconds(claims["nbf"]), start - Self.leeway > now { throw .notYet }
        guard claims["nonce"]?.stringValue == expected.nonce else { throw .nonce }
        guard let subject = claims["sub"]?.stringValue, (1...255).contains(subject.unicodeScalars.count),
            !subject.contains("\0")
        else { throw .subject }
        self.subject = subject
    }

    private static func seconds(_ claim: JSON?) -> TimeInterval? {
        switch claim {
        case .integer(let seconds): TimeInterval(seconds)
        case .number(let lexeme): TimeInterval(lexeme)
        case .null, .bool, .string, .array, .object, nil: nil
        }
    }

    private static func parts(
        of token: String
    ) -> (header: JSON, claims: JSON, signed: [UInt8], signature: [UInt8])? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let limits = JSON.Limits(maxDepth: 8, maxBytes: 16 << 10)
        guard token.utf8.count <= 16 << 10, parts.count == 3, let head = Base64URL.bytes(parts[0]),
            let body = Base64URL.bytes(parts[1]), let signature = Base64URL.bytes(parts[2]),
            let header = try? JSON.parse(head, limits: limits), let claims = try? JSON.parse(body, limits: limits)
        else { return nil }
        return (header, claims, Array("\(parts[0]).\(parts[1])".utf8), signature)
    }
}

/// RFC 4648, section 5, without padding.
enum Base64URL {
    static func bytes(_ text: String?) -> [UInt8]? {
        guard let text, !text.contains(where: { "+/=".contains($0) }) else { return nil }
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)).map(
            Array.init)
    }

    static func text(_ bytes: some Sequence<UInt8>) -> String {
        Data(Array(bytes)).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }
}
