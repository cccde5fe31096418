import Foundation

/// A socket that does what its test says, and nothing of its own accord.
final class PlainClient: Sendable {
    private struct Failed: Error {
        let reason: String
        init(_ what: String) { reason = "\(what): \(String(cString: strerror(errno)))" }
    }

    private let descriptor: Int32
    private let ownPort: Int

    /// - Parameters:
    ///   - receiveBuffer: bytes that the system keeps for a reader who does not read; `nil` for the usual.
    ///   - own: which of this machine's addresses it comes from; `nil` for the usual.
    init(port: Int, receiveBuffer: Int32? = nil, from own: String? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failed("socket") }
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        if let own {
            address.sin_addr.s_addr = inet_addr(own)
            let isBound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
            }
            guard isBound else { throw Failed("bind") }
        }
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let isDone = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        ownPort = Int(UInt16(bigEndian: address.sin_port))
        guard isDone else { throw Failed("connect") }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit { close(descriptor) }

    func write(_ text: String) async throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            // MSG_NOSIGNAL: a connection that was cut is told by an error.
            let sent = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, 0x4000) }
            if sent < 0 {
                guard errno == EAGAIN else { throw Failed("send") }
                try await Task.sleep(for: .milliseconds(5))
            } else {
                rest = rest.dropFirst(sent)
            }
        }
    }

    /// - Returns: how many bytes came until the connection was closed.
    func receiveAll() async throws -> Int {
        var (all, buffer) = (0, [UInt8](repeating: 0, count: 65_536))
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 || count < 0 && errno == ECONNRESET { return all }
            if count > 0 {
                all += count
            } else {
                guard errno == EAGAIN else { throw Failed("recv") }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    func exchange(_ text: String) async throws -> Int {
        try await write(text)
        return try await receiveAll()
    }

    /// Whether the server's end of this connection is open still.
    func isEstablished(at port: Int) -> Bool { Self.ends(at: port).contains(ownPort) }

    /// How many connections a server of this machine has open.
    static func established(at port: Int) -> Int { ends(at: port).count }

    /// The ports that a server's open connections come from.
    private static func ends(at port: Int) -> [Int] {
        // To its end: the system gives it out in pieces, of which other readers take the first for all.
        let table = try? FileHandle(forReadingFrom: URL(filePath: "/proc/net/tcp")).readToEnd()
        return String(decoding: table ?? Data(), as: UTF8.self).split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 3, fields[3] == "01" else { return nil }
            let ports = fields[1...2].map { $0.split(separator: ":").last.flatMap { Int($0, radix: 16) } }
            return ports[0] == port ? ports[1] : nil
        }
    }
}
