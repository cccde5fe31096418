/// The file formats that tasks come in; docs/FILES.md has their rules.
package enum TaskFileFormat: String, Sendable, CaseIterable {
    /// One JSON object a line.
    case jsonl
    /// RFC 4180, with a header row.
    case csv
    /// One JSON array of Label Studio's tasks.
    case labelStudio = "label_studio"
}

/// A task as a file has it.
package struct TaskRecord: Hashable, Sendable {
    /// The 1-based line at which it starts.
    package let line: Int
    /// The requester's own name for it.
    package let externalKey: String
    /// What the worker reads.
    package let payload: JSON
    /// Answers known beforehand, by the name of their source.
    package let referenceAnswers: [String: JSON]
    /// Names of those who have a part in its matter.
    package let parties: [String]
    /// What a model says the answer is.
    package internal(set) var suggestion: SuggestedAnswer?
    /// What it belongs to.
    package internal(set) var matter: String?
    /// Whether it is gold.
    package internal(set) var isGold = false
}

/// An answer that a model made beforehand, as a file has it.
package struct SuggestedAnswer: Hashable, Sendable {
    /// Which model, and which version of it.
    package let source: String
    package let version: String
    package let answer: JSON
    /// As written; `nil` where the file does not say.
    package let madeAt: String?
}

/// Why one record of a task file cannot be taken in. The records around it are.
package struct TaskRecordFault: Error, Hashable, Sendable {
    /// What programs branch on, by the raw value.
    package enum Code: String, Sendable, CaseIterable {
        /// Not JSON, or no record of the CSV file's form.
        case malformed
        /// Larger than ``TaskFileReader/recordBytesMax``.
        case tooLarge = "too_large"
        /// Something that every record must have is not there.
        case missing
        case wrongType = "wrong_type"
        case unknownMember = "unknown_member"
        /// Out of bounds, or a reference answer that the project's schema refuses.
        case badValue = "bad_value"
        /// The batch has another task of that external key, with other content.
        case keyTaken = "key_taken"
        /// Another batch of the project has a task of that external key.
        case keyElsewhere = "key_elsewhere"
        /// It did not pass what takes personal data out of the project's content.
        case notDeidentified = "not_deidentified"
    }

    /// The 1-based line at which the record starts.
    package let line: Int
    /// Where in the record, as a JSON Pointer (RFC 6901); in CSV the column stands for the member.
    package let pointer: String
    package let code: Code
    /// For the requester; never holds content of the record.
    package let reason: String

    /// Parameters as the properties.
    package init(line: Int, pointer: String = "", code: Code, reason: String) {
        self.line = line
        self.pointer = pointer
        self.code = code
        self.reason = reason
    }
}

/// What a ``TaskFileReader`` yields.
package enum TaskFileItem: Hashable, Sendable {
    case record(TaskRecord)
    case fault(TaskRecordFault)
}

/// The records of a task file, one at a time, in bounded memory whatever the size of the file.
package final class TaskFileReader {
    /// No record is larger, in bytes of the file.
    package static let recordBytesMax = 8 << 20

    private enum Source {
        case lines(JSONLineReader)
        case elements(JSONElementReader)
        case rows(CSVReader, TaskColumns)
    }

    private let source: Source

    /// Reads from a reader that stands at the file's first byte.
    ///
    /// - Throws: ``FormatError``; for CSV also `malformed` when the header cannot be read as columns of tasks.
    package init(_ reader: ByteReader, format: TaskFileFormat) throws(FormatError) {
        switch format {
        case .jsonl: source = .lines(JSONLineReader(reader, bytesMax: Self.recordBytesMax))
        case .labelStudio: source = .elements(JSONElementReader(reader, bytesMax: Self.recordBytesMax))
        case .csv:
            var limits = CSVLimits()
            limits.recordBytesMax = Self.recordBytesMax
            let csv = try CSVReader(reader, limits: limits)
            source = .rows(csv, try TaskColumns(csv.header, path: reader.path))
        }
    }

    /// The next record or fault; `nil` at the end.
    ///
    /// - Throws: ``FormatError`` when the file cannot be read further.
    package func next() throws(FormatError) -> TaskFileItem? {
        switch source {
        case .lines(let reader): try reader.next().map { Self.item($0, isLabelStudio: false) }
        case .elements(let reader): try reader.next().map { Self.item($0, isLabelStudio: true) }
        case .rows(let reader, let columns): try reader.next().map(columns.item)
        }
    }

    /// Passes records over, without looking into them.
    ///
    /// - Returns: how many; fewer than `count` only when the file ends before.
    package func skip(_ count: Int) throws(FormatError) -> Int {
        for passed in 0..<max(0, count) {
            let isThere =
                switch source {
                case .lines(let reader): try reader.next() != nil
                case .elements(let reader): try reader.next() != nil
                case .rows(let reader, _): try reader.next() != nil
                }
            if !isThere { return passed }
        }
        return max(0, count)
    }

    private static let limits = JSON.Limits(maxDepth: 80, maxBytes: recordBytesMax, maxKeys: 1_000_000)

    private static func item(_ piece: JSONPiece, isLabelStudio: Bool) -> TaskFileItem {
        guard !piece.isTooLarge else {
            let reason = "is larger than \(recordBytesMax) bytes"
            return .fault(TaskRecordFault(line: piece.line, code: .tooLarge, reason: reason))
        }
        let json: JSON
        do {
            json = try JSON.parse(piece.bytes, limits: limits)
        } catch {
            return .fault(TaskRecordFault(line: piece.line, code: .malformed, reason: "\(error)"))
        }
        do {
            return .record(
                isLabelStudio
                    ? try TaskRecord(labelStudio: json, line: piece.line) : try TaskRecord(json, line: piece.line)
            )
        } catch {
            return .fault(error)
        }
    }
}
