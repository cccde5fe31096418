internal import Formats

/// Reads a NACHA file record by record: structure, counts, sums, hashes, check digits, trace numbers, blocking.
///
/// All standard entry classes, returns and corrections, and the advices (ADV) with their wider fields. Source: Nacha
/// Operating Rules, appendix three.
struct ACHReader {
    private enum Place {
        case start, inFile, inBatch, finished
    }

    private var place = Place.start
    private var file = ACHTotals()
    private var batch: ACHBatchFields?
    private var batches = 0
    private var numbers: Set<Int> = []
    private var lines = 0
    private var blocks: Int?
    private var padding = 0
    private var entry: ACHEntryFields?
    private var source: ACHLines

    init(_ reader: ByteReader, _ report: inout PaymentFileReport) throws {
        report.version = "nacha"
        source = try ACHLines(reader)
    }

    mutating func next(_ report: inout PaymentFileReport) throws -> PaymentRecord? {
        while let line = try source.next(&report) {
            lines += 1
            let fields = ACHFields(bytes: line.bytes, line: line.number)
            if let found = take(fields, &report) { return found }
        }
        finish(&report)
        return nil
    }

    private func finish(_ report: inout PaymentFileReport) {
        switch place {
        case .start: report.fault("missing_record", line: nil, "there is no file header (1)")
        case .inFile, .inBatch:
            report.fault("missing_record", line: nil, "the file ends without its control record (9)")
        case .finished: break
        }
        if lines % 10 != 0 {
            report.fault("blocking", line: nil, "\(lines) records are no whole number of blocks of ten")
        }
        if let blocks, blocks != (lines + 9) / 10 {
            report.fault("block_count", line: nil, "\(blocks) blocks are declared, there are \((lines + 9) / 10)")
        }
    }

    /// - Returns: the entry that ends before this record.
    private mutating func take(_ fields: ACHFields, _ report: inout PaymentFileReport) -> PaymentRecord? {
        if place == .finished {
            if !fields.isPadding {
                report.fault("record_order", line: fields.line, "there are records behind the file's control record")
            }
            return nil
        }
        let closed = fields.type == UInt8(ascii: "7") ? nil : closeEntry(&report)
        switch (fields.type, place) {
        case (UInt8(ascii: "1"), .start): header(fields, &report)
        case (UInt8(ascii: "5"), .inFile): beginBatch(fields, &report)
        case (UInt8(ascii: "6"), .inBatch): beginEntry(fields, &report)
        case (UInt8(ascii: "7"), .inBatch): addenda(fields, &report)
        case (UInt8(ascii: "8"), .inBatch): endBatch(fields, &report)
        case (UInt8(ascii: "9"), .inFile): control(fields, &report)
        case (0x31, _), (0x35...0x39, _):
            report.fault(
                "record_order", line: fields.line,
                "a record of type \(Character(Unicode.Scalar(fields.type))) does not belong here")
            // What follows is read as if what is missing had been there.
            if fields.type == UInt8(ascii: "5") { beginBatch(fields, &report) }
            if fields.type == UInt8(ascii: "9") { control(fields, &report) }
            if place == .start { place = .inFile }
        default: report.fault("record_type", line: fields.line, "the record's type is none of 1, 5, 6, 7, 8, 9")
        }
        return closed
    }

    // MARK: File

    private mutating func header(_ fields: ACHFields, _ report: inout PaymentFileReport) {
        place = .inFile
        for (range, wanted, what) in [
            (2...3, "01", "priority code"), (35...37, "094", "record size"),
            (38...39, "10", "blocking factor"), (40...40, "1", "format code"),
        ] where fields.text(range) != wanted {
            report.fault("file_header", line: fields.line, "the \(what) must be \(wanted)")
        }
        let destination = fields.text(4...13)
        if destination.hasPrefix(" ") || destination.hasPrefix("0") {
            fields.check(routing: String(destination.dropFirst()), "immediate destination", &report)
        }
        let date = fields.text(24...29)
        let time = fields.text(30...33)
        report.messageID = "\(date)\(time == "    " ? "" : time)\(fields.text(34...34))"
        if let day = Self.day(date) {
            report.createdAt = "\(day)"
        } else {
            report.fault("date", line: fields.line, "the creation date is no day")
        }
        if let hour = Int(time.prefix(2)), let minute = Int(time.suffix(2)), !report.createdAt.isEmpty {
            if hour > 23 || minute > 59 { report.fault("date", line: fields.line, "the creation time is no time") }
            report.createdAt += "T\(time.prefix(2)):\(time.suffix(2))"
        }
        let modifier = fields.bytes[33]
        if !IBAN.isDigit(modifier), !IBAN.isLetter(modifier) {
            report.fault("file_header", line: fields.line, "the file id modifier must be a letter or a digit")
        }
    }

    /// `YYMMDD` of this century.
    private static func day(_ text: String) -> CalendarDate? {
        guard text.utf8.allSatisfy(IBAN.isDigit), let number = Int(text) else { return nil }
        return CalendarDate(year: 2_000 + number / 10_000, month: number / 100 % 100, day: number % 100)
    }

