package import Formats

/// One thing that a payment file says, as it is read.
package enum PaymentRecord: Hashable, Sendable {
    case instruction(PaymentInstruction)
    case status(PaymentStatus)
    case entry(BankEntry)
    /// After its entries.
    case statement(BankStatement)
    case ach(ACHEntry)
    case returned(ReturnedPayment)
}

/// A payment of a pain.001.
package struct PaymentInstruction: Hashable, Sendable {
    package let endToEndID: String
    package let amount: Amount?
    package let payeeName: String
    /// An IBAN, or another number.
    package let account: String
    package let bank: String?
    package let remittance: String
}

/// What became of a message, of a payment information in it, or of a payment, by a pain.002.
package struct PaymentStatus: Hashable, Sendable {
    package enum Level: String, Hashable, Sendable {
        case message, paymentInformation, payment
    }
    package let level: Level
    package let originalMessageID: String
    package let endToEndID: String?
    /// `ACCP`, `ACSC`, `RJCT`, …; `nil` where only a reason is given.
    package let status: String?
    /// `AC04`, …; of a rejection without one of its own, that of the payment information or the message around it; of
    /// one in or around a repetition, the repetition's.
    package let reason: String?
    package let information: String
    /// Whether the reason is that of what is around it, and perhaps of another payment.
    package var isInherited = false

    /// Whether the bank refuses it as it had the same before; that says nothing of what became of the first.
    package var isRepetition: Bool {
        status == "RJCT" && reason.map(Self.repetitions.contains) ?? false
    }

    /// Source: ISO 20022 external code sets, status reason: duplication, and duplicate message, payment information,
    /// transaction, end-to-end id, instruction id.
    package static let repetitions: Set = ["AM05", "DUPL", "DU01", "DU02", "DU03", "DU04", "DU05"]
}

/// A payment that a bank has booked, by a camt.053 or .054: of an entry the details of one payment, or the whole entry,
/// or, after its payments and without any id, what it is beside them.
package struct BankEntry: Hashable, Sendable {
    package let statementID: String
    /// IBAN, or another number.
    package let account: String
    /// The bank's reference, or its number of the entry after its statement's id; empty where there is neither.
    package let reference: String
    package let endToEndID: String?
    package let instructionID: String?
    package let messageID: String?
    /// `nil` where the details say nothing of it and there are several.
    package let amount: Amount?
    package let isCredit: Bool
    /// `BOOK`, `PDNG`, `INFO`, `FUTR`.
    package let status: String
    /// As written: a day, or an instant.
    package let bookedOn: String?
    /// Why it came back: `AC04`, ….
    package let returnReason: String?
    package let information: String
    /// From 1, within its statement.
    package let entryNumber: Int
    /// From 1, within its entry.
    package let detailNumber: Int
    /// Of the last without an amount of an entry; `nil` for all others.
    package let remainder: EntryRemainder?
}

/// What is left of an entry for its payments that have no amounts of their own.
package struct EntryRemainder: Hashable, Sendable {
    package let payments: Int
    /// What they come to; `nil` where nobody can tell.
    package let amount: Amount?
}

/// An entry of a NACHA file, with what its addenda say of a return or a correction.
package struct ACHEntry: Hashable, Sendable {
    package let batchNumber: Int
    package let entryClass: String
    package let traceNumber: String
    /// Without spaces at its ends.
    package let individualID: String
    package let name: String
    package let amount: Amount
    package let isCredit: Bool
    /// `R01`, …; `nil` when it was not returned.
    package let returnReason: String?
    /// `C01`, …
    package let changeCode: String?
    /// Of the entry that was returned or must be corrected.
    package let originalTrace: String?
    package let information: String
}

/// A payment that came back, by a table of returns.
package struct ReturnedPayment: Hashable, Sendable {
    package let line: Int
    package let endToEndID: String
    package let amount: Amount
    package let reason: String
    package let information: String
}

/// What a statement says of its account's balance.
package struct BankStatement: Hashable, Sendable {
    package let id: String
    package let account: String
    package let currency: CurrencyCode
    /// Of the closing balance.
    package let closedOn: CalendarDate?
    package let openingMinor: Int64
    package let closingMinor: Int64
    /// The sum of the booked entries; closing less opening, unless an entry is missing.
    package let bookedMinor: Int64
}
