import CZlib

/// The files in a ZIP archive, read from memory; stored or deflated ones, without ZIP64 or encryption.
///
/// Bounded: an entry unpacks to at most the given size, whatever its header claims, and must have the length and check
/// sum that the directory names. Source: PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16.
package struct ZipReader {
    /// The names in the archive, in its order.
    package let names: [String]

    private let path: String
    private let bytes: [UInt8]
    private let entries: [Entry]

    private struct Entry {
        let method: Int
        let checkSum: UInt32
        let packed: Int
        let size: Int
        let header: Int
    }

    private static let entriesMax = 65_535

    /// - Throws: ``FormatError/malformed(path:position:reason:)`` when there is no directory, or a damaged one.
    package init(_ bytes: [UInt8], name: String) throws(FormatError) {
        (path, self.bytes) = (name, bytes)
        func fault(_ position: Int, _ reason: String) -> FormatError {
            .malformed(path: name, position: position, reason: reason)
        }
        func number(_ position: Int, _ width: Int) throws(FormatError) -> Int {
            guard position >= 0, position + width <= bytes.count else {
                throw fault(position, "the archive is cut short")
            }
            return (0..<width).reduce(0) { $0 | Int(bytes[position + $1]) << (8 * $1) }
        }
        // The end of the directory: 22 bytes and a remark of up to 65,535.
        let last = bytes.count - 22
        let places = stride(from: last, through: max(0, last - 65_535), by: -1)
        guard last >= 0, let end = places.first(where: { bytes[$0...].starts(with: [0x50, 0x4b, 5, 6]) }) else {
            throw fault(0, "there is no directory of a ZIP archive")
        }
        var place = try number(end + 16, 4)
        var (names, entries): ([String], [Entry]) = ([], [])
        for _ in 0..<min(try number(end + 10, 2), Self.entriesMax) {
            guard try number(place, 4) == 0x0201_4b50 else { throw fault(place, "the directory is damaged") }
            let (length, extra, remark) = (
                try number(place + 28, 2), try number(place + 30, 2), try number(place + 32, 2)
            )
            guard place + 46 + length <= bytes.count else { throw fault(place, "the archive is cut short") }
            names.append(String(decoding: bytes[(place + 46)..<(place + 46 + length)], as: UTF8.self))
            entries.append(
                Entry(
                    method: try number(place + 10, 2), checkSum: UInt32(try number(place + 16, 4)),
                    packed: try number(place + 20, 4), size: try number(place + 24, 4),
                    header: try number(place + 42, 4)))
            place += 46 + length + extra + remark
        }
        (self.names, self.entries) = (names, entries)
    }

    /// What the file at this place of ``names`` holds.
    /// - Throws: ``FormatError``; `tooLarge` above the bound.
    package func contents(at index: Int, bytesMax: Int = 64 << 20) throws(FormatError) -> [UInt8] {
        let entry = entries[index]
        func fault(_ reason: String) -> FormatError {
            .malformed(path: path, position: entry.header, reason: "\(names[index]): \(reason)")
        }
        guard entry.size <= bytesMax else { throw .tooLarge(path: path, limit: bytesMax) }
        guard entry.header + 30 <= bytes.count, bytes[entry.header...].starts(with: [0x50, 0x4b, 3, 4]) else {
            throw fault("its header is damaged")
        }
        let lengths = [26, 28].map { Int(bytes[entry.header + $0]) | Int(bytes[entry.header + $0 + 1]) << 8 }
        let start = entry.header + 30 + lengths[0] + lengths[1]
        guard start + entry.packed <= bytes.count else { throw fault("it is cut short") }
        let packed = Array(bytes[start..<(start + entry.packed)])
        let unpacked: [UInt8]?
        switch entry.method {
        case 0: unpacked = packed
        case 8: unpacked = Self.inflated(packed, size: entry.size)
        default: throw fault("it is packed by method \(entry.method); only stored and deflated files are read")
        }
        guard let unpacked, unpacked.count == entry.size else { throw fault("it is damaged") }
        let sum = unpacked.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
        guard UInt32(truncatingIfNeeded: sum) == entry.checkSum else { throw fault("its check sum is wrong") }
        return unpacked
    }

    /// Nil for damaged data, and for data that does not end within the size.
    private static func inflated(_ packed: [UInt8], size: Int) -> [UInt8]? {
        var packed = packed
        var stream = z_stream()
        // Raw deflate: no header.
        guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
        defer { inflateEnd(&stream) }
        var status = Z_OK
        // One more byte than should come, so that more is noticed.
        let output = [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, initialized in
            packed.withUnsafeMutableBufferPointer { source in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(buffer.count)
                status = inflate(&stream, Z_FINISH)
                initialized = buffer.count - Int(stream.avail_out)
            }
        }
        return status == Z_STREAM_END ? output : nil
    }
}
