internal import Foundation

/// Why a mail server did not take something.
enum MailFault: Error, Hashable, CustomStringConvertible {
    /// The session is over: not reached, closed, out of time, or not SMTP.
    case session(String)
    /// The server said no to one command.
    case answer(code: Int, text: String)

    var description: String {
        switch self {
        case .session(let reason): reason
        case .answer(let code, let text): "\(code) \(text)"
        }
    }
}

/// A TCP connection that reads lines. It blocks: use it on a thread of its own, and on one only.
final class SMTPSocket {
    private static let lineMax = 2_000
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    /// - Parameter timeout: seconds that connecting, one write or one read may take: 1 to 300.
    init(host: String, port: Int, timeout: Int) throws(MailFault) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &list) == 0 else { throw .session("\(host) has no address") }
        defer { freeaddrinfo(list) }
        var next = list
        while let entry = next {
            let info = entry.pointee
            let descriptor = socket(info.ai_family, info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), info.ai_protocol)
            if descriptor >= 0 {
                var limit = timeval(tv_sec: timeout, tv_usec: 0)
                let size = socklen_t(MemoryLayout<timeval>.size)
                setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
                // Bounds connect() as well (socket(7)).
                setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
                if connect(descriptor, info.ai_addr, info.ai_addrlen) == 0 {
                    self.descriptor = descriptor
                    return
                }
                close(descriptor)
            }
            next = info.ai_next
        }
        throw .session("\(host):\(port) cannot be reached")
    }

    deinit { close(descriptor) }

    /// One line, without its end.
    ///
    /// - Parameter end: when it must be here, whatever trickles in.
    func readLine(until end: ContinuousClock.Instant) throws(MailFault) -> String {
        while true {
            if let newline = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                var line = buffer[..<newline]
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                let text = String(decoding: line, as: UTF8.self)
                buffer.removeFirst(newline + 1)
                return text
            }
            guard buffer.count <= Self.lineMax else { throw .session("the server sent a line without end") }
            guard ContinuousClock.now < end else { throw .session("the server did not answer in time") }
            var chunk = [UInt8](repeating: 0, count: 1_024)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw .session(count == 0 ? "the server closed the connection" : "the server did not answer in time")
            }
            buffer += chunk[..<count]
        }
    }

    func write(_ bytes: [UInt8], until end: ContinuousClock.Instant) throws(MailFault) {
        var sent = 0
        while sent < bytes.count {
            guard ContinuousClock.now < end else { throw .session("the server did not listen in time") }
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .session("the connection broke while sending") }
            sent += count
        }
    }
}
