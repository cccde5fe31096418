import Formats
import Foundation
import Testing

@testable import Payments

/// A deterministic source of randomness (SplitMix64).
struct Randomness: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// The bytes with one to six places changed, doubled or cut out.
    mutating func mutated(_ original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...6, using: &self) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &self)
            let run = place..<min(place + Int.random(in: 1...60, using: &self), bytes.count)
            switch Int.random(in: 0..<5, using: &self) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &self)
            case 1: bytes.insert("<>&;/!\"'\n\0-9 ".utf8.randomElement(using: &self) ?? 0, at: place)
            case 2: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 3: bytes.insert(contentsOf: bytes[run], at: place)
            default: bytes.removeSubrange(run)
            }
        }
        return bytes
    }
}

/// Payments and orders for tests, and what is read of the files that they make.
enum Sample {
    static func currency(_ code: String) throws -> CurrencyCode { try #require(CurrencyCode(code)) }

    static func amount(_ minor: Int64, _ code: String) throws -> Amount { Amount(minor, try currency(code)) }

    /// An account in the form that files of that format pay to.
    static func account(_ format: PaymentFileFormat, _ number: Int) throws -> PaymentAccount {
        switch format {
        case .pain001v03, .pain001v09, .csv:
            return .iban(
                try iban("DE", "50010517" + padded(number, 10)), number % 2 == 0 ? try BIC("INGDDEFFXXX") : nil)
        case .nachaPPD, .nachaCCD:
            return .american(try RoutingNumber("231380104"), "90\(number)", isSavings: number % 3 == 0)
        case .chineseCSV:
            return .chinese("6222020200112230\(number)", bank: "中国工商银行北京分行", bankCode: "102100099996")
        }
    }

    static func currencyCode(_ format: PaymentFileFormat) -> String {
        switch format {
        case .pain001v03, .pain001v09, .csv: "EUR"
        case .nachaPPD, .nachaCCD: "USD"
        case .chineseCSV: "CNY"
        }
    }

    static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// The IBAN of a country and its bank's part, with the check digits found by trying.
    static func iban(_ country: String, _ rest: String) throws -> IBAN {
        for digits in 2...98 {
            if let found = try? IBAN(country + padded(digits, 2) + rest) { return found }
        }
        throw AccountFault("iban", "no check digits fit")
    }

    static let names = ["Zoë Müller-Łukasz", "Jean-Luc d'Été & Fils", "=SUM(A1)", "Ångström Øre", "李雷 (Li Lei)"]

    static func payments(_ format: PaymentFileFormat, count: Int) throws -> [Payment] {
        try (1...count).map { number in
            Payment(
                endToEndID: "GH\(padded(number, 20))", shortID: "S\(padded(number, 9))",
                amount: try amount(Int64(number) * 1_234 + 1, currencyCode(format)),
                payee: Party(
                    name: names[number % names.count],
                    address: PostalAddress(
                        street: "Rue de l'Église", buildingNumber: "\(number)", postCode: "75001", town: "Paris",
                        country: "FR")),
                account: try account(format, number), remittance: "Payout of week 48 / no. \(number)")
        }
    }

    static let ach = {
        (try? RoutingNumber("031300012")).map {
            ACHOrigination(
                destination: $0, destinationName: "Federal Reserve Bank", origin: "1231380104",
                originName: "My Bank Name", companyID: "1231380104", entryDescription: "PAYOUT",
                originatingBank: $0)
        }
    }()

    static func order(_ format: PaymentFileFormat, _ payments: [Payment]) throws -> PaymentOrder {
        PaymentOrder(
            messageID: "GHRUN-0001", createdAt: "2026-11-27T10:15:30Z",
            executionDate: try #require(CalendarDate(iso: "2026-12-01")), count: payments.count,
            total: try amount(payments.reduce(0) { $0 + $1.amount.minorUnits }, currencyCode(format)),
            payer: Party(
                name: "Guildhall GmbH",
                address: PostalAddress(
                    street: "Hauptstraße", buildingNumber: "1", postCode: "10115", town: "Berlin", country: "DE")),
            account: .iban(try IBAN("DE89 3704 0044 0532 0130 00"), try BIC("COBADEFFXXX")), ach: ach)
    }

    static func written(_ format: PaymentFileFormat, _ payments: [Payment]) throws -> [UInt8] {
        var writer = try format.writer(for: try order(format, payments))
        var bytes = writer.take()
        for payment in payments {
            try writer.append(payment)
            bytes += writer.take()
        }
        try writer.finish()
        return bytes + writer.take()
    }

    static func report(_ bytes: [UInt8]) throws -> PaymentFileReport {
        try PaymentFileReader.read(bytes: bytes, name: "test")
    }

    static func report(_ text: String) throws -> PaymentFileReport { try report(Array(text.utf8)) }

    static func records(_ bytes: [UInt8]) throws -> [PaymentRecord] {
        var records: [PaymentRecord] = []
        let report = try PaymentFileReader.read(bytes: bytes, name: "test") { records.append($0) }
        #expect(report.isValid, "\(report.faults)")
        return records
    }

    /// A file of the folder Golden.
    static func golden(_ name: String) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name)")
    }

    static func text(_ name: String) throws -> String { try String(contentsOf: golden(name), encoding: .utf8) }
}
