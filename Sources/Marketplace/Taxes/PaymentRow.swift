internal import Formats
internal import Tax

/// A column of a file of payments.
enum PaymentColumn: String, CaseIterable {
    case payee, date, amount, currency, exempt, relief, item, form, tin
    case amountMinor = "amount_minor"
    case otherDeductions = "other_deductions"
    case formSignedOn = "form_signed_on"
    case placeOfPerformance = "place_of_performance"
    case treatyBps = "treaty_bps"

    /// What else it may be called.
    var synonyms: [String] {
        switch self {
        case .payee: ["payee_id", "payee_key", "worker", "worker_id", "worker_key", "recipient", "contributor"]
        case .date: ["paid_on", "payment_date", "pay_date", "day", "paid_at"]
        case .amount: ["gross", "gross_amount", "income"]
        case .amountMinor: ["gross_minor"]
        case .currency: ["currency_code"]
        case .exempt: ["exempt_income"]
        case .otherDeductions: ["other_deduction"]
        case .relief: ["tax_relief"]
        case .item: ["project"]
        case .form: ["tax_form"]
        case .tin: ["has_tin", "taxpayer_number"]
        case .formSignedOn: ["signed_on", "form_date"]
        case .placeOfPerformance: ["place", "work_country", "performed_in"]
        case .treatyBps: ["treaty_rate_bps"]
        }
    }
}

/// Reads rows of one file of payments.
struct PaymentRow {
    private let places: [PaymentColumn: Int]
    private let standing: TaxStanding
    private let currency: String?

    /// - Throws: ``TableFault`` when a column is missing, or there twice.
    init(header: [String], choice: TaxRuleChoice, currency: String?) throws(TableFault) {
        var places: [PaymentColumn: Int] = [:]
        for (place, name) in header.enumerated() {
            let plain = Self.plain(name)
            let found = PaymentColumn.allCases.first { $0.rawValue == plain || $0.synonyms.contains(plain) }
            guard let found else { continue }
            guard places.updateValue(place, forKey: found) == nil else {
                throw TableFault(line: 1, reason: "the header has the column '\(found.rawValue)' twice")
            }
        }
        for column in [PaymentColumn.payee, .date] where places[column] == nil {
            throw TableFault(line: 1, reason: "the header has no column '\(column.rawValue)'")
        }
        guard (places[.amount] == nil) != (places[.amountMinor] == nil) else {
            let reason = places[.amount] == nil ? "no column 'amount'" : "both 'amount' and 'amount_minor'"
            throw TableFault(line: 1, reason: "the header has \(reason)")
        }
        guard places[.currency] != nil || currency != nil else {
            throw TableFault(line: 1, reason: "the header has no column 'currency', and the rules have none")
        }
        (self.places, self.currency, standing) = (places, currency, choice.standing)
    }

    /// Names of columns are the same in capitals, with spaces or hyphens for underlines, and with spaces around.
    private static func plain(_ name: String) -> String {
        let trimmed = trimmed(name)
        return String(trimmed.lowercased().map { $0 == " " || $0 == "-" ? "_" : $0 })
    }

