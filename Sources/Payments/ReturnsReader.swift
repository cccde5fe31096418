internal import Formats

/// Reads a CSV file of payments that came back: `end_to_end_id`, `amount`, `currency`, `reason`, and, if it is there,
/// `information`; columns in any order, others are passed over.
struct ReturnsReader {
    static let columns = ["end_to_end_id", "amount", "currency", "reason"]

    static func read(
        _ reader: ByteReader, _ report: inout PaymentFileReport, record: (PaymentRecord) throws -> Void
    ) throws {
        var limits = CSVLimits()
        (limits.fieldBytesMax, limits.recordBytesMax, limits.fieldsMax) = (4 << 10, 64 << 10, 100)
        let table = try CSVReader(reader, limits: limits)
        for column in columns where table.header.column(column) == nil {
            report.fault("missing_column", line: 1, "there is no column \(column)")
        }
        guard report.isValid else { return }
        var ids: Set<String> = []
        while let row = try table.next() {
            switch row {
            case .fault(let fault): report.fault("malformed", line: fault.line, fault.reason)
            case .record(let fields):
                report.count("transactions")
                guard let returned = payment(fields, &report) else { continue }
                if !ids.insert(returned.endToEndID).inserted {
                    report.fault("duplicate_id", line: fields.line, "the id \(returned.endToEndID) is there twice")
                }
                report.add(returned.amount.minorUnits, returned.amount.currency, isCredit: true, line: fields.line)
                try record(.returned(returned))
            }
        }
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
