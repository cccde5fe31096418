internal import Crypto
internal import Formats
internal import Foundation
internal import Store

/// A keyed hash (HMAC-SHA256, RFC 2104) of something that only one person has, in the form that is compared.
enum IdentityMark {
    /// Of a name with the date of birth, where it is known, and with the mailbox.
    static func ofPerson(_ registration: Registration, _ keys: KeyRing) -> [Bytes] {
        ofPerson(name: registration.name, email: registration.email, bornOn: registration.bornOn, keys)
    }

    static func ofPerson(name: String, email: String, bornOn: CalendarDate?, _ keys: KeyRing) -> [Bytes] {
        let name = folded(name: name)
        var marks = [mark("mailbox", name, mailbox(email), keys: keys)]
        if let bornOn { marks.append(mark("birth", name, "\(bornOn)", keys: keys)) }
        return marks
    }

    /// Of the account that a worker is paid to. The holder's name is no part of it.
    static func ofAccount(_ method: PayoutMethod, _ keys: KeyRing) -> Bytes {
        mark("account", method.country, method.bank ?? "", method.account, keys: keys)
    }

    /// A name without what people write now so and now so: compatibility forms (NFKC), case, marks between words, the
    /// order of the words. Scripts written without spaces are compared character by character.
    static func folded(name: String) -> String {
        let plain = name.precomposedStringWithCompatibilityMapping.folding(options: .caseInsensitive, locale: nil)
        var words: [String] = []
        var word = ""
        for scalar in plain.unicodeScalars {
            let isSpaceless = isOfSpacelessScript(scalar)
            let isPart = scalar.properties.isAlphabetic || scalar.properties.numericType != nil || isMark(scalar)
            if isSpaceless || !(isPart || isApostrophe(scalar)), !word.isEmpty {
                words.append(word)
                word = ""
            }
            if isSpaceless { words.append(String(scalar)) } else if isPart { word.unicodeScalars.append(scalar) }
        }
        if !word.isEmpty { words.append(word) }
        return words.sorted().joined(separator: " ")
    }

    /// An address without the part after `+`, which the owner of a mailbox adds at will.
    static func mailbox(_ email: String) -> String {
        let parts = email.lowercased().split(separator: "@", maxSplits: 1)
        guard let local = parts.first, let domain = parts.dropFirst().first else { return email.lowercased() }
        return "\(local.prefix { $0 != "+" })@\(domain)"
    }

    private static func mark(_ words: String..., keys: KeyRing) -> Bytes {
        let text = words.joined(separator: "\u{1f}")
        return Bytes(Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: keys.markKey)))
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.canonicalCombiningClass != .notReordered
    }

    private static func isApostrophe(_ scalar: Unicode.Scalar) -> Bool {
        "'\u{2019}\u{2bc}\u{200c}\u{200d}".unicodeScalars.contains(scalar)
    }

    /// Han, Hiragana and Katakana, Hangul.
    private static func isOfSpacelessScript(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3005...0x3007, 0x3040...0x30ff, 0x3400...0x9fff, 0xac00...0xd7af, 0x20000...0x323af: true
        default: false
        }
    }
}
