/// Writes a NACHA file of credits: to people (PPD) or to companies (CCD).
///
/// Lines of 94 characters, each ended by LF, in blocks of ten; ASCII. Each payment is an entry with one addenda record
/// (05) that carries its end-to-end id; the individual id is the payment's short id, which returns give back, and so is
/// the trace number, which counts from 1 through the file. A batch ends before its sum would need a thirteenth digit.
/// Source: Nacha Operating Rules, appendix three.
package struct ACHWriter: PaymentFileWriter {
    package enum EntryClass: String, Sendable {
        case ppd = "PPD"
        case ccd = "CCD"
    }

    private static let batchEntriesMax = 250_000

    private let entryClass: EntryClass
    private let order: PaymentOrder
    private let ach: ACHOrigination
    private var tally: PaymentTally
    private var bytes: [UInt8] = []
    private var lines = 0
    private var batches = 0
    private var batch = ACHTotals()
    private var file = ACHTotals()

    package init(_ order: PaymentOrder, entryClass: EntryClass) throws(PaymentRefusal) {
        self.order = order
        self.entryClass = entryClass
        tally = try PaymentTally(order)
        guard let ach = order.ach else {
            throw PaymentRefusal("ach_origination", "a NACHA file needs what the bank says of its originator")
        }
        guard order.total.currency.description == "USD" else {
            throw PaymentRefusal("currency", "NACHA files are in USD")
        }
        guard order.total.minorUnits <= ACHTotals.sumMax, order.count <= 9_999_999 else {
            throw PaymentRefusal("totals", "a NACHA file has room for 9,999,999 entries and 9,999,999,999.99 USD")
        }
        self.ach = ach
        try beginFile()
        try beginBatch()
    }

    private mutating func beginFile() throws(PaymentRefusal) {
        // Instants are yyyy-MM-ddTHH:mm:ssZ, as the tally has seen to.
        let digits = String(order.createdAt.filter(\.isNumber))
        let record = ACHRecord()
            .text("101", 3).text(" " + ach.destination.text, 10)
            .text(ach.origin.utf8.count == 9 ? " " + ach.origin : ach.origin, 10)
            .text(String(digits.dropFirst(2).prefix(6)), 6).text(String(digits.dropFirst(8).prefix(4)), 4)
            .text("A094101", 7).plain(ach.destinationName, 23).plain(ach.originName, 23).text("", 8)
        try write(record)
    }

    private mutating func beginBatch() throws(PaymentRefusal) {
        batches += 1
        batch = ACHTotals()
        let date = "\(order.executionDate)".filter(\.isNumber).dropFirst(2)
        let record = ACHRecord()
            .text("5220", 4).plain(order.payer.name, 16).text("", 20).text(ach.companyID, 10)
            .text(entryClass.rawValue, 3).plain(ach.entryDescription, 10).text("", 6).text(String(date), 6)
            .text("   1", 4).text(ach.originatingBank.identification, 8).number(batches, 7)
        try write(record)
    }

    private mutating func endBatch() throws(PaymentRefusal) {
        let record = ACHRecord()
            .text("8220", 4).number(batch.records, 6).number(batch.hash, 10).number(0, 12).number(batch.credit, 12)
            .text(ach.companyID, 10).text("", 25).text(ach.originatingBank.identification, 8).number(batches, 7)
        try write(record)
        file.add(batch)
    }

    package mutating func append(_ payment: Payment) throws(PaymentRefusal) {
        guard case .american(let routing, let number, let isSavings) = payment.account else {
            throw PaymentRefusal("account", payment, "NACHA pays to accounts in the United States")
        }
        guard (1...17).contains(number.utf8.count), number.utf8.allSatisfy(Self.isAccountCharacter) else {
            throw PaymentRefusal("account", payment, "an account has 1 to 17 letters, digits and hyphens")
        }
        guard (1...15).contains(payment.shortID.utf8.count), PlainCharacters.isPlain(payment.shortID) else {
            throw PaymentRefusal("short_id", payment, "the short id must be 1 to 15 plain characters")
        }
        guard PlainCharacters.text(payment.payee.name, lengthMax: 22) != nil else {
            throw PaymentRefusal("payee_name", payment, "the payee's name cannot be written in ASCII: give it in Latin")
        }
        guard payment.amount.minorUnits <= 9_999_999_999 else {
            throw PaymentRefusal("amount", payment, "an entry has room for 99,999,999.99 USD")
        }
        try tally.add(payment)
        if batch.entries >= Self.batchEntriesMax || batch.credit + payment.amount.minorUnits > ACHTotals.sumMax {
            try endBatch()
            try beginBatch()
        }
        let sequence = file.entries + batch.entries + 1
        try write(
            ACHRecord()
                .text(isSavings ? "632" : "622", 3).text(routing.text, 9).text(number, 17)
                .number(payment.amount.minorUnits, 10).text(payment.shortID, 15).plain(payment.payee.name, 22)
                .text("", 2).text("1", 1).text(ach.originatingBank.identification, 8).number(sequence, 7))
        let remittance = PlainCharacters.text(payment.remittance, lengthMax: 80) ?? ""
        try write(
            ACHRecord()
                .text("705", 3).plain("\(payment.endToEndID) \(remittance)", 80).number(1, 4).number(sequence, 7))
        batch.addEntry(
            bank: Int64(routing.identification) ?? 0, credit: payment.amount.minorUnits, addenda: 1)
    }

    package mutating func finish() throws(PaymentRefusal) {
        try tally.finish()
        try endBatch()
        let blocks = (lines + 1 + 9) / 10
        try write(
            ACHRecord()
                .text("9", 1).number(batches, 6).number(blocks, 6).number(file.records, 8).number(file.hash, 10)
                .number(0, 12).number(file.credit, 12).text("", 39))
        while lines % 10 != 0 {
            bytes += [UInt8](repeating: UInt8(ascii: "9"), count: 94) + [0x0a]
            lines += 1
        }
    }

    package mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    private mutating func write(_ record: ACHRecord) throws(PaymentRefusal) {
        guard record.isWhole, record.bytes.count == 94 else {
            throw PaymentRefusal("too_long", "a number or a name of the originator does not fit its field")
        }
        bytes += record.bytes + [0x0a]
        lines += 1
    }

    private static func isAccountCharacter(_ byte: UInt8) -> Bool {
        IBAN.isDigit(byte) || IBAN.isLetter(byte) || byte == UInt8(ascii: "-")
    }
}

