internal import Crypto
package import Foundation

/// What stands in a link that is sent to a person. It follows from the key ring and the ticket's id, so that it can be
/// put into a letter when the letter leaves, and is stored nowhere before.
package enum TicketSecret {
    /// Shape: `gt_` and 64 hexadecimal digits.
    package static func of(_ ticket: UUID, _ keys: KeyRing) -> String {
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: keys.steadyKey, info: Array("guildhall/sign_in_ticket".utf8), outputByteCount: 32)
        let code = HMAC<SHA256>.authenticationCode(for: Array(ticket.uuidString.lowercased().utf8), using: key)
        return "gt_" + code.hexadecimal
    }
}
