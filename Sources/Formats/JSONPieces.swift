/// The bytes of one JSON value of a longer file, not parsed yet.
struct JSONPiece: Hashable {
    /// The 1-based line at which it starts.
    let line: Int
    /// Empty when it is too large.
    let bytes: [UInt8]
    let isTooLarge: Bool
}

/// A piece while it is put together; keeps no more than its bound.
private struct PieceBuilder {
    let bytesMax: Int
    private(set) var bytes: [UInt8] = []
    private var isTooLarge = false

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    var isEmpty: Bool { bytes.isEmpty && !isTooLarge }

    mutating func append(_ run: UnsafeBufferPointer<UInt8>) {
        if isTooLarge || bytes.count + run.count > bytesMax {
            isTooLarge = true
            bytes = []
        } else {
            bytes.append(contentsOf: run)
        }
    }

    mutating func take(line: Int) -> JSONPiece {
        defer {
            bytes = []
            isTooLarge = false
        }
        return JSONPiece(line: line, bytes: bytes, isTooLarge: isTooLarge)
    }
}

/// The lines of a file of JSON Lines. Blank lines and a byte order mark are passed over; a line may end in LF or CRLF,
/// the last one at the end of the file.
final class JSONLineReader {
    private let reader: ByteReader
    private var piece: PieceBuilder
    private var chunk: [UInt8] = []
    private var start = 0
    private var line = 0

    init(_ reader: ByteReader, bytesMax: Int) {
        self.reader = reader
        piece = PieceBuilder(bytesMax: bytesMax)
    }

    func next() throws(FormatError) -> JSONPiece? {
        while true {
            guard let found = try nextLine() else { return nil }
            if found.isTooLarge || found.bytes.contains(where: { !isJSONSpace($0) }) { return found }
        }
    }

    private func nextLine() throws(FormatError) -> JSONPiece? {
        line += 1
        while true {
            if start >= chunk.count {
                guard let more = try reader.next() else { return piece.isEmpty ? nil : piece.take(line: line) }
                chunk = more
                start = 0
                if line == 1, piece.isEmpty, chunk.starts(with: [0xef, 0xbb, 0xbf]) { start = 3 }
            }
            let end = chunk[start...].firstIndex(of: 0x0a) ?? chunk.count
            chunk.withUnsafeBufferPointer { piece.append(UnsafeBufferPointer(rebasing: $0[start..<end])) }
            start = end + 1
            if end < chunk.count { return piece.take(line: line) }
        }
    }
}

/// The elements of a file that is one JSON array. Only the brackets and quotes are looked at: an element that is not
/// JSON is a piece like any other, and reading goes on behind it as long as its brackets are balanced.
final class JSONElementReader {
    private enum State {
        case beforeArray
        /// Where the first element may begin, or the array end.
        case arrayStart
        case element, string, escape
        case afterArray
    }

    private let reader: ByteReader
    private var piece: PieceBuilder
    private var chunk: [UInt8] = []
    private var index = 0
    private var state = State.beforeArray
    private var depth = 0
    private var line = 1
    private var startLine = 1
    private var isWithinElement = false

    init(_ reader: ByteReader, bytesMax: Int) {
        self.reader = reader
        piece = PieceBuilder(bytesMax: bytesMax)
    }

    /// - Throws: ``FormatError``; `malformed` when the file is no array, ends within it or goes on behind it.
    func next() throws(FormatError) -> JSONPiece? {
        while true {
            if index >= chunk.count {
                guard let more = try reader.next() else {
                    guard state == .afterArray else { throw fault("the file ends before its array does") }
                    return nil
                }
                let isFirst = reader.position == more.count
                chunk = more
                index = isFirst && chunk.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
            }
            switch state {
            case .beforeArray, .arrayStart, .afterArray: try between()
            case .element, .string, .escape: if scan() { return finished() }
            }
        }
    }

    /// One byte outside of elements.
    private func between() throws(FormatError) {
        let byte = chunk[index]
        if isJSONSpace(byte) {
            if byte == 0x0a { line += 1 }
            index += 1
            return
        }
        switch state {
        case .beforeArray:
            guard byte == UInt8(ascii: "[") else { throw fault("the file is not one JSON array") }
            state = .arrayStart
            index += 1
        case .arrayStart where byte == UInt8(ascii: "]"):
            state = .afterArray
            index += 1
        case .arrayStart: state = .element
        case .afterArray: throw fault("something follows the array")
        case .element, .string, .escape: break
        }
    }

    /// Goes through an element to its end or the chunk's.
    ///
    /// - Returns: whether it is complete; then the comma or bracket behind it is passed, too.
    private func scan() -> Bool {
        chunk.withUnsafeBufferPointer { bytes in
            let first = index
            while index < bytes.count {
                let byte = bytes[index]
                if byte == 0x0a { line += 1 }
                if !isWithinElement, !isJSONSpace(byte) {
                    isWithinElement = true
                    startLine = line
                }
                if isEnd(byte) {
                    piece.append(UnsafeBufferPointer(rebasing: bytes[first..<index]))
                    index += 1
                    return true
                }
                index += 1
            }
            piece.append(UnsafeBufferPointer(rebasing: bytes[first..<index]))
            return false
        }
    }

    /// Moves the state on by one byte; true for the one that ends the element.
    private func isEnd(_ byte: UInt8) -> Bool {
        switch state {
        case .escape: state = .string
        case .string:
            if byte == UInt8(ascii: "\"") { state = .element }
            if byte == UInt8(ascii: "\\") { state = .escape }
        case .element, .beforeArray, .arrayStart, .afterArray:
            switch byte {
            case UInt8(ascii: "\""): state = .string
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "]") where depth == 0:
                state = .afterArray
                return true
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth = max(0, depth - 1)
            case UInt8(ascii: ",") where depth == 0: return true
            default: break
            }
        }
        return false
    }

    private func finished() -> JSONPiece {
        isWithinElement = false
        return piece.take(line: startLine)
    }

    private func fault(_ reason: String) -> FormatError {
        .malformed(
            path: reader.path, position: reader.position - (chunk.count - index), reason: "line \(line): \(reason)")
    }
}

private func isJSONSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 }
