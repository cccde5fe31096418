internal import Formats

/// Reads a payment file of any kind that is known, record by record, and tells what it comes to and what is wrong with
/// it.
///
/// Kinds: pain.001, pain.002, camt.053, camt.054, NACHA, and a CSV table of returns; gzipped or not. Memory does not
/// grow with the file, but for eight bytes of each payment's id, by which those that are there twice are found.
package struct PaymentFileReader {
    /// The most that a file may hold, unpacked.
    package static let bytesMax = 2 << 30

    private enum Source {
        case message(MessageFile), ach(ACHReader), table(ReturnsReader)
    }

    private enum Form {
        case message, ach, table
    }

    /// Whole once ``next()`` has said `nil`; a file that breaks off has a fault that says where.
    package private(set) var report = PaymentFileReport()
    private let reader: ByteReader
    private var source: Source?
    private var isBegun = false

    /// - Throws: ``FormatError`` when the file cannot be opened.
    package init(path: String) throws { reader = try ByteReader(path: path, bytesMax: Self.bytesMax) }

    /// The same of bytes in memory.
    package init(bytes: [UInt8], name: String) throws {
        reader = try ByteReader(bytes: bytes, name: name, bytesMax: Self.bytesMax)
    }

    /// - Returns: the next payment, status or entry; `nil` at the end, and where the file cannot be read on.
    /// - Throws: ``FormatError`` when the file cannot be read.
    package mutating func next() throws -> PaymentRecord? {
        do {
            if !isBegun { try begin() }
            switch source {
            case .message(var file):
                // Taken out, so that it is not copied as it changes.
                source = nil
                guard let record = try file.next(&report) else { return nil }
                source = .message(file)
                return record
            case .ach(var file):
                source = nil
                guard let record = try file.next(&report) else { return nil }
                source = .ach(file)
                return record
            case .table(var file):
                source = nil
                guard let record = try file.next(&report) else { return nil }
                source = .table(file)
                return record
            case nil: return nil
            }
        } catch let fault as XMLFault {
            report.fault("malformed", line: fault.line, fault.reason)
        } catch let error as FormatError {
            switch error {
            case .unreadable: throw error
            case .malformed(_, _, let reason): report.fault("malformed", line: nil, reason)
            case .tooLarge(_, let limit): report.fault("too_large", line: nil, "it holds more than \(limit) bytes")
            }
        }
        source = nil
        return nil
    }

    private mutating func begin() throws {
        isBegun = true
        switch try Self.form(of: reader.peek(4_096)) {
        case .message: source = try MessageFile(reader, &report).map(Source.message)
        case .ach:
            report.kind = .nacha
            source = .ach(try ACHReader(reader, &report))
        case .table:
            report.kind = .returns
            source = .table(try ReturnsReader(reader, &report))
        case nil: Self.unknown(&report)
        }
    }

    private static func form(of head: [UInt8]) -> Form? {
        let bytes = head.starts(with: [0xef, 0xbb, 0xbf]) ? head[3...] : head[...]
        // UTF-16, of which the reader of messages says that it is not read.
        if head.starts(with: [0xfe, 0xff]) || head.starts(with: [0xff, 0xfe]) { return .message }
        let rest = bytes.drop { $0 <= 0x20 }
        if rest.first == UInt8(ascii: "<") { return .message }
        if rest.starts(with: "101".utf8) { return .ach }
        let firstLine = String(decoding: rest.prefix { $0 != 0x0a && $0 != 0x0d }, as: UTF8.self)
        return firstLine.contains("end_to_end_id") ? .table : nil
    }

    fileprivate static func unknown(_ report: inout PaymentFileReport) {
        report.fault(
            "unknown_format", line: nil,
            "it is no pain.001, pain.002, camt.053, camt.054 or NACHA file, nor a table of returns")
    }
}

extension PaymentFileReader {
    /// Reads a file from its beginning to its end.
    ///
    /// - Parameter record: gets each payment, status or entry; what it throws ends the reading and is thrown on.
    /// - Throws: ``FormatError`` when the file cannot be read.
    package static func read(
        path: String, record: (PaymentRecord) throws -> Void = { _ in }
    ) throws -> PaymentFileReport {
        try read(PaymentFileReader(path: path), record)
    }

    /// The same of bytes in memory.
    package static func read(
        bytes: [UInt8], name: String, record: (PaymentRecord) throws -> Void = { _ in }
    ) throws -> PaymentFileReport {
        try read(PaymentFileReader(bytes: bytes, name: name), record)
    }

    private static func read(
        _ reader: PaymentFileReader, _ record: (PaymentRecord) throws -> Void
    ) throws -> PaymentFileReport {
        var reader = reader
        while let found = try reader.next() { try record(found) }
        return reader.report
    }
}

