internal import Formats

/// One record of a NACHA file: 94 ASCII characters.
struct ACHFields {
    let bytes: [UInt8]
    let line: Int

    var type: UInt8 { bytes[0] }
    var isPadding: Bool { bytes.allSatisfy { $0 == UInt8(ascii: "9") } }

    /// Characters by their positions, from 1, as the rules count them.
    func text(_ positions: ClosedRange<Int>) -> String {
        String(decoding: bytes[(positions.lowerBound - 1)...(positions.upperBound - 1)], as: UTF8.self)
    }

    /// The same without spaces at both ends.
    func word(_ positions: ClosedRange<Int>) -> String {
        let field = bytes[(positions.lowerBound - 1)...(positions.upperBound - 1)].drop { $0 == 0x20 }
        let end = field.lastIndex { $0 != 0x20 } ?? field.startIndex - 1
        return field.isEmpty ? "" : String(decoding: field[...end], as: UTF8.self)
    }

    /// A number of digits only; otherwise a fault.
    func number(_ positions: ClosedRange<Int>, _ what: String, _ report: inout PaymentFileReport) -> Int64? {
        let text = text(positions)
        guard text.utf8.allSatisfy(IBAN.isDigit), let number = Int64(text) else {
            report.fault(
                "number", line: line,
                "the \(what) at \(positions.lowerBound) to \(positions.upperBound) is no number: '\(text)'")
            return nil
        }
        return number
    }

    func compare(
        _ positions: ClosedRange<Int>, with found: some BinaryInteger, _ code: String, _ declaration: String,
        _ report: inout PaymentFileReport
    ) {
        let what = code.replacing("_", with: " ")
        guard let declared = number(positions, what, &report), declared != Int64(found) else { return }
        report.fault(code, line: line, "\(declared) \(declaration), the records come to \(found)")
    }

    func check(routing: String, _ what: String, _ report: inout PaymentFileReport) {
        do {
            _ = try RoutingNumber(routing)
        } catch {
            report.fault(error.code, line: line, "\(what): \(error.description)")
        }
    }
}

/// Cuts a NACHA file into its records: lines, or 94 characters after 94 without any line ends.
struct ACHLines {
    private let reader: ByteReader
    private var chunk: [UInt8] = []
    private var index = 0
    private var line = 0
    /// Where there is no line end in what would be the first two records, there is none at all.
    private let hasLines: Bool

    init(_ reader: ByteReader) throws(FormatError) {
        self.reader = reader
        let head = try reader.peek(190)
        hasLines = head.count < 188 || head.contains(0x0a) || head.contains(0x0d)
    }

    private mutating func take() throws -> UInt8? {
        if index == chunk.count {
            guard let more = try reader.next() else { return nil }
            (chunk, index) = (more, 0)
        }
        defer { index += 1 }
        return chunk[index]
    }

    private mutating func peek() throws -> UInt8? {
        let byte = try take()
        if byte != nil { index -= 1 }
        return byte
    }

    /// The next record, 94 characters long, whatever its line was; blank lines are passed over.
    mutating func next(_ report: inout PaymentFileReport) throws -> (number: Int, bytes: [UInt8])? {
        while true {
            line += 1
            var bytes: [UInt8] = []
            var count = 0
            var isEnded = false
            while let byte = try take() {
                if byte == 0x0a {
                    isEnded = true
                    break
                }
                if byte == 0x0d, try peek() == 0x0a || peek() == nil { continue }
                count += 1
                if count <= 94 { bytes.append(byte) }
                if count == 94, !hasLines { break }
            }
            if count == 0 {
                if isEnded { continue }
                return nil
            }
            if count > 94 { report.fault("record_length", line: line, "the record has \(count) characters, not 94") }
            if count < 94 {
                // Programs that strip spaces at the ends of lines are common, and nothing is lost by it.
                report.warn("record_length", line: line, "the record has \(count) characters and is filled with spaces")
                bytes += [UInt8](repeating: 0x20, count: 94 - count)
            }
            if let wrong = bytes.firstIndex(where: { !(0x20...0x7e).contains($0) }) {
                report.fault("character", line: line, "character \(wrong + 1) is not ASCII")
                bytes[wrong] = 0x20
            }
            return (line, bytes)
        }
    }
}

/// What the header of a batch says, and what its entries come to.
struct ACHBatchFields {
    let line: Int
    let serviceClass: String
    let entryClass: String
    let companyName: String
    let company: String
    let bank: String
    let number: String
    private(set) var totals = ACHTotals()
    private var lastTrace = ""
    private var traces: Set<String> = []

    init(_ fields: ACHFields) {
        line = fields.line
        serviceClass = fields.text(2...4)
        entryClass = fields.text(51...53)
        companyName = entryClass == "IAT" ? "" : fields.word(5...20)
        company = fields.text(41...50)
        bank = fields.text(80...87)
        number = fields.text(88...94)
    }

    var isAdvice: Bool { entryClass == "ADV" }

    mutating func addStrayAddenda() { totals.records += 1 }