/// The sums of a batch or a file.
struct ACHTotals: Hashable, Sendable {
    /// The most that twelve digits hold, in cents.
    static let sumMax: Int64 = 999_999_999_999

    var entries = 0
    /// Entries and addenda.
    var records = 0
    /// The sum of the banks' numbers without check digits, its last ten digits.
    private(set) var hash: Int64 = 0
    var debit: Int64 = 0
    var credit: Int64 = 0

    mutating func addEntry(bank: Int64, debit: Int64 = 0, credit: Int64 = 0, addenda: Int = 0) {
        entries += 1
        records += 1 + addenda
        addToHash(bank)
        // A file of two GiB could overflow the sums with nonsense; it would then not match what it declares.
        self.debit &+= debit
        self.credit &+= credit
    }

    mutating func add(_ other: ACHTotals) {
        entries += other.entries
        records += other.records
        addToHash(other.hash)
        debit &+= other.debit
        credit &+= other.credit
    }

    private mutating func addToHash(_ number: Int64) { hash = (hash + number) % 10_000_000_000 }
}

/// A record that is being put together, field by field.
private struct ACHRecord {
    private(set) var bytes: [UInt8] = []
    /// No number was longer than its field.
    private(set) var isWhole = true

    /// Left-justified, filled with spaces; too long or not ASCII makes the record broken.
    func text(_ text: String, _ width: Int) -> ACHRecord {
        var record = self
        let bytes = Array(text.utf8)
        if bytes.count > width || !bytes.allSatisfy({ (0x20...0x7e).contains($0) }) { record.isWhole = false }
        record.bytes += bytes.prefix(width) + [UInt8](repeating: 0x20, count: max(0, width - bytes.count))
        return record
    }

    /// The same for words that may be cut off and put into plain characters.
    func plain(_ text: String, _ width: Int) -> ACHRecord {
        self.text(PlainCharacters.text(text, lengthMax: width) ?? "", width)
    }

    /// Right-justified, filled with zeros.
    func number(_ number: some BinaryInteger, _ width: Int) -> ACHRecord {
        var record = self
        let digits = Array(String(number).utf8)
        if digits.count > width { record.isWhole = false }
        record.bytes += [UInt8](repeating: 0x30, count: max(0, width - digits.count)) + digits
        return record
    }
}
