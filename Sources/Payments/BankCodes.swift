/// A business identifier code (SWIFT code) of a bank, checked in its form.
///
/// Source: ISO 9362:2022: four letters or digits, a country, two letters or digits, and optionally three more.
package struct BIC: Hashable, Sendable {
    /// 8 or 11 capital letters and digits.
    package let text: String

    /// ISO 3166-1 alpha-2.
    package var country: String { String(text.dropFirst(4).prefix(2)) }

    package init(_ text: String) throws(AccountFault) {
        let bytes = Array(text.utf8)
        guard bytes.count == 8 || bytes.count == 11 else {
            throw AccountFault("bic_length", "a BIC has 8 or 11 characters, this one has \(bytes.count)")
        }
        guard bytes.allSatisfy({ IBAN.isLetter($0) || IBAN.isDigit($0) }), bytes[4..<6].allSatisfy(IBAN.isLetter) else {
            throw AccountFault("bic_form", "a BIC is of capital letters and digits, its fifth and sixth a country")
        }
        self.text = text
    }
}

/// The routing number of a bank in the United States, checked.
///
/// Source: ABA Routing Number Policy: nine digits; 3, 7 and 1 times the digits add up to a multiple of 10. The first
/// two are 00 to 12 (Federal Reserve), 21 to 32 (thrifts), 61 to 72 (electronic) or 80 (traveller's cheques).
package struct RoutingNumber: Hashable, Sendable {
    /// Nine digits.
    package let text: String

    package init(_ text: String) throws(AccountFault) {
        let bytes = Array(text.utf8)
        guard bytes.count == 9, bytes.allSatisfy(IBAN.isDigit) else {
            throw AccountFault("routing_number_form", "an ABA routing number has nine digits")
        }
        let weights = [3, 7, 1, 3, 7, 1, 3, 7, 1]
        let sum = zip(bytes, weights).reduce(0) { $0 + (Int($1.0) - 0x30) * $1.1 }
        guard sum % 10 == 0, bytes.contains(where: { $0 != 0x30 }) else {
            throw AccountFault("routing_number_check_digit", "the check digit of the ABA routing number is wrong")
        }
        let district = Int(bytes[0] - 0x30) * 10 + Int(bytes[1] - 0x30)
        guard
            (0...12).contains(district) || (21...32).contains(district) || (61...72).contains(district)
                || district == 80
        else { throw AccountFault("routing_number_district", "no ABA routing number begins like this") }
        self.text = text
    }

    /// The number without its check digit, as batches and trace numbers have it.
    package var identification: String { String(text.prefix(8)) }
}

/// The number of a Chinese bank card, checked.
///
/// Source: GB/T 14504, ISO/IEC 7812-1: 16 to 19 digits (13 to 15 of a few old cards), the last by the Luhn formula.
package struct BankCard: Hashable, Sendable {
    /// Digits only.
    package let text: String

    /// - Parameter text: spaces are passed over.
    package init(_ text: String) throws(AccountFault) {
        guard text.utf8.count <= 40 else { throw AccountFault("card_form", "a bank card has 13 to 19 digits") }
        let bytes = text.utf8.filter { $0 != 0x20 }
        guard (13...19).contains(bytes.count), bytes.allSatisfy(IBAN.isDigit) else {
            throw AccountFault("card_form", "a bank card has 13 to 19 digits")
        }
        let sum = bytes.reversed().enumerated().reduce(0) { sum, next in
            let digit = Int(next.element) - 0x30
            guard next.offset % 2 == 1 else { return sum + digit }
            return sum + (digit > 4 ? 2 * digit - 9 : 2 * digit)
        }
        guard sum % 10 == 0, bytes.contains(where: { $0 != 0x30 }) else {
            throw AccountFault("card_check_digit", "the check digit of the bank card is wrong")
        }
        self.text = String(decoding: bytes, as: UTF8.self)
    }
}
