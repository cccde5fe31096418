internal import Crypto
package import Foundation

/// One-time passwords by time: six digits, a new one every 30 seconds, HMAC-SHA-1.
///
/// Source: RFC 6238 with the parameters that authenticator programs take for granted; RFC 4226 for the digits.
package enum TOTP {
    /// Bytes; RFC 4226, section 4, asks for the length of the hash.
    static let secretBytes = 20
    private static let stepSeconds: TimeInterval = 30

    /// The number of the step that an instant is in.
    package static func step(at instant: Date) -> Int64 {
        Int64(exactly: (min(max(instant.timeIntervalSince1970, 0), 1e11) / stepSeconds).rounded(.down)) ?? 0
    }

    /// The six digits of a step.
    package static func code(of secret: [UInt8], step: Int64) -> String {
        let counter = withUnsafeBytes(of: step.bigEndian) { Array($0) }
        let mac = Array(
            HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: SymmetricKey(data: secret)))
        let offset = Int(mac[mac.count - 1] & 15)
        let number = mac[offset..<(offset + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
        let digits = String(number % 1_000_000)
        return String(repeating: "0", count: 6 - digits.utf8.count) + digits
    }

    /// The step that a code is of, if it is one of the present, the one before or the one after.
    static func step(of code: String, by secret: [UInt8], at instant: Date) -> Int64? {
        let now = step(at: instant)
        // All are tried, whichever fits.
        return [now - 1, now, now + 1].filter { isEqual(self.code(of: secret, step: $0), code) }.first
    }

    /// What an authenticator reads: `otpauth://totp/Guildhall:NAME?secret=…&issuer=Guildhall`.
    static func address(of secret: [UInt8], name: String) -> String {
        let label = name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return "otpauth://totp/Guildhall:\(label)?secret=\(base32(secret))&issuer=Guildhall"
    }

    /// RFC 4648, section 6, without padding.
    static func base32(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var (text, buffer, bits) = ("", UInt32(0), 0)
        for byte in bytes {
            (buffer, bits) = (buffer << 8 | UInt32(byte), bits + 8)
            while bits >= 5 {
                bits -= 5
                text.append(digits[Int(buffer >> UInt32(bits) & 31)])
            }
            buffer &= 0xff
        }
        if bits > 0 { text.append(digits[Int(buffer << UInt32(5 - bits) & 31)]) }
        return text
    }

    /// Takes as long whatever differs.
    private static func isEqual(_ one: String, _ other: String) -> Bool {
        guard one.utf8.count == other.utf8.count else { return false }
        return zip(one.utf8, other.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
