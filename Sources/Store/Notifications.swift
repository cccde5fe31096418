internal import CLibPQ
internal import Foundation
internal import Synchronization

/// What comes over a LISTEN.
package enum ListenEvent: Hashable, Sendable {
    /// Listening, from now on or again after the connection was lost: what was sent before is missed, so look.
    case listening
    case notification(payload: String)
}

extension Database {
    /// Listens on a channel, on a connection of its own, until the consumer stops. Survives restarts of the server.
    ///
    /// At most 1,024 events wait for a slow consumer; the oldest go first. A notification is a hint to look, never the
    /// news itself.
    package func notifications(on channel: StaticString) -> AsyncStream<ListenEvent> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1_024)) { continuation in
            let listener = Listener(
                channel: String(describing: channel), configuration: configuration, continuation: continuation
            )
            continuation.onTermination = { _ in listener.stop() }
            start(listener)
        }
    }
}

/// A thread that waits on a listening connection's socket.
final class Listener: Sendable {
    private let channel: String
    private let configuration: StoreConfiguration
    private let continuation: AsyncStream<ListenEvent>.Continuation
    private let isStopped = Atomic<Bool>(false)
    private static let pollMilliseconds: Int32 = 200

    init(
        channel: String, configuration: StoreConfiguration, continuation: AsyncStream<ListenEvent>.Continuation
    ) {
        self.channel = channel
        self.configuration = configuration
        self.continuation = continuation
    }

    func start() {
        let thread = Thread { [self] in run() }
        thread.name = "guildhall-listen"
        thread.start()
    }

    var hasStopped: Bool { isStopped.load(ordering: .relaxed) }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    private var mustRun: Bool { !hasStopped }

    private func run() {
        defer { continuation.finish() }
        var failures = 0
        while mustRun {
            if listenUntilBroken() { failures = 0 } else { failures += 1 }
            guard mustRun else { return }
            let ceiling = min(2_000, 20 << min(failures, 7))
            Thread.sleep(forTimeInterval: Double(Int.random(in: 10...ceiling)) / 1_000)
        }
    }

    /// - Returns: whether it ever listened.
    private func listenUntilBroken() -> Bool {
        guard case .success(let connection) = configuration.open() else { return false }
        defer { PQfinish(connection) }
        let quoted = PQescapeIdentifier(connection, channel, channel.utf8.count)
        defer { PQfreemem(quoted) }
        guard let quoted else { return false }
        let result = PQexec(connection, "listen \(String(cString: quoted))")
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COMMAND_OK else { return false }
        continuation.yield(.listening)
        while mustRun {
            while let notification = PQnotifies(connection) {
                continuation.yield(.notification(payload: String(cString: notification.pointee.extra)))
                PQfreemem(notification)
            }
            var descriptor = pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, Self.pollMilliseconds) >= 0 || errno == EINTR else { return true }
            if descriptor.revents != 0, PQconsumeInput(connection) == 0 { return true }
        }
        return true
    }
}