    mutating func take(_ entry: ACHEntryFields, _ report: inout PaymentFileReport) {
        let minor = entry.amountMinor ?? 0
        totals.addEntry(
            bank: entry.bank ?? 0, debit: entry.isCredit ? 0 : minor, credit: entry.isCredit ? minor : 0,
            addenda: entry.addendaCount)
        let isContrary = serviceClass == "220" ? !entry.isCredit : serviceClass == "225" ? entry.isCredit : false
        if isContrary {
            report.fault(
                "service_class", line: entry.line,
                "\(entry.isCredit ? "a credit" : "a debit") stands in a batch of service class \(serviceClass)")
        }
        if !entry.trace.isEmpty {
            if !traces.insert(entry.trace).inserted {
                report.fault("trace_number", line: entry.line, "the trace number \(entry.trace) is there twice")
            } else if entry.trace < lastTrace {
                report.fault("trace_number", line: entry.line, "trace numbers must ascend within a batch")
            }
            lastTrace = entry.trace
        }
        if entry.hasIndicator != (entry.addendaCount > 0) {
            report.fault(
                "addenda", line: entry.line,
                entry.hasIndicator
                    ? "the entry says that addenda follow, and none does" : "the entry says that no addenda follow")
        }
    }
}

/// An entry with what its addenda add to it.
struct ACHEntryFields {
    let line: Int
    let amountMinor: Int64?
    let bank: Int64?
    let isCredit: Bool
    /// Empty for advices, which have none.
    let trace: String
    let hasIndicator: Bool
    private let entryClass: String
    private let batchNumber: String
    private let individualID: String
    private let name: String
    private(set) var addendaCount = 0
    private(set) var returnReason: String?
    private(set) var changeCode: String?
    private var originalTrace: String?
    private var information = ""
    private var sequence = 0

    init(_ fields: ACHFields, in batch: ACHBatchFields, _ report: inout PaymentFileReport) {
        line = fields.line
        entryClass = batch.entryClass
        batchNumber = batch.number
        let code = fields.text(2...3)
        isCredit = Self.isCredit(code, isAdvice: batch.isAdvice)
        if !Self.isKnown(code, isAdvice: batch.isAdvice) {
            report.fault("transaction_code", line: fields.line, "the transaction code \(code) is not known")
        }
        bank = fields.number(4...11, "receiving bank", &report)
        if bank != nil { fields.check(routing: fields.text(4...12), "receiving bank", &report) }
        let amount = batch.isAdvice ? 28...39 : 30...39
        amountMinor = fields.number(amount, "amount", &report)
        individualID = batch.isAdvice || entryClass == "IAT" ? "" : fields.word(40...54)
        name = entryClass == "IAT" ? "" : fields.word(55...76)
        let indicator = fields.text(79...79)
        hasIndicator = indicator == "1"
        if indicator != "0", indicator != "1" {
            report.fault("addenda", line: fields.line, "the addenda indicator must be 0 or 1")
        }
        trace = batch.isAdvice ? "" : fields.text(80...94)
        if !batch.isAdvice { _ = fields.number(80...94, "trace number", &report) }
        if fields.word(batch.isAdvice ? 13...27 : entryClass == "IAT" ? 40...74 : 13...29).isEmpty {
            report.fault("account", line: fields.line, "the entry has no account")
        }
    }

    /// The second digit says it: 0 to 4 are credits; of advices, even codes are debits.
    private static func isCredit(_ code: String, isAdvice: Bool) -> Bool {
        guard let last = code.utf8.last, IBAN.isDigit(last) else { return true }
        return isAdvice ? last % 2 == 1 : last < UInt8(ascii: "5")
    }

    private static func isKnown(_ code: String, isAdvice: Bool) -> Bool {
        guard let number = Int(code) else { return false }
        if isAdvice { return (81...88).contains(number) }
        return [21...24, 26...29, 31...34, 36...39, 41...44, 46...49, 51...56].contains { $0.contains(number) }
    }

    func adding(_ fields: ACHFields, _ report: inout PaymentFileReport) -> ACHEntryFields {
        var entry = self
        entry.addendaCount += 1
        let kind = fields.text(2...3)
        switch kind {
        case "05":
            entry.sequence += 1
            if fields.text(84...87) != Self.padded(entry.sequence, 4) || fields.text(88...94) != trace.suffix(7) {
                report.fault("addenda", line: fields.line, "the addenda's sequence number or its entry's is wrong")
            }
            let words = fields.word(4...83)
            entry.information += entry.information.isEmpty || words.isEmpty ? words : " " + words
            if entry.information.utf8.count > 8_192 { entry.information = String(entry.information.prefix(8_192)) }
        case "98":
            entry.changeCode = fields.text(4...6)
            entry.originalTrace = fields.text(7...21)
            entry.information = fields.word(36...64)
        case "99":
            // Of a return that was disputed the last addenda says what it is about now.
            entry.returnReason = fields.text(4...6)
            entry.originalTrace = fields.text(7...21)
            entry.information = fields.word(36...79)
        case "02", "10", "11", "12", "13", "14", "15", "16", "17", "18": break
        default: report.fault("addenda", line: fields.line, "addenda of type \(kind) are not known")
        }
        return entry
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    /// `nil` when its amount cannot be read.
    var record: ACHEntry? {
        guard let amountMinor, let currency = CurrencyCode("USD") else { return nil }
        return ACHEntry(
            batchNumber: Int(batchNumber) ?? 0, entryClass: entryClass, traceNumber: trace, individualID: individualID,
            name: name, amount: Amount(amountMinor, currency), isCredit: isCredit, returnReason: returnReason,
            changeCode: changeCode, originalTrace: originalTrace, information: information)
    }
}
