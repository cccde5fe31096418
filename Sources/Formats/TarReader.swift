/// One regular file of a tar archive, read whole.
package struct TarEntry: Hashable, Sendable {
    /// The path in the archive, as written there.
    package let name: String
    /// The size in the header; equals `bytes.count` unless only names were asked for.
    package let size: Int
    /// What the file holds; empty when only names were asked for.
    package let bytes: [UInt8]
}

/// What a ``TarReader`` yields.
package enum TarItem: Hashable, Sendable {
    case file(TarEntry)
    /// An entry that was skipped: it is larger than the bound, or its name is not UTF-8.
    case fault(RecordFault)
}

/// The regular files of a tar archive, gzipped or not, one at a time and in the archive's order.
///
/// Reads ustar, the long names of GNU tar (type `L`) and the `path` and `size` of pax headers (type `x`).
/// Directories, links and devices are passed over. An archive must end with a block of zeros: one that just stops was
/// cut short. Source: POSIX.1-2017, `pax`, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
package final class TarReader {
    /// The bound on one entry where the caller names none: 64 MiB.
    package static let entryBytesMaxByDefault = 64 << 20
    static let blockBytes = 512
    /// GNU long names and pax headers: far above any path.
    static let headerBytesMax = 1 << 20

    private let reader: ByteReader
    private let entryBytesMax: Int
    private let readsContents: Bool
    private var isFinished = false

    /// - Parameter readsContents: `false` yields names and sizes only and skips the contents.
    /// - Throws: ``FormatError/unreadable(path:reason:)``.
    package convenience init(
        path: String, entryBytesMax: Int = entryBytesMaxByDefault, readsContents: Bool = true
    ) throws(FormatError) {
        self.init(try ByteReader(path: path), entryBytesMax: entryBytesMax, readsContents: readsContents)
    }

    /// Reads the archive from a reader that stands at its first byte.
    package init(_ reader: ByteReader, entryBytesMax: Int = entryBytesMaxByDefault, readsContents: Bool = true) {
        self.reader = reader
        self.entryBytesMax = entryBytesMax
        self.readsContents = readsContents
    }

    /// The next regular file, or an entry that had to be skipped; `nil` at the end of the archive.
    ///
    /// - Throws: ``FormatError/malformed(path:position:reason:)`` when the archive is cut short or a header is damaged:
    ///   nothing after that can be found, so the next call returns `nil`.
    package func next() throws(FormatError) -> TarItem? {
        guard !isFinished else { return nil }
        do {
            return try nextItem()
        } catch {
            isFinished = true
            throw error
        }
    }

    private func nextItem() throws(FormatError) -> TarItem? {
        var extended = TarExtension()
        while let header = try nextHeader() {
            switch header.kind {
            case .longName: extended.name = try contents(of: header).prefix { $0 != 0 }.map { $0 }
            case .pax: try extended.read(pax: try contents(of: header), path: reader.path, position: reader.position)
            case .other:
                try skipPadded(extended.size ?? header.size)
                extended = TarExtension()
            case .regular: return try file(header, extended)
            }
        }
        return nil
    }

    private func file(_ header: TarHeader, _ extended: TarExtension) throws(FormatError) -> TarItem {
        let size = extended.size ?? header.size
        let nameBytes = extended.name ?? header.name
        let name = String(decoding: nameBytes, as: UTF8.self)
        guard String(validating: nameBytes, as: UTF8.self) != nil else {
            try skipPadded(size)
            return .fault(RecordFault(position: "tar entry \(name)", reason: "the name is not UTF-8"))
        }
        guard size <= entryBytesMax else {
            try skipPadded(size)
            let reason = "holds \(size) bytes, more than the \(entryBytesMax) that are read"
            return .fault(RecordFault(position: "tar entry \(name)", reason: reason))
        }
        guard readsContents else {
            try skipPadded(size)
            return .file(TarEntry(name: name, size: size, bytes: []))
        }
        return .file(TarEntry(name: name, size: size, bytes: try readPadded(size)))
    }

    private func nextHeader() throws(FormatError) -> TarHeader? {
        let position = reader.position
        let block = try reader.read(Self.blockBytes)
        guard block.count == Self.blockBytes else { throw cutShort() }
        guard block.contains(where: { $0 != 0 }) else {
            isFinished = true
            // To the end, so that a gzip file that is cut short after the last entry is still seen.
            while try reader.next() != nil {}
            return nil
        }
        do {
            return try TarHeader(block)
        } catch {
            throw .malformed(path: reader.path, position: position, reason: error.reason)
        }
    }

    private func contents(of header: TarHeader) throws(FormatError) -> [UInt8] {
        guard header.size <= Self.headerBytesMax else {
            let reason = "a long-name header holds \(header.size) bytes"
            throw .malformed(path: reader.path, position: reader.position, reason: reason)
        }
        return try readPadded(header.size)
    }

    private func readPadded(_ size: Int) throws(FormatError) -> [UInt8] {
        let bytes = try reader.read(size)
        guard bytes.count == size else { throw cutShort() }
        try skipExactly(padding(size))
        return bytes
    }

    private func skipPadded(_ size: Int) throws(FormatError) {
        try skipExactly(size)
        try skipExactly(padding(size))
    }

    private func skipExactly(_ count: Int) throws(FormatError) {
        guard try reader.skip(count) == count else { throw cutShort() }
    }

    private func padding(_ size: Int) -> Int {
        let over = size % Self.blockBytes
        return over == 0 ? 0 : Self.blockBytes - over
    }

    private func cutShort() -> FormatError {
        .malformed(path: reader.path, position: reader.position, reason: "the tar archive is cut short")
    }
}
