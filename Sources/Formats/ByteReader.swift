/// The bytes of a file from front to back, gunzipped on the way when the file begins like gzip.
///
/// Memory is constant: chunks of at most 64 KiB, and one chunk of read-ahead. Not for use from two tasks at once.
package final class ByteReader {
    /// What errors call the file: its path, or the name given to bytes in memory.
    package let path: String
    /// How many (decompressed) bytes were handed out or skipped.
    package private(set) var position = 0

    /// The bound on decompressed bytes where the caller names none: 8 GiB.
    package static let bytesMaxByDefault = 8 << 30

    private enum Source {
        case plain(RawBytes)
        case gzip(GzipReader)
    }

    private let source: Source
    private let bytesMax: Int
    private var produced = 0
    /// Read from the source and not yet handed out, from `pendingStart` on.
    private var pending: [UInt8] = []
    private var pendingStart = 0

    /// - Throws: ``FormatError/unreadable(path:reason:)`` when the file cannot be opened or its first bytes read.
    package convenience init(path: String, bytesMax: Int = bytesMaxByDefault) throws(FormatError) {
        try self.init(raw: RawBytes(path: path), bytesMax: bytesMax)
    }

    /// Reads bytes that are in memory already, under a name of the caller's choice.
    package convenience init(
        bytes: [UInt8], name: String, bytesMax: Int = bytesMaxByDefault
    ) throws(FormatError) {
        try self.init(raw: RawBytes(bytes: bytes, name: name), bytesMax: bytesMax)
    }

    private init(raw: RawBytes, bytesMax: Int) throws(FormatError) {
        path = raw.name
        self.bytesMax = bytesMax
        var head: [UInt8] = []
        while head.count < 2, let chunk = try raw.next() { head += chunk }
        if head.starts(with: [0x1f, 0x8b]) {
            source = .gzip(try GzipReader(raw: raw, head: head))
        } else {
            source = .plain(raw)
            pending = head
            produced = head.count
        }
        if produced > bytesMax { throw .tooLarge(path: path, limit: bytesMax) }
    }

    /// The next bytes: never empty; `nil` at the end of the file.
    ///
    /// - Throws: ``FormatError``; also `malformed` when a gzip file is cut short or damaged.
    package func next() throws(FormatError) -> [UInt8]? {
        guard try fill() else { return nil }
        let chunk = pendingStart == 0 ? pending : Array(pending.dropFirst(pendingStart))
        pending = []
        pendingStart = 0
        position += chunk.count
        return chunk
    }

    /// The next `count` bytes; fewer only when the file ends before.
    package func read(_ count: Int) throws(FormatError) -> [UInt8] {
        var result: [UInt8] = []
        while result.count < count, try fill() {
            let piece = pending.dropFirst(pendingStart).prefix(count - result.count)
            result += piece
            advance(by: piece.count)
        }
        return result
    }

    /// The next `count` bytes, which stay to be read; fewer only when the file ends before.
    package func peek(_ count: Int) throws(FormatError) -> [UInt8] {
        guard try fill() else { return [] }
        while pending.count - pendingStart < count, let chunk = try more() {
            pending = Array(pending[pendingStart...]) + chunk
            pendingStart = 0
        }
        return Array(pending[pendingStart...].prefix(count))
    }

    /// Leaves out the next `count` bytes.
    ///
    /// - Returns: how many there were: fewer than `count` only when the file ends before.
    package func skip(_ count: Int) throws(FormatError) -> Int {
        var skipped = 0
        while skipped < count, try fill() {
            let step = min(count - skipped, pending.count - pendingStart)
            skipped += step
            advance(by: step)
        }
        return skipped
    }

    /// Everything that is left, for formats that are parsed whole.
    ///
    /// - Throws: ``FormatError/tooLarge(path:limit:)`` when more than `limit` bytes are left.
    package func rest(limit: Int) throws(FormatError) -> [UInt8] {
        var result: [UInt8] = []
        while let chunk = try next() {
            guard result.count + chunk.count <= limit else { throw .tooLarge(path: path, limit: limit) }
            result += chunk
        }
        return result
    }

    private func advance(by count: Int) {
        pendingStart += count
        position += count
    }

    /// Makes sure that something is pending; `false` at the end of the file.
    private func fill() throws(FormatError) -> Bool {
        if pendingStart < pending.count { return true }
        guard let chunk = try more() else { return false }
        pending = chunk
        pendingStart = 0
        return true
    }

    /// The next chunk of the source.
    private func more() throws(FormatError) -> [UInt8]? {
        let chunk: [UInt8]?
        switch source {
        case .plain(let raw): chunk = try raw.next()
        case .gzip(let gzip): chunk = try gzip.next()
        }
        guard let chunk else { return nil }
        produced += chunk.count
        if produced > bytesMax { throw .tooLarge(path: path, limit: bytesMax) }
        return chunk
    }
}
