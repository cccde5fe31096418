package import Formats
internal import Foundation

/// Where a worker is paid. Kept sealed; it does not show itself in texts.
package struct PayoutMethod: Hashable, Sendable {
    /// An IBAN, or the number of an account at ``bank``: capitals and digits without spaces.
    package let account: String
    /// BIC, routing or sort code; `nil` only with an IBAN.
    package let bank: String?
    /// The account's holder, as the bank knows them.
    package let holder: String
    /// Of the bank, ISO 3166-1 alpha-2.
    package let country: String
    package let currency: Currency

    /// - Parameter account: without a bank it must be an IBAN of the country.
    /// - Throws: ``BadInput``, which does not repeat the account.
    package init(
        account: String, bank: String? = nil, holder: String, country: String, currency: String
    ) throws(BadInput) {
        let account = Self.compact(account)
        self.bank = bank.map(Self.compact)
        guard (4...34).contains(account.utf8.count), Self.isPlain(account) else {
            throw BadInput("account", "must be 4 to 34 letters and digits")
        }
        if let bank = self.bank {
            guard (3...20).contains(bank.utf8.count), Self.isPlain(bank) else {
                throw BadInput("bank", "must be a BIC, routing or sort code of 3 to 20 letters and digits")
            }
        } else {
            guard account.hasPrefix(country), Self.isIBAN(account) else {
                throw BadInput("account", "is no IBAN of that country; for another account, give the bank's code too")
            }
        }
        self.account = account
        self.holder = try PlainText.line(holder, field: "holder")
        guard Country.isKnown(country) else { throw BadInput("country", "is no country of ISO 3166-1, such as DE") }
        self.country = country
        guard let currency = Currency(currency) else { throw BadInput("currency", "must be an ISO 4217 code") }
        self.currency = currency
    }

    private static func compact(_ text: String) -> String {
        text.utf8.count <= 100 ? text.uppercased().filter { !" -.\u{a0}".contains($0) } : ""
    }

    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) }
    }

    /// Source: ISO 13616-1: country, two check digits, 11 to 30 characters; modulo 97 it is 1, the first four moved
    /// last.
    private static func isIBAN(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard (15...34).contains(bytes.count), bytes[..<2].allSatisfy({ (0x41...0x5a).contains($0) }),
            bytes[2..<4].allSatisfy({ (0x30...0x39).contains($0) })
        else { return false }
        let remainder = (bytes[4...] + bytes[..<4]).reduce(0) { rest, byte in
            byte < 0x41 ? (rest * 10 + Int(byte) - 0x30) % 97 : (rest * 100 + Int(byte) - 0x37) % 97
        }
        return remainder == 1
    }
}

extension PayoutMethod {
    /// As it is sealed and as it is handed out.
    package var json: JSON {
        [
            "account": .string(account), "bank": bank.map(JSON.string) ?? .null, "holder": .string(holder),
            "country": .string(country), "currency": .string(currency.code),
        ]
    }

    init(_ json: JSON) throws(BadInput) {
        try self.init(
            account: json["account"]?.stringValue ?? "", bank: json["bank"]?.stringValue,
            holder: json["holder"]?.stringValue ?? "", country: json["country"]?.stringValue ?? "",
            currency: json["currency"]?.stringValue ?? ""
        )
    }
}

extension PayoutMethod: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "***" }
    package var debugDescription: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
