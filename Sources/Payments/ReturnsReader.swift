internal import Formats

/// Reads a CSV file of payments that came back: `end_to_end_id`, `amount`, `currency`, `reason`, and, if it is there,
/// `information`; columns in any order, others are passed over.
struct ReturnsReader {
    static let columns = ["end_to_end_id", "amount", "currency", "reason"]

    private let table: CSVReader
    private let isReadable: Bool
    private var ids = SeenIDs()

    init(_ reader: ByteReader, _ report: inout PaymentFileReport) throws {
        var limits = CSVLimits()
        (limits.fieldBytesMax, limits.recordBytesMax, limits.fieldsMax) = (4 << 10, 64 << 10, 100)
        table = try CSVReader(reader, limits: limits)
        for column in Self.columns where table.header.column(column) == nil {
            report.fault("missing_column", line: 1, "there is no column \(column)")
        }
        isReadable = report.isValid
    }

    mutating func next(_ report: inout PaymentFileReport) throws -> PaymentRecord? {
        guard isReadable else { return nil }
        while let row = try table.next() {
            switch row {
            case .fault(let fault): report.fault("malformed", line: fault.line, fault.reason)
            case .record(let fields):
                report.count("transactions")
                guard let returned = Self.payment(fields, &report) else { continue }
                if !ids.insert(returned.endToEndID) {
                    report.fault("duplicate_id", line: fields.line, "the id \(returned.endToEndID) is there twice")
                }
                report.add(returned.amount.minorUnits, returned.amount.currency, isCredit: true, line: fields.line)
                return .returned(returned)
            }
        }
        return nil
    }

    private static func payment(_ fields: CSVRecord, _ report: inout PaymentFileReport) -> ReturnedPayment? {
        let id = fields["end_to_end_id"] ?? ""
        let reason = fields["reason"] ?? ""
        guard (1...35).contains(id.unicodeScalars.count) else {
            report.fault("end_to_end_id", line: fields.line, "the end-to-end id must have 1 to 35 characters")
            return nil
        }
        guard let currency = CurrencyCode(fields["currency"] ?? "") else {
            report.fault("currency", line: fields.line, "the currency is none of ISO 4217")
            return nil
        }
        guard let minor = ExactDecimal(fields["amount"] ?? "")?.minorUnits(of: currency), minor > 0 else {
            report.fault("amount", line: fields.line, "the amount is no positive amount of \(currency)")
            return nil
        }
        guard (1...35).contains(reason.unicodeScalars.count) else {
            report.fault("reason", line: fields.line, "the reason must have 1 to 35 characters, such as AC04")
            return nil
        }
        return ReturnedPayment(
            line: fields.line, endToEndID: id, amount: Amount(minor, currency), reason: reason,
            information: fields["information"] ?? "")
    }
}
