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
    /// As it was given; in a run `execution_on` is the day on which the bank shall pay, `source` what the account is
    /// called.
    package let json: JSON
    let party: Party
    let account: PaymentAccount
    let ach: ACHOrigination?
    let remittance: String
    /// Whether nobody is paid for whom no tax rules are in force; else they are paid gross.
    let asksTaxRules: Bool
    let executionOn: CalendarDate?
    /// See ``PayoutSource``; `nil` outside of runs.
    let source: String?
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
        source = json["source"]?.stringValue
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

    /// The same for payments on a day, from the account of that name.
    func paying(on day: CalendarDate, from source: String) throws(BadInput) -> PayoutPayer {
        var members = json.objectValue ?? [:]
        members["execution_on"] = .string("\(day)")
        members["source"] = .string(source)
        return try PayoutPayer(.object(members))
    }

    /// - Throws: ``BadInput`` when such a file cannot be written for this payer.
    func check(_ format: PaymentFileFormat, currency: Currency) throws(BadInput) {
        guard let order = trialOrder(of: 1, minor: 1, currency) else {
            throw BadInput("currency", "is not one that payment files know")
        }
        do {
            _ = try format.writer(for: order)
        } catch {
            throw BadInput("settings", error.reason)
        }
    }

    /// Of any message, for trying; `nil` in a currency that payment files do not know.
    fileprivate func trialOrder(of count: Int, minor: Int64, _ currency: Currency) -> PaymentOrder? {
        guard let code = CurrencyCode(currency.code), let day = CalendarDate(year: 2_026, month: 1, day: 1) else {
            return nil
        }
        return PaymentOrder(
            messageID: "CHECK", createdAt: "2026-01-01T00:00:00Z", executionDate: day, count: count,
            total: Amount(minor, code), payer: party, account: account, ach: ach)
    }
}

/// Tries whether payments can stand in a file, so that none is approved that would stop all others at the export.
struct PaymentTrial: Sendable {
    private let writer: any PaymentFileWriter
    private let currency: CurrencyCode
    private let remittance: String

    /// - Throws: ``PaymentFileRefusal`` when there is no such file.
    init(from source: PayoutSource) throws {
        let most: Int64 =
            switch source.format {
            // What twelve digits hold.
            case .nachaPPD, .nachaCCD: 999_999_999_999
            case .pain001v03, .pain001v09, .chineseCSV, .csv: .max
            }
        guard let order = source.payer.trialOrder(of: 1_000_000, minor: most, source.currency) else {
            throw PayoutRefusal.contentDiffers
        }
        var begun: any PaymentFileWriter
        do throws(PaymentRefusal) {
            begun = try source.format.writer(for: order)
        } catch {
            throw PaymentFileRefusal(error)
        }
        // So that the beginning is not copied for each payment.
        _ = begun.take()
        (writer, currency, remittance) = (begun, order.total.currency, source.payer.remittance)
    }

    /// Why not, a clause in lower case; `nil` when it can.
    func refusal(of amount: Money, to method: PayoutMethod, _ account: PaymentAccount) -> String? {
        var file = self.writer
        let payment = Payment(
            endToEndID: "CHECK", shortID: "CHECK", amount: Amount(amount.minorUnits, currency),
            payee: Party(name: method.holder), account: account, remittance: remittance)
        do throws(PaymentRefusal) {
            try file.append(payment)
            return nil
        } catch {
            return error.reason
        }
    }

    /// - Throws: ``PaymentFileRefusal`` when a file has no room for so many payments, or so much.
    static func check(_ total: Money, in count: Int, from source: PayoutSource) throws {
        guard let order = source.payer.trialOrder(of: count, minor: total.minorUnits, source.currency) else {
            throw PayoutRefusal.contentDiffers
        }
        do throws(PaymentRefusal) {
            _ = try source.format.writer(for: order)
        } catch {
            throw PaymentFileRefusal(error)
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
