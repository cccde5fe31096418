internal import Formats

/// Reads a payment file of any kind that is known, and tells what it comes to and what is wrong with it.
///
/// Kinds: pain.001, pain.002, camt.053, camt.054, NACHA, and a CSV table of returns; gzipped or not. Records are handed
/// out one at a time and memory does not grow with the file, but for the ids of payments, which are remembered to find
/// those that are there twice.
package enum PaymentFileReader {
    /// The most that a file may hold, unpacked.
    package static let bytesMax = 2 << 30

    /// - Parameter record: gets each payment, status or entry; what it throws ends the reading and is thrown on.
    /// - Returns: the report; a file that breaks off has a fault that says where.
    /// - Throws: ``FormatError`` when the file cannot be opened.
    package static func read(
        path: String, record: (PaymentRecord) throws -> Void = { _ in }
    ) throws -> PaymentFileReport {
        try read(ByteReader(path: path, bytesMax: bytesMax), record: record)
    }

    /// The same of bytes in memory.
    package static func read(
        bytes: [UInt8], name: String, record: (PaymentRecord) throws -> Void = { _ in }
    ) throws -> PaymentFileReport {
        try read(ByteReader(bytes: bytes, name: name, bytesMax: bytesMax), record: record)
    }

    private static func read(
        _ reader: ByteReader, record: (PaymentRecord) throws -> Void
    ) throws -> PaymentFileReport {
        var report = PaymentFileReport()
        do {
            switch try Self.form(of: reader.peek(4_096)) {
            case .message: try readMessage(reader, &report, record: record)
            case .ach:
                report.kind = .nacha
                var ach = ACHReader()
                try ach.read(reader, &report, record: record)
            case .table:
                report.kind = .returns
                try ReturnsReader.read(reader, &report, record: record)
            case nil: Self.unknown(&report)
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
        return report
    }

    private enum Form {
        case message, ach, table
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

    private static func unknown(_ report: inout PaymentFileReport) {
        report.fault(
            "unknown_format", line: nil,
            "it is no pain.001, pain.002, camt.053, camt.054 or NACHA file, nor a table of returns")
    }

    // MARK: Messages

    private static let containers: Set = [
        "Document", "CstmrCdtTrfInitn", "PmtInf", "CstmrPmtStsRpt", "OrgnlPmtInfAndSts", "BkToCstmrStmt",
        "BkToCstmrDbtCdtNtfctn", "Stmt", "Ntfctn", "Ntry", "NtryDtls",
    ]

    private static func readMessage(
        _ reader: ByteReader, _ report: inout PaymentFileReport, record: (PaymentRecord) throws -> Void
    ) throws {
        var walker = MessageWalker(reader, limits: XMLLimits(), containers: containers)
        guard case .opened("Document", _) = try walker.next(),
            case .opened(let name, let line) = try walker.next(), let message = Message(name)
        else { return unknown(&report) }
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
        var check = StructureCheck(structure)
        check.open(name, line: line, path: walker.path, &report)
        var messageReader = message.reader
        var open = [name]
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
                if let found { try record(found) }
            case .closed(let name):
                if open.popLast() != nil { check.close(line: walker.line, path: walker.elementPath, &report) }
                if let found = messageReader.closed(name, path: walker.elementPath, &report) { try record(found) }
            case .finished: return
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