    private static func trimmed(_ text: String) -> String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        return String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }

    func read(_ record: CSVRecord) throws(PaymentFault) -> PaymentFile.Payment {
        let payee = cell(.payee, record)
        var fault = PaymentFault(line: record.line, reason: "")
        func refused(_ reason: String) -> PaymentFault {
            PaymentFault(line: record.line, reason: reason, payee: fault.payee, day: fault.day)
        }
        guard let payee, payee.utf8.count <= PaymentFile.Bounds.nameBytesMax else {
            throw refused("payee must have 1 to \(PaymentFile.Bounds.nameBytesMax) bytes")
        }
        fault.payee = payee
        guard let day = cell(.date, record).flatMap({ TaxDay(iso: $0) }) else {
            throw refused("date must be a day from 2000 to 2100, as 2026-01-31")
        }
        fault.day = day
        let code = cell(.currency, record)?.uppercased() ?? currency
        guard let code, let currency = Currency(code) else {
            throw refused("currency must be a code of ISO 4217, such as USD")
        }
        let item = cell(.item, record)
        guard item.map({ $0.utf8.count <= PaymentFile.Bounds.nameBytesMax }) ?? true else {
            throw refused("item must have at most \(PaymentFile.Bounds.nameBytesMax) bytes")
        }
        var payment = TaxPayment(day: day, gross: 0, currency: currency.code)
        let digits = currency.minorDigits
        do throws(Unreadable) {
            payment.gross =
                places[.amountMinor] != nil
                ? try amount(.amountMinor, record, digits: 0, isNeeded: true)
                : try amount(.amount, record, digits: digits, isNeeded: true)
            payment.exempt = try amount(.exempt, record, digits: digits)
            payment.otherDeductions = try amount(.otherDeductions, record, digits: digits)
            payment.relief = try amount(.relief, record, digits: digits)
            payment.standing = try standing(record)
        } catch {
            throw refused(error.reason)
        }
        return PaymentFile.Payment(line: record.line, payee: payee, item: item, currency: currency, payment: payment)
    }

    private struct Unreadable: Error {
        let reason: String
    }

    /// `nil` when the column is not there, or the cell is empty.
    private func cell(_ column: PaymentColumn, _ record: CSVRecord) -> String? {
        guard let place = places[column] else { return nil }
        let text = Self.trimmed(record.fields[place])
        return text.isEmpty ? nil : text
    }

    private func amount(
        _ column: PaymentColumn, _ record: CSVRecord, digits: Int, isNeeded: Bool = false
    ) throws(Unreadable) -> Int64 {
        guard let text = cell(column, record) else {
            if isNeeded { throw Unreadable(reason: "\(column.rawValue) is empty") }
            return 0
        }
        guard let minor = MinorUnits.read(text, digits: digits) else {
            let shape = digits == 0 ? "a whole number" : "a number such as 1234.5 with at most \(digits) decimals"
            throw Unreadable(reason: "\(column.rawValue) must be \(shape), 0 to 10^15 minor units")
        }
        return minor
    }

    private func standing(_ record: CSVRecord) throws(Unreadable) -> TaxStanding {
        var standing = self.standing
        let form = cell(.form, record)?.lowercased().filter { $0 != "-" && $0 != " " }
        switch form {
        case nil: break
        case "none": standing.form = nil
        case .some(let name):
            guard let known = TaxStanding.Form(rawValue: name) else {
                throw Unreadable(reason: "form must be w9, w8ben or none")
            }
            standing.form = known
            standing.hasTaxpayerNumber = true
        }
        if places[.tin] != nil {
            let isOnFile = cell(.tin, record).map { !["no", "false", "0", "none", "n"].contains($0.lowercased()) }
            standing.hasTaxpayerNumber = isOnFile ?? false
            // Somebody who gave their number and no form has said what W-9 asks for.
            if standing.hasTaxpayerNumber, form == nil, standing.form == nil { standing.form = .w9 }
        }
        if let text = cell(.formSignedOn, record) {
            guard let day = TaxDay(iso: text) else { throw Unreadable(reason: "form_signed_on must be a day") }
            standing.formSignedOn = day
        }
        if let place = cell(.placeOfPerformance, record)?.uppercased() {
            let code = place == "USA" ? "US" : place
            guard code.utf8.count == 2, code.utf8.allSatisfy({ (0x41...0x5a).contains($0) }) else {
                throw Unreadable(reason: "place_of_performance must be a country of ISO 3166-1, such as DE")
            }
            standing.placeOfPerformance = code
        }
        if let text = cell(.treatyBps, record) {
            guard let bps = MinorUnits.read(text, digits: 0), bps <= 10_000 else {
                throw Unreadable(reason: "treaty_bps must be 0 to 10000")
            }
            standing.treatyBps = Int(bps)
        }
        return standing
    }
}

/// Amounts as people write them.
enum MinorUnits {
    /// - Returns: `nil` unless it is digits, perhaps with a point and at most so many decimals, and at most 10^15.
    static func read(_ text: String, digits: Int) -> Int64? {
        guard text.utf8.count <= 40 else { return nil }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let whole = parts.first, parts.count <= 2, !whole.isEmpty else { return nil }
        var decimals = parts.count == 2 ? Array(parts[1]) : []
        guard parts.count == 1 || !decimals.isEmpty, decimals.count <= digits else { return nil }
        decimals += [UInt8](repeating: UInt8(ascii: "0"), count: digits - decimals.count)
        var value: Int64 = 0
        for byte in Array(whole) + decimals {
            guard (0x30...0x39).contains(byte), value <= Money.minorUnitsMax else { return nil }
            value = value * 10 + Int64(byte) - 0x30
        }
        return value <= Money.minorUnitsMax ? value : nil
    }
}