/// Which ids a file has had. By a hash of 64 bits with a seed of this process, so that nobody can make two that are
/// taken for one; of a million ids two are, once in thirty million files.
struct SeenIDs {
    private var hashes: Set<Int> = []

    init() {}

    /// - Returns: false when it was there before.
    mutating func insert(_ id: String) -> Bool {
        var hasher = Hasher()
        hasher.combine(id)
        return hashes.insert(hasher.finalize()).inserted
    }
}

/// A message of ISO 20022 as it is read.
private struct MessageFile {
    private static let containers: Set = [
        "Document", "CstmrCdtTrfInitn", "PmtInf", "CstmrPmtStsRpt", "OrgnlPmtInfAndSts", "BkToCstmrStmt",
        "BkToCstmrDbtCdtNtfctn", "Stmt", "Ntfctn", "Ntry", "NtryDtls",
    ]

    private var walker: MessageWalker
    private var check: StructureCheck
    private var messageReader: any MessageReader
    private var open: [String]

    /// - Returns: `nil` for a message of another kind; the report says so.
    init?(_ reader: ByteReader, _ report: inout PaymentFileReport) throws {
        walker = MessageWalker(reader, limits: XMLLimits(), containers: Self.containers)
        guard case .opened("Document", _) = try walker.next(),
            case .opened(let name, let line) = try walker.next(), let message = Message(name)
        else {
            PaymentFileReader.unknown(&report)
            return nil
        }
        report.kind = message.kind
        var structure = message.structure
        let prefix = "urn:iso:std:iso:20022:tech:xsd:"
        if walker.space.hasPrefix(prefix + message.kind.rawValue) {
            report.version = String(walker.space.dropFirst(prefix.count).prefix(40))
            if !message.versions.contains(report.version) {
                structure.isStrict = false
                report.warn("version", line: line, "\(report.version) is read like the versions before it")
            }
        } else {
            report.fault("namespace", line: line, "the namespace is not that of a \(message.kind.rawValue)")
        }
        check = StructureCheck(structure)
        check.open(name, line: line, path: walker.path, &report)
        messageReader = message.reader
        open = [name]
    }

    mutating func next(_ report: inout PaymentFileReport) throws -> PaymentRecord? {
        while true {
            switch try walker.next() {
            case .opened(let name, let line):
                check.open(name, line: line, path: walker.path, &report)
                messageReader.opened(name, line: line)
                open.append(name)
            case .element(let element):
                let path = walker.elementPath
                check.element(element, path: path, &report)
                let found = messageReader.element(element, in: open.last ?? "", path: path, &report)
                if let found { return found }
            case .closed(let name):
                if open.popLast() != nil { check.close(line: walker.line, path: walker.elementPath, &report) }
                if let found = messageReader.closed(name, path: walker.elementPath, &report) { return found }
            case .finished: return nil
            }
        }
    }
}

/// What reads the parts of one kind of message as they come.
protocol MessageReader {
    /// A container begins.
    mutating func opened(_ name: String, line: Int)
    /// An element within the container of that name was read whole.
    mutating func element(
        _ element: XMLTree, in container: String, path: String, _ report: inout PaymentFileReport
    ) -> PaymentRecord?
    /// A container ends.
    mutating func closed(_ name: String, path: String, _ report: inout PaymentFileReport) -> PaymentRecord?
}

/// The kinds of message, by the element in which they stand.
private enum Message {
    case initiation, status, statement, notification

    init?(_ name: String) {
        switch name {
        case "CstmrCdtTrfInitn": self = .initiation
        case "CstmrPmtStsRpt": self = .status
        case "BkToCstmrStmt": self = .statement
        case "BkToCstmrDbtCdtNtfctn": self = .notification
        default: return nil
        }
    }

    var kind: PaymentFileKind {
        switch self {
        case .initiation: .initiation
        case .status: .statusReport
        case .statement: .statement
        case .notification: .notification
        }
    }

    var structure: MessageStructure {
        switch self {
        case .initiation: .initiation
        case .status: .status
        case .statement: .statement
        case .notification: .notification
        }
    }

    var reader: any MessageReader {
        switch self {
        case .initiation: InitiationReader()
        case .status: StatusReader()
        case .statement, .notification: StatementReader()
        }
    }

    /// Whose structure is known.
    var versions: Set<String> {
        switch self {
        case .initiation: ["pain.001.001.03", "pain.001.001.04", "pain.001.001.08", "pain.001.001.09"]
        case .status: ["pain.002.001.03", "pain.002.001.10", "pain.002.001.11", "pain.002.001.12"]
        case .statement: ["camt.053.001.02", "camt.053.001.04", "camt.053.001.06", "camt.053.001.08"]
        case .notification: ["camt.054.001.02", "camt.054.001.04", "camt.054.001.06", "camt.054.001.08"]
        }
    }
}
