package import Formats
package import Tax

/// Payments of a CSV file, for what-if: what would be withheld of them?
///
/// Shape: a header row; names of columns in any order and case, `docs/FILES.md` lists them. Columns that are not known
/// are passed over.
package struct PaymentFile: Sendable {
    /// The bounds on one file.
    package enum Bounds {
        package static let rowsMax = 500_000
        /// Unpacked.
        package static let bytesMax = 512 << 20
        /// Of the name of a payee or an item.
        package static let nameBytesMax = 200
        /// Faults that are kept; all are counted.
        package static let faultsMax = 1_000
    }

    /// One row.
    package struct Payment: Hashable, Sendable {
        /// From 1.
        package let line: Int
        package let payee: String
        /// What it is paid for, where payments for one thing are counted together.
        package let item: String?
        package let currency: Currency
        package let payment: TaxPayment
    }

    /// In the file's order.
    package private(set) var payments: [Payment] = []
    /// Rows that are none, by line.
    package private(set) var faults = PaymentFaults()

    /// Reads the whole file.
    ///
    /// - Parameters:
    ///   - choice: what is taken of payees where the file says nothing.
    ///   - currency: of the rule set, for files without the column.
    /// - Throws: ``TableFault`` where the header or the file as a whole is wrong, and ``FormatError``.
    package init(_ reader: ByteReader, choice: TaxRuleChoice, currency: String?) throws {
        var limits = CSVLimits()
        limits.fieldBytesMax = 64 << 10
        limits.recordBytesMax = 1 << 20
        limits.fieldsMax = 1_000
        let rows = try CSVReader(reader, limits: limits)
        let row = try PaymentRow(header: rows.header.names, choice: choice, currency: currency)
        while let next = try rows.next() {
            guard payments.count + faults.count < Bounds.rowsMax else {
                let line = if case .record(let record) = next { record.line } else { 0 }
                throw TableFault(line: line, reason: "there are more than \(Bounds.rowsMax) rows")
            }
            switch next {
            case .fault(let fault): faults.add(PaymentFault(line: fault.line ?? 0, reason: fault.reason))
            case .record(let record):
                do throws(PaymentFault) {
                    payments.append(try row.read(record))
                } catch {
                    faults.add(error)
                }
            }
        }
    }
}

/// Why a row is not quoted.
package struct PaymentFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// From 1.
    package let line: Int
    /// A clause in lower case, without a full stop.
    package let reason: String
    /// Whose row it is, where that can be read.
    var payee: String?
    /// `nil` where the day cannot be read.
    var day: TaxDay?

    /// `line 7: amount is empty`
    package var description: String { "line \(line): \(reason)" }
}

/// Rows that are not quoted: the first of them, and how many there are.
package struct PaymentFaults: Sendable {
    package private(set) var kept: [PaymentFault] = []
    package private(set) var count = 0

    mutating func add(_ fault: PaymentFault) {
        count += 1
        if kept.count < PaymentFile.Bounds.faultsMax { kept.append(fault) }
    }

    /// In the order of the file.
    mutating func sort() { kept.sort { $0.line < $1.line } }
}
