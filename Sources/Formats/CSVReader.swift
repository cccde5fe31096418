/// The first row of a CSV file: which column has which name.
package struct CSVHeader: Hashable, Sendable {
    /// In the file's order; each is there once.
    package let names: [String]
    private let columns: [String: Int]

    /// - Returns: `nil` when a name is there twice.
    init?(_ names: [String]) {
        let columns = Dictionary(zip(names, names.indices)) { first, _ in first }
        guard columns.count == names.count else { return nil }
        self.names = names
        self.columns = columns
    }

    /// Where the column stands, from 0; `nil` when the file has none of that name (upper and lower case differ).
    package func column(_ name: String) -> Int? { columns[name] }
}

/// One record of a CSV file, with as many fields as the header has names.
package struct CSVRecord: Hashable, Sendable {
    /// 1 for the first record after the header; faulty records count, blank lines do not.
    package let number: Int
    /// The 1-based line at which the record starts.
    package let line: Int
    /// In the file's order.
    package let fields: [String]
    /// The file's columns, shared by all its records.
    package let header: CSVHeader

    /// The field of the column so named; `nil` when the file has no such column.
    package subscript(name: String) -> String? {
        header.column(name).map { fields[$0] }
    }
}

/// What a ``CSVReader`` yields.
package enum CSVRow: Hashable, Sendable {
    case record(CSVRecord)
    /// A record that cannot be taken, with its line and the reason; reading goes on with the next one.
    case fault(RecordFault)
}

/// The records of a CSV file with a header row, one at a time, in constant memory.
///
/// Source: RFC 4180. Lines may end in CRLF or LF; blank lines and a UTF-8 byte order mark are passed over. A record is
/// a fault when it has another number of fields than the header, misplaced quotes, bytes that are not UTF-8, a NUL, or
/// more than the ``CSVLimits``. A quote that is never closed makes a fault of everything after it.
package final class CSVReader {
    /// The columns.
    package let header: CSVHeader

    private let reader: ByteReader
    private let name: String
    private var scanner: CSVScanner
    private var chunk: [UInt8]
    private var index: Int
    private var number = 0

    /// - Throws: ``FormatError``; `malformed` when there is no header row, or a faulty one, or one that names a column
    ///   twice.
    package convenience init(path: String, limits: CSVLimits = CSVLimits()) throws(FormatError) {
        try self.init(try ByteReader(path: path), limits: limits)
    }

    /// Reads the file from a reader that stands at its first byte.
    package init(_ reader: ByteReader, limits: CSVLimits = CSVLimits()) throws(FormatError) {
        self.reader = reader
        name = fileName(ofPath: reader.path)
        scanner = CSVScanner(limits: limits)
        let head = try reader.read(3)
        chunk = head == [0xef, 0xbb, 0xbf] ? [] : head
        index = 0
        func fault(_ reason: String) -> FormatError { .malformed(path: reader.path, position: 0, reason: reason) }
        guard try Self.advance(&scanner, reader, &chunk, &index) else { throw fault("there is no header row") }
        if let complaint = scanner.complaint { throw fault("the header row is faulty: \(complaint)") }
        guard case .success(let names) = Self.fields(of: scanner) else { throw fault("the header row is not UTF-8") }
        guard let header = CSVHeader(names) else { throw fault("the header row names a column twice") }
        self.header = header
    }

    /// The next record or fault; `nil` at the end of the file.
    ///
    /// - Throws: ``FormatError`` when the file itself cannot be read further.
    package func next() throws(FormatError) -> CSVRow? {
        guard try Self.advance(&scanner, reader, &chunk, &index) else { return nil }
        number += 1
        let line = scanner.startLine
        func fault(_ reason: String) -> CSVRow {
            .fault(RecordFault(position: "\(name) line \(line)", line: line, reason: reason))
        }
        if let complaint = scanner.complaint { return fault(complaint) }
        guard scanner.ends.count == header.names.count else {
            return fault("has \(scanner.ends.count) fields where the header has \(header.names.count)")
        }
        switch Self.fields(of: scanner) {
        case .success(let fields):
            return .record(CSVRecord(number: number, line: line, fields: fields, header: header))
        case .failure(let complaint):
            return fault(complaint.reason)
        }
    }

    /// Scans on to the end of the next record that is not a blank line; `false` at the end of the file.
    private static func advance(
        _ scanner: inout CSVScanner, _ reader: ByteReader, _ chunk: inout [UInt8], _ index: inout Int
    ) throws(FormatError) -> Bool {
        scanner.beginRecord()
        while true {
            let (next, isComplete) = scanner.scan(chunk, from: index)
            index = next
            if isComplete {
                if !scanner.isBlank { return true }
                scanner.beginRecord()
            } else if let more = try reader.next() {
                chunk = more
                index = 0
            } else {
                if scanner.isUntouched { return false }
                scanner.finish()
                return !scanner.isBlank
            }
        }
    }

    private struct Complaint: Error {
        let reason: String
    }

    private static func fields(of scanner: CSVScanner) -> Result<[String], Complaint> {
        var fields: [String] = []
        fields.reserveCapacity(scanner.ends.count)
        var start = 0
        for end in scanner.ends {
            let bytes = scanner.bytes[start..<end]
            guard let field = String(validating: bytes, as: UTF8.self) else {
                return .failure(Complaint(reason: "field \(fields.count + 1) is not UTF-8"))
            }
            fields.append(field)
            start = end
        }
        if scanner.bytes.contains(0) { return .failure(Complaint(reason: "holds a NUL byte")) }
        return .success(fields)
    }
}
