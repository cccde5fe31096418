/// Why a file as a whole cannot be read further. What is wrong with one record only is a ``RecordFault``.
package enum FormatError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The operating system would not open or read it.
    case unreadable(path: String, reason: String)
    /// The bytes are not what the format asks for. `position` counts bytes from 0: of the compressed file where the
    /// gzip layer complains, of the decompressed stream everywhere else.
    case malformed(path: String, position: Int, reason: String)
    /// More than `limit` bytes came out of it; nothing after them was read.
    case tooLarge(path: String, limit: Int)

    /// The path, the place and the reason, for an operator.
    package var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
        case .malformed(let path, let position, let reason): "\(path): at byte \(position): \(reason)"
        case .tooLarge(let path, let limit): "\(path): holds more than \(limit) bytes"
        }
    }
}

/// What is wrong with one record, or with one value in it, and where. The records around it are still read.
package struct RecordFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where, for a person who has the file open: `master_clauses.csv line 17`, `tar entry NAME`.
    package let position: String
    /// The 1-based line at which the record starts; `nil` where the format has no lines.
    package let line: Int?
    /// What is wrong: a clause in lower case, without a full stop.
    package let reason: String

    /// Parameters as the properties.
    package init(position: String, line: Int? = nil, reason: String) {
        self.position = position
        self.line = line
        self.reason = reason
    }

    /// The position, a colon and the reason.
    package var description: String { "\(position): \(reason)" }
}

/// The last component of a path, for positions that people read.
func fileName(ofPath path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
}
