import CZlib

/// What a gzip file holds, in chunks of at most 64 KiB; several members one after the other count as one file.
///
/// Source: RFC 1952, section 2.2 for members. Zero bytes after the last member are padding (as `gzip` treats them);
/// anything else there is an error, since it would otherwise be lost in silence.
final class GzipReader {
    private let raw: RawBytes
    // zlib keeps the address of its stream, so the stream must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var input: [UInt8]
    private var inputStart = 0
    /// Compressed bytes before `input`.
    private var inputOffset = 0
    private var isBetweenMembers = false

    /// - Parameter head: the bytes that were already taken from `raw` to see that it is gzip.
    init(raw: RawBytes, head: [UInt8]) throws(FormatError) {
        self.raw = raw
        input = head
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 window bits, + 16: a gzip header and trailer, nothing else.
        let status = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            throw .unreadable(path: raw.name, reason: "zlib does not start (status \(status))")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    /// The next decompressed bytes: never empty; `nil` at the end.
    func next() throws(FormatError) -> [UInt8]? {
        while true {
            if inputStart >= input.count, try !refill() {
                if isBetweenMembers { return nil }
                throw fault("the gzip file is cut short")
            }
            if isBetweenMembers {
                try beginMember()
                continue
            }
            let (status, output) = inflateOnce()
            switch status {
            case Z_STREAM_END: isBetweenMembers = true
            case Z_OK, Z_BUF_ERROR: break
            default: throw fault("the gzip data is damaged: \(message(status))")
            }
            if !output.isEmpty { return output }
        }
    }

    private func refill() throws(FormatError) -> Bool {
        inputOffset += input.count
        input = []
        inputStart = 0
        guard let chunk = try raw.next() else { return false }
        input = chunk
        return true
    }

    private func beginMember() throws(FormatError) {
        guard let start = input[inputStart...].firstIndex(where: { $0 != 0 }) else {
            inputStart = input.count
            return
        }
        inputStart = start
        guard input[start] == 0x1f else { throw fault("something that is not gzip follows the gzip data") }
        inflateReset(stream)
        isBetweenMembers = false
    }

    private func inflateOnce() -> (status: Int32, output: [UInt8]) {
        var status = Z_OK
        var left = 0
        let available = input.count - inputStart
        let output = [UInt8](unsafeUninitializedCapacity: RawBytes.chunkBytes) { buffer, initialized in
            input.withUnsafeMutableBufferPointer { source in
                stream.pointee.next_in = source.baseAddress?.advanced(by: inputStart)
                stream.pointee.avail_in = UInt32(clamping: available)
                stream.pointee.next_out = buffer.baseAddress
                stream.pointee.avail_out = UInt32(clamping: buffer.count)
                status = inflate(stream, Z_NO_FLUSH)
                left = Int(stream.pointee.avail_in)
                initialized = buffer.count - Int(stream.pointee.avail_out)
            }
        }
        inputStart += available - left
        return (status, output)
    }

    private func message(_ status: Int32) -> String {
        guard let text = stream.pointee.msg else { return "zlib status \(status)" }
        return String(cString: text)
    }

    private func fault(_ reason: String) -> FormatError {
        .malformed(path: raw.name, position: inputOffset + inputStart, reason: reason)
    }
}
