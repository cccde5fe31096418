/// Writes the payments of one order as a file, piece by piece, in constant memory. The same input gives the same bytes.
package protocol PaymentFileWriter: Sendable {
    /// - Throws: ``PaymentRefusal`` for a payment that cannot stand in such a file; nothing was written of it then.
    mutating func append(_ payment: Payment) throws(PaymentRefusal)
    /// Writes the end.
    ///
    /// - Throws: ``PaymentRefusal`` when count or sum are not what the order promised at the beginning.
    mutating func finish() throws(PaymentRefusal)
    /// Hands out what was written since the last call.
    mutating func take() -> [UInt8]
}

/// Why a payment or an order cannot be written.
package struct PaymentRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stable, snake_case.
    package let code: String
    /// Of the payment that is to blame, if one is.
    package let endToEndID: String?
    /// A clause in lower case, without a full stop; never an account's number.
    package let reason: String

    init(_ code: String, _ payment: Payment, _ reason: String) {
        self.code = code
        endToEndID = payment.endToEndID
        self.reason = reason
    }

    init(_ code: String, _ reason: String) {
        self.code = code
        endToEndID = nil
        self.reason = reason
    }

    package var description: String { endToEndID.map { "payment \($0): \(reason)" } ?? reason }
}

/// In which forms payments leave.
package enum PaymentFileFormat: String, CaseIterable, Hashable, Sendable {
    case pain001v03 = "pain.001.001.03"
    case pain001v09 = "pain.001.001.09"
    /// To people.
    case nachaPPD = "nacha-ppd"
    /// To companies.
    case nachaCCD = "nacha-ccd"
    case chineseCSV = "cn-csv"
    case csv

    /// What files of that form are called at their end.
    package var fileExtension: String {
        switch self {
        case .pain001v03, .pain001v09: "xml"
        case .nachaPPD, .nachaCCD: "ach"
        case .chineseCSV, .csv: "csv"
        }
    }

    /// A writer that has begun the file.
    ///
    /// - Throws: ``PaymentRefusal`` when the order cannot be written in that form.
    package func writer(for order: PaymentOrder) throws(PaymentRefusal) -> any PaymentFileWriter {
        switch self {
        case .pain001v03: try CreditTransferWriter(order, version: .v03)
        case .pain001v09: try CreditTransferWriter(order, version: .v09)
        case .nachaPPD: try ACHWriter(order, entryClass: .ppd)
        case .nachaCCD: try ACHWriter(order, entryClass: .ccd)
        case .chineseCSV: try ChinesePaymentTable(order)
        case .csv: try PaymentTable(order)
        }
    }
}

/// Counts what was written against what the order promised.
struct PaymentTally: Sendable {
    let order: PaymentOrder
    private(set) var count = 0
    private var sum: Int64 = 0

    init(_ order: PaymentOrder) throws(PaymentRefusal) {
        guard order.count > 0, order.total.minorUnits > 0 else {
            throw PaymentRefusal("empty", "there is nothing to pay")
        }
        guard (1...35).contains(order.messageID.utf8.count), PlainCharacters.isPlain(order.messageID) else {
            throw PaymentRefusal("message_id", "the message id must be 1 to 35 plain characters")
        }
        let shape = order.createdAt.utf8.map { (0x30...0x39).contains($0) ? UInt8(ascii: "0") : $0 }
        guard shape == Array("0000-00-00T00:00:00Z".utf8) else {
            throw PaymentRefusal("created_at", "the instant of creation must be yyyy-MM-ddTHH:mm:ssZ")
        }
        self.order = order
    }

    mutating func add(_ payment: Payment) throws(PaymentRefusal) {
        guard payment.amount.minorUnits > 0 else {
            throw PaymentRefusal("amount", payment, "the amount is not positive")
        }
        guard payment.amount.currency == order.total.currency else {
            throw PaymentRefusal("currency", payment, "the currency is not the file's")
        }
        guard (1...35).contains(payment.endToEndID.utf8.count), PlainCharacters.isPlain(payment.endToEndID) else {
            throw PaymentRefusal("end_to_end_id", payment, "the end-to-end id must be 1 to 35 plain characters")
        }
        let (next, overflow) = sum.addingReportingOverflow(payment.amount.minorUnits)
        guard !overflow, next <= order.total.minorUnits, count < order.count else {
            throw PaymentRefusal("totals_differ", payment, "there is more to pay than was promised")
        }
        sum = next
        count += 1
    }

    func finish() throws(PaymentRefusal) {
        guard count == order.count, sum == order.total.minorUnits else {
            let found = Amount(sum, order.total.currency)
            throw PaymentRefusal(
                "totals_differ",
                "\(count) payments of \(found) were written where \(order.count) of \(order.total) were promised")
        }
    }
}
