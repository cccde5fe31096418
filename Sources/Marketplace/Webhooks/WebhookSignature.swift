internal import Crypto
internal import Formats
internal import Foundation

/// How messages to endpoints are signed.
///
/// Source: Standard Webhooks, specification 1.0: HMAC-SHA256 over `id.timestamp.body`.
enum WebhookSignature {
    static func makeSecret() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    static func text(of secret: [UInt8]) -> String { "whsec_" + Data(secret).base64EncodedString() }

    /// The header `webhook-signature`: one signature by each secret, a space between them.
    static func header(id: String, timestamp: Int64, body: [UInt8], secrets: [[UInt8]]) -> String {
        let signed = Array("\(id).\(timestamp).".utf8) + body
        return secrets.map { secret in
            let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: secret))
            return "v1," + Data(code).base64EncodedString()
        }.joined(separator: " ")
    }
}