    private mutating func control(_ fields: ACHFields, _ report: inout PaymentFileReport) {
        place = .finished
        let isAdvice = report.counts["advice_batches"] ?? 0 > 0
        let width = isAdvice ? 20 : 12
        let debits = 32...(31 + width)
        let credits = (32 + width)...(31 + 2 * width)
        fields.compare(2...7, with: batches, "batch_count", "batches are declared", &report)
        blocks = fields.number(8...13, "block count", &report).map(Int.init)
        fields.compare(14...21, with: file.records, "entry_count", "entries and addenda are declared", &report)
        fields.compare(22...31, with: file.hash, "entry_hash", "is the declared hash of the file", &report)
        fields.compare(debits, with: file.debit, "debit_total", "cents of debits are declared", &report)
        fields.compare(credits, with: file.credit, "credit_total", "cents of credits are declared", &report)
    }

    // MARK: Batches

    private mutating func beginBatch(_ fields: ACHFields, _ report: inout PaymentFileReport) {
        if batch != nil { closeBatch(&report, "a batch ends without its control record") }
        place = .inBatch
        batches += 1
        report.count("batches")
        let found = ACHBatchFields(fields)
        batch = found
        if found.entryClass == "ADV" { report.count("advice_batches") }
        if !["200", "220", "225", "280"].contains(found.serviceClass) {
            report.fault("service_class", line: fields.line, "the service class must be 200, 220, 225 or 280")
        }
        if !found.entryClass.utf8.allSatisfy({ IBAN.isLetter($0) }) {
            report.fault("entry_class", line: fields.line, "the entry class must be three letters, such as PPD")
        }
        let effective = fields.text(70...75)
        if effective != "      ", effective != "000000", Self.day(effective) == nil {
            report.fault("date", line: fields.line, "the effective entry date is no day")
        }
        guard let number = fields.number(88...94, "batch number", &report) else { return }
        if !numbers.insert(Int(number)).inserted {
            report.warn("batch_number", line: fields.line, "batch number \(number) is there twice")
        }
    }

    private mutating func endBatch(_ fields: ACHFields, _ report: inout PaymentFileReport) {
        guard let batch else { return }
        place = .inFile
        let width = batch.isAdvice ? 20 : 12
        let debits = 21...(20 + width)
        let credits = (21 + width)...(20 + 2 * width)
        if fields.text(2...4) != batch.serviceClass {
            report.fault(
                "service_class", line: fields.line, "header and control of the batch differ in the service class")
        }
        fields.compare(5...10, with: batch.totals.records, "entry_count", "entries and addenda are declared", &report)
        fields.compare(11...20, with: batch.totals.hash, "entry_hash", "is the declared hash of the batch", &report)
        fields.compare(debits, with: batch.totals.debit, "debit_total", "cents of debits are declared", &report)
        fields.compare(credits, with: batch.totals.credit, "credit_total", "cents of credits are declared", &report)
        let company = fields.text(45...54)
        if !batch.isAdvice, batch.entryClass != "IAT", company != batch.company {
            report.fault("company", line: fields.line, "header and control of the batch differ in the company")
        }
        if fields.text(80...87) != batch.bank {
            report.fault("originating_bank", line: fields.line, "header and control of the batch differ in the bank")
        }
        if fields.text(88...94) != batch.number {
            report.fault("batch_number", line: fields.line, "header and control of the batch differ in its number")
        }
        closeBatch(&report, nil)
    }

    private mutating func closeBatch(_ report: inout PaymentFileReport, _ complaint: String?) {
        guard let batch else { return }
        if let complaint { report.fault("record_order", line: batch.line, complaint) }
        if batch.totals.entries == 0 { report.fault("empty_batch", line: batch.line, "the batch has no entry") }
        file.add(batch.totals)
        var part = PaymentFilePart(id: "batch \(batch.number)", line: batch.line)
        part.facts["entry_class"] = .string(batch.entryClass)
        part.facts["service_class"] = .string(batch.serviceClass)
        part.facts["company"] = .string(batch.companyName)
        part.facts["entries"] = .integer(Int64(batch.totals.entries))
        part.facts["addenda"] = .integer(Int64(batch.totals.records - batch.totals.entries))
        part.facts["debit_minor"] = .integer(batch.totals.debit)
        part.facts["credit_minor"] = .integer(batch.totals.credit)
        report.add(part)
        self.batch = nil
    }

    // MARK: Entries

    private mutating func beginEntry(_ fields: ACHFields, _ report: inout PaymentFileReport) {
        guard let batch else { return }
        entry = ACHEntryFields(fields, in: batch, &report)
    }

    private mutating func addenda(_ fields: ACHFields, _ report: inout PaymentFileReport) {
        guard let entry else {
            batch?.addStrayAddenda()
            return report.fault("record_order", line: fields.line, "an addenda record follows no entry")
        }
        self.entry = entry.adding(fields, &report)
    }

    private mutating func closeEntry(_ report: inout PaymentFileReport) -> PaymentRecord? {
        guard let entry, batch != nil else { return nil }
        self.entry = nil
        batch?.take(entry, &report)
        report.count("entries")
        report.count("addenda", entry.addendaCount)
        if entry.returnReason != nil { report.count("returns") }
        if entry.changeCode != nil { report.count("corrections") }
        guard let found = entry.record, let currency = CurrencyCode("USD") else { return nil }
        report.add(found.amount.minorUnits, currency, isCredit: found.isCredit, line: entry.line)
        return .ach(found)
    }
}
