/// The bounds on one CSV record. A record beyond them is a fault and is not kept in memory.
package struct CSVLimits: Hashable, Sendable {
    /// Bytes of one field, without its quotes.
    package var fieldBytesMax = 8 << 20
    /// Fields of one record.
    package var fieldsMax = 10_000
    /// Bytes of all fields of a record together.
    package var recordBytesMax = 64 << 20

    /// 8 MiB for a field, 10,000 fields and 64 MiB for a record.
    package init() {}
}

/// The state machine under ``CSVReader``: cuts bytes into fields, record by record, and may stop between any two bytes.
///
/// A fault does not stop it: it notes the first complaint and goes on to the end of the record, so that the next
/// record begins where a reader of the file would say it does. Source: RFC 4180, section 2.
struct CSVScanner {
    private enum State {
        case fieldStart, unquoted, quoted
        /// After a quote inside a quoted field: its end, or the first half of a doubled one.
        case quoteInQuoted
        /// After a carriage return outside quotes: a line feed must follow.
        case carriageReturn
    }

    /// The fields of the record one after the other, quotes undone.
    private(set) var bytes: [UInt8] = []
    /// Where in `bytes` each field ends.
    private(set) var ends: [Int] = []
    /// What is wrong with the record, if anything is.
    private(set) var complaint: String?
    /// The 1-based line at which the record starts.
    private(set) var startLine = 1
    /// The record is a line without a single byte.
    var isBlank: Bool { ends.count == 1 && bytes.isEmpty && !hasQuotes && complaint == nil }
    /// Nothing of a record was seen since the last one ended.
    var isUntouched: Bool { state == .fieldStart && ends.isEmpty && complaint == nil }

    private let limits: CSVLimits
    private var state = State.fieldStart
    private var line = 1
    private var fieldStart = 0
    private var quoteLine = 1
    private var hasQuotes = false

    init(limits: CSVLimits) {
        self.limits = limits
    }

    /// Forgets the record that is complete and begins the next.
    mutating func beginRecord() {
        bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
        ends.removeAll(keepingCapacity: true)
        complaint = nil
        startLine = line
        state = .fieldStart
        fieldStart = 0
        hasQuotes = false
    }

    /// Scans `chunk` from `start` until the record is complete or the chunk is used up.
    mutating func scan(_ chunk: [UInt8], from start: Int) -> (next: Int, isComplete: Bool) {
        var index = start
        while index < chunk.count {
            let byte = chunk[index]
            switch state {
            case .fieldStart where byte == quote:
                state = .quoted
                quoteLine = line
                hasQuotes = true
                index += 1
            case .fieldStart, .unquoted:
                state = .unquoted
                if unquoted(byte, chunk, &index) { return (index, true) }
            case .quoted:
                quotedRun(chunk, &index)
            case .quoteInQuoted:
                if afterQuote(byte, &index) { return (index, true) }
            case .carriageReturn:
                if byte == lineFeed {
                    endLine()
                    return (index + 1, true)
                }
                complain("a carriage return without a line feed")
                state = .unquoted
            }
        }
        return (index, false)
    }

    /// Ends the last record of a file that has no line end after it.
    mutating func finish() {
        if state == .quoted { complain("the quote opened on line \(quoteLine) is never closed") }
        endField()
    }

    /// A byte outside quotes, or a run of them up to the next that means something.
    private mutating func unquoted(_ byte: UInt8, _ chunk: [UInt8], _ index: inout Int) -> Bool {
        switch byte {
        case comma:
            endField()
            index += 1
        case lineFeed:
            index += 1
            endLine()
            return true
        case carriageReturn:
            state = .carriageReturn
            index += 1
        case quote:
            complain("a quote inside a field that does not begin with one")
            index += 1
        default:
            let start = index
            while index < chunk.count, !isSpecial(chunk[index]) { index += 1 }
            keep(chunk[start..<index])
        }
        return false
    }

    private mutating func quotedRun(_ chunk: [UInt8], _ index: inout Int) {
        let start = index
        while index < chunk.count, chunk[index] != quote {
            if chunk[index] == lineFeed { line += 1 }
            index += 1
        }
        keep(chunk[start..<index])
        if index < chunk.count {
            state = .quoteInQuoted
            index += 1
        }
    }

    private mutating func afterQuote(_ byte: UInt8, _ index: inout Int) -> Bool {
        switch byte {
        case quote:
            keep([quote])
            state = .quoted
            index += 1
        case comma:
            endField()
            index += 1
        case lineFeed:
            endLine()
            index += 1
            return true
        case carriageReturn:
            state = .carriageReturn
            index += 1
        default:
            complain("something other than a comma follows a closing quote")
            state = .unquoted
        }
        return false
    }

    private mutating func keep(_ run: ArraySlice<UInt8>) {
        if bytes.count - fieldStart + run.count > limits.fieldBytesMax {
            complain("a field holds more than \(limits.fieldBytesMax) bytes")
        } else if bytes.count + run.count > limits.recordBytesMax {
            complain("the record holds more than \(limits.recordBytesMax) bytes")
        }
        if complaint == nil { bytes.append(contentsOf: run) }
    }

    private mutating func endField() {
        if ends.count >= limits.fieldsMax { complain("the record has more than \(limits.fieldsMax) fields") }
        if complaint == nil || ends.isEmpty { ends.append(bytes.count) }
        fieldStart = bytes.count
        state = .fieldStart
    }

    private mutating func endLine() {
        endField()
        line += 1
    }

    private mutating func complain(_ reason: String) {
        if complaint == nil { complaint = reason }
    }

    private func isSpecial(_ byte: UInt8) -> Bool {
        byte == comma || byte == lineFeed || byte == carriageReturn || byte == quote
    }
}

private let quote: UInt8 = 0x22
private let comma: UInt8 = 0x2c
private let lineFeed: UInt8 = 0x0a
private let carriageReturn: UInt8 = 0x0d
