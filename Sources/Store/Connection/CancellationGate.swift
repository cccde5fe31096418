internal import CLibPQ
internal import Foundation
internal import Synchronization

/// Lets a cancelled Swift task stop the statement that runs for it, and no other.
///
/// A cancel request names a backend, not a statement. So it is sent under the same lock that a statement takes at its
/// start and its end: when the request has gone out, its statement was still the one in flight.
final class CancellationGate: Sendable {
    private struct State: ~Copyable {
        nonisolated(unsafe) var handle: OpaquePointer?
        var lease: UInt64 = 0
        var isInStatement = false
        var isCancelled = false
    }

    private let state = Mutex(State())
    private static let queue = DispatchQueue(label: "guildhall.store.cancel", attributes: .concurrent)

    /// Takes the key for cancel requests of a fresh connection.
    func attach(_ connection: OpaquePointer?) {
        state.withLock { state in
            PQfreeCancel(state.handle)
            state.handle = connection.flatMap { PQgetCancel($0) }
        }
    }

    /// Begins the use of the connection by one transaction.
    func beginLease() -> UInt64 {
        state.withLock { state in
            state.lease &+= 1
            state.isCancelled = false
            state.isInStatement = false
            return state.lease
        }
    }

    /// Ends it: a late cancellation finds nothing to stop.
    func endLease() {
        state.withLock { state in
            state.lease &+= 1
            state.isInStatement = false
        }
    }

    /// - Throws: `CancellationError` when the task was cancelled before the statement began.
    func beginStatement() throws {
        try state.withLock { state in
            guard !state.isCancelled else { throw CancellationError() }
            state.isInStatement = true
        }
    }

    /// - Returns: whether the task has been cancelled.
    @discardableResult
    func endStatement() -> Bool {
        state.withLock { state in
            state.isInStatement = false
            return state.isCancelled
        }
    }

    /// Called by the cancellation handler, on any thread. Waits at most for a request that is being sent.
    func cancel(lease: UInt64) {
        let mustSend = state.withLock { state in
            guard state.lease == lease else { return false }
            state.isCancelled = true
            return state.isInStatement
        }
        if mustSend { Self.queue.async { self.send(lease: lease) } }
    }

    /// Cancels whatever runs now, for the connection's own housekeeping.
    func cancelNow() {
        state.withLock { state in Self.request(state.handle) }
    }

    private func send(lease: UInt64) {
        state.withLock { state in
            guard state.lease == lease, state.isInStatement else { return }
            Self.request(state.handle)
        }
    }

    private static func request(_ handle: OpaquePointer?) {
        guard let handle else { return }
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            _ = PQcancel(handle, buffer.baseAddress, 256)
        }
    }
}
