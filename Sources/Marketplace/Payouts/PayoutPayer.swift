package import Formats
internal import Foundation
internal import Payments

/// Who pays, from which account: what a payment file says of the platform.
///
/// Shape in JSON: `name`, `country`, optionally `street`, `building_number`, `post_code`, `town`; the account as `iban`
/// with an optional `bic`, or as `account` with a `bic`; for NACHA an object `ach` of `destination`,
/// `destination_name`, `origin`, `origin_name`, `company_id`, `entry_description` and `originating_bank`; what the
/// payee reads as `remittance`; `asks_tax_rules`, true where nobody is paid without; and what may be kept of a payment
/// for clawbacks: `clawback_limit_bps`, ten-thousandths of it (2500), and `clawback_floor_minor`, what is paid at least
/// (1).
package struct PayoutPayer: Hashable, Sendable {
    /// As it was given; `execution_on` is the day on which the bank shall pay.
    package let json: JSON
    let party: Party
    let account: PaymentAccount
    let ach: ACHOrigination?
    let remittance: String
    /// Whether nobody is paid for whom no tax rules are in force; else they are paid gross.
    let asksTaxRules: Bool
    let executionOn: CalendarDate?
    package let netting: NettingPolicy

    /// - Throws: ``BadInput``.
    package init(_ json: JSON) throws(BadInput) {
        func text(_ name: String, of object: JSON, lengthMax: Int = 140) throws(BadInput) -> String? {
            guard let value = object[name]?.stringValue else { return nil }
            return try PlainText.line(value, field: name, lengthMax: lengthMax)
        }
        func needed(_ name: String, of object: JSON, lengthMax: Int = 140) throws(BadInput) -> String {
            guard let value = try text(name, of: object, lengthMax: lengthMax) else {
                throw BadInput(name, "is missing")
            }
            return value
        }
        self.json = json
        let name = try needed("name", of: json)
        let country = try needed("country", of: json, lengthMax: 2)
        guard Country.isKnown(country) else { throw BadInput("country", "is no country of ISO 3166-1, such as DE") }
        var address: PostalAddress?
        if let town = try text("town", of: json, lengthMax: 35) {
            address = PostalAddress(
                street: try text("street", of: json, lengthMax: 70),
                buildingNumber: try text("building_number", of: json, lengthMax: 16),
                postCode: try text("post_code", of: json, lengthMax: 16), town: town, country: country)
        }
        party = Party(name: name, address: address)
        remittance = try text("remittance", of: json) ?? "Payout"
        asksTaxRules = json["asks_tax_rules"]?.boolValue ?? false
        netting = NettingPolicy(
            limitBasisPoints: json["clawback_limit_bps"]?.integerValue ?? NettingPolicy.usual.limitBasisPoints,
            floorMinor: json["clawback_floor_minor"]?.integerValue ?? NettingPolicy.usual.floorMinor)
        guard (0...10_000).contains(netting.limitBasisPoints) else {
            throw BadInput("clawback_limit_bps", "must be 0 to 10000")
        }
        guard netting.floorMinor > 0 else { throw BadInput("clawback_floor_minor", "must be above zero") }
        executionOn = json["execution_on"]?.stringValue.flatMap { CalendarDate(iso: $0) }
        do {
            let bic = try json["bic"]?.stringValue.map { try BIC($0) }
            if let number = json["iban"]?.stringValue {
                account = .iban(try IBAN(number), bic)
            } else if let bic {
                account = .other(try needed("account", of: json, lengthMax: 34), bic)
            } else {
                account = .chinese(json["account"]?.stringValue ?? "", bank: "", bankCode: nil)
            }
            if let object = json["ach"], object.objectValue != nil {
                ach = ACHOrigination(
                    destination: try RoutingNumber(try needed("destination", of: object)),
                    destinationName: try needed("destination_name", of: object, lengthMax: 23),
                    origin: try needed("origin", of: object, lengthMax: 10),
                    originName: try needed("origin_name", of: object, lengthMax: 23),
                    companyID: try needed("company_id", of: object, lengthMax: 10),
                    entryDescription: try needed("entry_description", of: object, lengthMax: 10),
                    originatingBank: try RoutingNumber(try needed("originating_bank", of: object)))
            } else {
                ach = nil
            }
        } catch let fault as AccountFault {
            throw BadInput(fault.code, fault.description)
        } catch let fault as BadInput {
            throw fault
        } catch {
            throw BadInput("settings", "\(error)")
        }
    }

    /// The same for payments on a day.
    func paying(on day: CalendarDate) throws(BadInput) -> PayoutPayer {
        var members = json.objectValue ?? [:]
        members["execution_on"] = .string("\(day)")
        return try PayoutPayer(.object(members))
    }

    /// - Throws: ``BadInput`` when such a file cannot be written for this payer.
    func check(_ format: PaymentFileFormat, currency: Currency) throws(BadInput) {
        guard let code = CurrencyCode(currency.code), let day = CalendarDate(year: 2_026, month: 1, day: 1) else {
            throw BadInput("currency", "is not one that payment files know")
        }
        let order = PaymentOrder(
            messageID: "CHECK", createdAt: "2026-01-01T00:00:00Z", executionDate: day, count: 1,
            total: Amount(1, code), payer: party, account: account, ach: ach)
        do {
            _ = try format.writer(for: order)
        } catch {
            throw BadInput("settings", error.reason)
        }
    }
}

extension PayoutMethod {
    /// The account as payment files of that form pay to it; `nil` where they cannot.
    func account(for format: PaymentFileFormat) -> PaymentAccount? {
        switch format {
        case .pain001v03, .pain001v09:
            return currency.code == "EUR" ? iban : iban ?? other
        case .nachaPPD, .nachaCCD:
            guard country == "US", let bank, let routing = try? RoutingNumber(bank), account.utf8.count <= 17 else {
                return nil
            }
            return .american(routing, account, isSavings: isSavings)
        case .chineseCSV:
            guard country == "CN", (8...32).contains(account.utf8.count), account.allSatisfy(\.isNumber) else {
                return nil
            }
            let isCNAPS = bank?.utf8.count == 12 && bank?.allSatisfy(\.isNumber) == true
            return .chinese(account, bank: isCNAPS ? "" : bank ?? "", bankCode: isCNAPS ? bank : nil)
        case .csv:
            return iban ?? self.account(for: .nachaPPD) ?? self.account(for: .chineseCSV) ?? other
        }
    }

    /// Whom payment files name as the payee.
    var party: Party { Party(name: holder, address: address?.postal) }

    private var bic: BIC? { bank.flatMap { try? BIC($0) } }

    private var iban: PaymentAccount? { (try? IBAN(account)).map { .iban($0, bic) } }

    private var other: PaymentAccount? { bic.map { .other(account, $0) } }
}
