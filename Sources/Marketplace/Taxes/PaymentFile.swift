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
    /// Of all of them, also of those that are not kept.
    private(set) var refused = RefusedPayments()

    mutating func add(_ fault: PaymentFault) {
        count += 1
        refused.add(fault)
        if kept.count < PaymentFile.Bounds.faultsMax { kept.append(fault) }
    }

    /// In the order of the file.
    mutating func sort() { kept.sort { $0.line < $1.line } }
}

/// The first row of each payee's year that was refused: what is counted from it would be wrong.
struct RefusedPayments: Sendable {
    private struct Key: Hashable {
        let payee: String
        /// `nil`: in any year.
        let year: Int?
    }

    private struct Place {
        let line: Int
        let day: TaxDay?

        func comesBefore(_ other: Place) -> Bool {
            guard let day, let otherDay = other.day, day != otherDay else { return line <= other.line }
            return day < otherDay
        }
    }

    private var first: [Key: Place] = [:]

    mutating func add(_ fault: PaymentFault) {
        guard let payee = fault.payee else { return }
        let key = Key(payee: payee, year: fault.day?.year)
        let place = Place(line: fault.line, day: fault.day)
        if let known = first[key], known.comesBefore(place) { return }
        first[key] = place
    }

    /// The line from which a payment counts, and which was refused.
    func line(before payment: PaymentFile.Payment) -> Int? {
        let day = payment.payment.day
        for year in [day.year, nil] {
            guard let place = first[Key(payee: payment.payee, year: year)], place.line != payment.line else { continue }
            if let from = place.day, (from, place.line) > (day, payment.line) { continue }
            return place.line
        }
        return nil
    }
}
