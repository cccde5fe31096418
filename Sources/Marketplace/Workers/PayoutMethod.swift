package import Formats
internal import Foundation
internal import Payments

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
    /// Of an account in the United States; every other one is a checking account.
    package let isSavings: Bool
    /// The holder's; `nil` where it was not said.
    package let address: PayeeAddress?

    /// An IBAN, a BIC, an ABA routing number or a Chinese bank card with a wrong check digit is not taken.
    ///
    /// - Parameter account: without a bank it must be an IBAN of the country.
    /// - Throws: ``BadInput``, which does not repeat the account.
    package init(
        account: String, bank: String? = nil, holder: String, country: String, currency: String,
        isSavings: Bool = false, address: PayeeAddress? = nil
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
            try Self.check(account, at: bank, in: country)
        } else {
            guard account.hasPrefix(country), (try? IBAN(account)) != nil else {
                throw BadInput("account", "is no IBAN of that country; for another account, give the bank's code too")
            }
        }
        self.account = account
        self.holder = try PlainText.line(holder, field: "holder")
        guard Country.isKnown(country) else { throw BadInput("country", "is no country of ISO 3166-1, such as DE") }
        self.country = country
        guard let currency = Currency(currency) else { throw BadInput("currency", "must be an ISO 4217 code") }
        self.currency = currency
        guard !isSavings || country == "US" else {
            throw BadInput("account_type", "savings is a kind of account in the United States only")
        }
        self.isSavings = isSavings
        self.address = address
    }

    /// What can be checked of an account that is named with its bank.
    private static func check(_ account: String, at bank: String, in country: String) throws(BadInput) {
        do {
            switch country {
            case "US":
                _ = try RoutingNumber(bank)
            case "CN":
                let isDigits = account.utf8.allSatisfy { (0x30...0x39).contains($0) }
                // Of cards the last digit can be checked; of other accounts each bank has its own rule.
                if isDigits, (16...19).contains(account.utf8.count), account.hasPrefix("62") {
                    _ = try BankCard(account)
                }
            default:
                let isBIC = [8, 11].contains(bank.utf8.count) && bank.utf8.prefix(4).allSatisfy { $0 >= 0x41 }
                if isBIC { _ = try BIC(bank) }
            }
        } catch {
            throw BadInput(error.code.hasPrefix("card") ? "account" : "bank", error.description)
        }
        if account.hasPrefix(country), account.utf8.dropFirst(2).prefix(2).allSatisfy({ (0x30...0x39).contains($0) }),
            account.utf8.count >= 15
        {
            do {
                _ = try IBAN(account)
            } catch {
                // An account of a country without IBANs may look like one.
                if error.code != "iban_country" { throw BadInput("account", error.description) }
            }
        }
    }

    private static func compact(_ text: String) -> String {
        text.utf8.count <= 100 ? text.uppercased().filter { !" -.\u{a0}".contains($0) } : ""
    }

    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) }
    }
}

extension PayoutMethod {
    /// As it is sealed and as it is handed out.
    package var json: JSON {
        var members: [String: JSON] = [
            "account": .string(account), "bank": bank.map(JSON.string) ?? .null, "holder": .string(holder),
            "country": .string(country), "currency": .string(currency.code),
        ]
        if isSavings { members["account_type"] = "savings" }
        if let address { members["address"] = address.json }
        return .object(members)
    }

    /// One that was sealed: what is checked on entry today was perhaps not checked then.
    init(_ json: JSON) throws(BadInput) {
        guard let currency = Currency(json["currency"]?.stringValue ?? "") else {
            throw BadInput("currency", "must be an ISO 4217 code")
        }
        account = json["account"]?.stringValue ?? ""
        bank = json["bank"]?.stringValue
        holder = json["holder"]?.stringValue ?? ""
        country = json["country"]?.stringValue ?? ""
        self.currency = currency
        isSavings = json["account_type"]?.stringValue == "savings"
        address = try PayeeAddress.given(json["address"])
    }
}

extension PayoutMethod: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "***" }
    package var debugDescription: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
