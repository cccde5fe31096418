import Foundation

/// A file's bytes as they lie on the disk, or bytes in memory that stand for a file, in chunks of at most 64 KiB.
final class RawBytes {
    static let chunkBytes = 64 << 10

    let name: String
    private let descriptor: Int32?
    private let memory: [UInt8]
    private var memoryStart = 0

    init(path: String) throws(FormatError) {
        name = path
        memory = []
        let opened = open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
        descriptor = opened
    }

    init(bytes: [UInt8], name: String) {
        self.name = name
        descriptor = nil
        memory = bytes
    }

    deinit {
        if let descriptor { close(descriptor) }
    }

    /// The next bytes: never empty; `nil` at the end.
    func next() throws(FormatError) -> [UInt8]? {
        guard let descriptor else {
            let chunk = Array(memory.dropFirst(memoryStart).prefix(Self.chunkBytes))
            memoryStart += chunk.count
            return chunk.isEmpty ? nil : chunk
        }
        var count = 0
        var code: Int32 = 0
        let chunk = [UInt8](unsafeUninitializedCapacity: Self.chunkBytes) { buffer, initialized in
            repeat {
                count = read(descriptor, buffer.baseAddress, buffer.count)
                code = errno
            } while count < 0 && code == EINTR
            initialized = max(count, 0)
        }
        guard count >= 0 else { throw .unreadable(path: name, reason: String(cString: strerror(code))) }
        return chunk.isEmpty ? nil : chunk
    }
}
