/// Why an account, or the code of a bank, cannot be right. It never repeats the number.
package struct AccountFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stable, snake_case.
    package let code: String
    /// A clause in lower case, without a full stop.
    package let description: String

    init(_ code: String, _ reason: String) {
        self.code = code
        description = reason
    }
}

/// An international bank account number, checked: country, length and structure as registered, check digits modulo 97.
///
/// Source: ISO 13616-1; SWIFT IBAN registry, release 101. Countries that use IBANs without having registered them
/// (most of them in the CFA zones) are known by what their banks use.
package struct IBAN: Hashable, Sendable {
    /// Without spaces, in capitals.
    package let text: String

    /// ISO 3166-1 alpha-2; XK is Kosovo.
    package var country: String { String(text.prefix(2)) }

    /// - Parameter text: spaces are passed over, small letters are taken for capitals.
    package init(_ text: String) throws(AccountFault) {
        guard text.utf8.count <= 64 else { throw AccountFault("iban_length", "an IBAN has at most 34 characters") }
        let bytes = text.utf8.filter { $0 != 0x20 }.map { (0x61...0x7a).contains($0) ? $0 - 0x20 : $0 }
        guard bytes.count >= 5, bytes[..<2].allSatisfy(Self.isLetter), bytes[2..<4].allSatisfy(Self.isDigit),
            bytes.allSatisfy({ Self.isLetter($0) || Self.isDigit($0) })
        else {
            throw AccountFault("iban_form", "an IBAN begins with two letters and two digits; letters and digits follow")
        }
        let country = String(decoding: bytes[..<2], as: UTF8.self)
        guard let structure = Self.structures[country] else {
            throw AccountFault("iban_country", "\(country) has no IBANs")
        }
        let length = structure.reduce(4) { $0 + $1.count }
        guard bytes.count == length else {
            throw AccountFault(
                "iban_length", "an IBAN of \(country) has \(length) characters, this one has \(bytes.count)")
        }
        var start = 4
        for part in structure {
            guard bytes[start..<(start + part.count)].allSatisfy(part.takes) else {
                throw AccountFault(
                    "iban_form", "characters \(start + 1) to \(start + part.count) of an IBAN of \(country) are \(part)"
                )
            }
            start += part.count
        }
        guard Self.remainder(of: bytes[4...] + bytes[..<4]) == 1 else {
            throw AccountFault("iban_check_digits", "the check digits of the IBAN are wrong")
        }
        self.text = String(decoding: bytes, as: UTF8.self)
    }

    /// Letters count as 10 to 35; source: ISO 7064, MOD 97-10.
    private static func remainder(of bytes: ArraySlice<UInt8>) -> Int {
        bytes.reduce(0) { rest, byte in
            isDigit(byte) ? (rest * 10 + Int(byte) - 0x30) % 97 : (rest * 100 + Int(byte) - 0x37) % 97
        }
    }

    static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte) }
    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// So many characters of one class.
    private struct Part: CustomStringConvertible {
        let count: Int
        /// `n` digits, `a` capital letters, `c` either.
        let kind: UInt8

        func takes(_ byte: UInt8) -> Bool {
            switch kind {
            case UInt8(ascii: "n"): isDigit(byte)
            case UInt8(ascii: "a"): isLetter(byte)
            default: isDigit(byte) || isLetter(byte)
            }
        }

        var description: String {
            switch kind {
            case UInt8(ascii: "n"): "digits"
            case UInt8(ascii: "a"): "letters"
            default: "letters or digits"
            }
        }
    }

    private static let structures: [String: [Part]] = Dictionary(
        (registered + ", " + unregistered).split(separator: ", ").map { entry in
            var parts: [Part] = []
            var count = 0
            for byte in entry.utf8.dropFirst(3) {
                if isDigit(byte) {
                    count = count * 10 + Int(byte) - 0x30
                } else {
                    parts.append(Part(count: count, kind: byte))
                    count = 0
                }
            }
            return (String(entry.prefix(2)), parts)
        }, uniquingKeysWith: { first, _ in first }
    )

    /// Countries with the structure of what follows the check digits; parts of one class are put together.
    private static let registered = """
        AD 8n12c, AE 19n, AL 8n16c, AT 16n, AZ 4a20c, BA 16n, BE 12n, BG 4a6n8c, BH 4a14c, BI 23n, BR 23n1a1c, \
        BY 4c4n16c, CH 5n12c, CR 18n, CY 8n16c, CZ 20n, DE 18n, DJ 23n, DK 14n, DO 4c20n, EE 16n, EG 25n, ES 20n, \
        FI 14n, FK 2a12n, FO 14n, FR 10n11c2n, GB 4a14n, GE 2a16n, GI 4a15c, GL 14n, GR 7n16c, GT 24c, HN 4a20n, \
        HR 17n, HU 24n, IE 4a14n, IL 19n, IQ 4a15n, IS 22n, IT 1a10n12c, JO 4a4n18c, KW 4a22c, KZ 3n13c, \
        LB 4n20c, LC 4a24c, LI 5n12c, LT 16n, LU 3n13c, LV 4a13c, LY 21n, MC 10n11c2n, MD 20c, ME 18n, \
        MK 3n10c2n, MN 16n, MR 23n, MT 4a5n18c, MU 4a19n3a, NI 4a20n, NL 4a10n, NO 11n, OM 3n16c, PK 4a16c, \
        PL 24n, PS 4a21c, PT 21n, QA 4a21c, RO 4a16c, RS 18n, RU 14n15c, SA 2n18c, SC 4a20n3a, SD 14n, SE 20n, \
        SI 15n, SK 20n, SM 1a10n12c, SO 19n, ST 21n, SV 4a20n, TL 19n, TN 20n, TR 6n16c, UA 6n19c, VA 18n, \
        VG 4a16n, XK 16n, YE 4a4n18c
        """

    private static let unregistered = """
        AO 21n, BF 2c22n, BJ 2c22n, CF 23n, CG 23n, CI 2c22n, CM 23n, CV 21n, DZ 20n, GA 23n, GQ 23n, GW 2c19n, \
        IR 22n, KM 23n, MA 24n, MG 23n, ML 2c22n, MZ 21n, NE 2c22n, SN 2c22n, TD 23n, TG 2c22n
        """
}
