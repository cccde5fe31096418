internal import Foundation
internal import Synchronization

/// Stands between a client and PostgreSQL's Unix socket and cuts connections, around COMMIT or between any two
/// statements.
///
/// It reads the client's messages one by one (PostgreSQL documentation, "Message Formats") on threads of its own.
package final class CuttingProxy: Sendable {
    /// What happens to a connection that sends COMMIT.
    package enum Cut: CaseIterable, Hashable, Sendable {
        case never
        /// The server never sees the COMMIT.
        case beforeCommit
        /// The COMMIT is on its way to the server when the connection goes.
        case afterCommit
        /// The server has answered; the client never sees the answer.
        case afterAnswer
    }

    /// The folder to connect to, as libpq's `host`.
    package let folder: String
    private let serverSocket: String
    private let plan: @Sendable () -> Cut
    private let cutsBefore: @Sendable () -> Bool
    private let listener: Int32
    private let cutCount = Atomic<Int>(0)
    private let isStopped = Atomic<Bool>(false)

    /// - Parameters:
    ///   - serverFolder: of the server's socket.
    ///   - cutsBefore: asked before every other statement, on a thread of the proxy: whether the connection goes.
    ///   - plan: asked at every COMMIT, on a thread of the proxy.
    package init(
        serverFolder: String, cutsBefore: @escaping @Sendable () -> Bool = { false },
        plan: @escaping @Sendable () -> Cut
    ) throws {
        folder = "/tmp/guildhall-proxy-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        serverSocket = serverFolder + "/.s.PGSQL.5432"
        self.plan = plan
        self.cutsBefore = cutsBefore
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        listener = UnixSocket.listening(at: folder + "/.s.PGSQL.5432")
        guard listener >= 0 else { throw POSIXError(.EADDRNOTAVAIL) }
        Thread.detachNewThread { [self] in acceptAll() }
    }

    /// Connections cut so far.
    package var cuts: Int { cutCount.load(ordering: .sequentiallyConsistent) }

    /// Takes no more connections; those that are open go on.
    package func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        shutdown(listener, Int32(SHUT_RDWR))
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func acceptAll() {
        while !isStopped.load(ordering: .sequentiallyConsistent) {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { break }
            let server = UnixSocket.connected(to: serverSocket)
            let pair = Pair(client: client, server: server)
            guard server >= 0 else {
                pair.cut()
                pair.leave()
                pair.leave()
                continue
            }
            Thread.detachNewThread { [self] in
                forwardMessages(pair)
                pair.leave()
            }
            Thread.detachNewThread {
                pair.forwardAnswers()
                pair.leave()
            }
        }
        close(listener)
    }

    /// From client to server, message by message.
    private func forwardMessages(_ pair: Pair) {
        defer { pair.cut() }
        guard let startup = pair.readMessage(hasType: false), UnixSocket.write(startup, to: pair.server) else { return }
        while let message = pair.readMessage(hasType: true) {
            let isCommit = message == Array("Q\0\0\0\u{0b}commit\0".utf8)
            // 'S' ends what is sent for a statement with parameters, 'Q' is one without.
            let isStatement = message.first == UInt8(ascii: "S") || message.first == UInt8(ascii: "Q")
            let cut: Cut = isCommit ? plan() : isStatement && cutsBefore() ? .beforeCommit : .never
            if cut != .never { cutCount.add(1, ordering: .sequentiallyConsistent) }
            switch cut {
            case .never:
                guard UnixSocket.write(message, to: pair.server) else { return }
            case .beforeCommit:
                return
            case .afterCommit:
                pair.mute()  // or a fast answer would slip through before the cut
                _ = UnixSocket.write(message, to: pair.server)
                return
            case .afterAnswer:
                pair.mute()
                _ = UnixSocket.write(message, to: pair.server)
                return pair.waitUntilCut()
            }
        }
    }
}

/// The two ends of one proxied connection.
private final class Pair: Sendable {
    let client: Int32
    let server: Int32
    private let isMuted = Atomic<Bool>(false)
    private let users = Atomic<Int>(2)

    init(client: Int32, server: Int32) {
        self.client = client
        self.server = server
    }

    func mute() { isMuted.store(true, ordering: .sequentiallyConsistent) }

    func cut() {
        shutdown(client, Int32(SHUT_RDWR))
        shutdown(server, Int32(SHUT_RDWR))
    }

    /// The second of the two threads to leave closes both ends.
    func leave() {
        guard users.subtract(1, ordering: .sequentiallyConsistent).newValue == 0 else { return }
        close(client)
        if server >= 0 { close(server) }
    }

    /// The client sends nothing while it waits for an answer, so this returns when the other thread has cut.
    func waitUntilCut() { _ = readBytes(1) }

    func forwardAnswers() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(server, &buffer, buffer.count, 0)
            guard count > 0, !isMuted.load(ordering: .sequentiallyConsistent) else { break }
            guard UnixSocket.write(Array(buffer.prefix(count)), to: client) else { break }
        }
        cut()
    }

    /// A type byte (but for the first message), a length that counts itself, and the rest.
    func readMessage(hasType: Bool) -> [UInt8]? {
        guard let head = readBytes(hasType ? 5 : 4) else { return nil }
        let length = head.suffix(4).reduce(0) { $0 << 8 | Int($1) }
        guard length >= 4, let rest = readBytes(length - 4) else { return nil }
        return head + rest
    }

    private func readBytes(_ count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var buffer = [UInt8](repeating: 0, count: count - bytes.count)
            let received = recv(client, &buffer, buffer.count, 0)
            guard received > 0 else { return nil }
            bytes += buffer.prefix(received)
        }
        return bytes
    }
}

/// The few calls that a Unix-domain socket takes.
private enum UnixSocket {
    /// - Returns: a descriptor, or -1.
    static func listening(at path: String) -> Int32 {
        open(path) { bind($0, $1, $2) == 0 && listen($0, 64) == 0 }
    }

    static func connected(to path: String) -> Int32 {
        open(path) { connect($0, $1, $2) == 0 }
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    private static func open(_ path: String, _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard descriptor >= 0, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return -1 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let isOpen = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                use(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard !isOpen else { return descriptor }
        close(descriptor)
        return -1
    }
}
