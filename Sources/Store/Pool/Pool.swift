internal import DequeModule
internal import Synchronization

/// A bounded set of connections, handed out first come, first served.
///
/// Connections are opened when first needed, and again after the server went away, by whoever takes them.
final class Pool: Sendable {
    private struct Waiter {
        let ticket: UInt64
        let deadline: ContinuousClock.Instant
        let continuation: CheckedContinuation<Connection, any Error>
    }

    private struct State {
        var idle: [Connection] = []
        var all: [Connection] = []
        var waiters: Deque<Waiter> = []
        var nextTicket: UInt64 = 0
        /// Whether a task looks after the waiters' deadlines.
        var isWatched = false
        var isClosed = false
        var drained: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let configuration: StoreConfiguration
    private let statistics: Statistics

    init(configuration: StoreConfiguration, statistics: Statistics) {
        self.configuration = configuration
        self.statistics = statistics
    }

    /// Waits for a connection, at most for the acquire timeout.
    ///
    /// - Throws: ``StoreError/poolExhausted``, ``StoreError/poolClosed``, or `CancellationError`.
    func acquire() async throws -> Connection {
        try Task.checkCancellation()
        if let connection = try takeNow() { return connection }
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        let deadline = ContinuousClock.now + configuration.acquireTimeout
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enqueue(Waiter(ticket: ticket, deadline: deadline, continuation: continuation))
            }
        } onCancel: {
            // A waiter that is not in the queue yet sees its cancellation, as its deadline, in `enqueue`.
            giveUp(ticket, CancellationError())
        }
    }

    func release(_ connection: Connection) {
        let next = state.withLock { state -> (Waiter?, [CheckedContinuation<Void, Never>]) in
            if !state.isClosed, let waiter = state.waiters.popFirst() { return (waiter, []) }
            state.idle.append(connection)
            guard state.isClosed, state.idle.count == state.all.count else { return (nil, []) }
            defer { state.drained = [] }
            return (nil, state.drained)
        }
        next.0?.continuation.resume(returning: connection)
        for continuation in next.1 { continuation.resume() }
    }

    /// Refuses newcomers and waiters, waits until every connection in use has come back, and closes them all.
    func drain() async {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(throwing: StoreError.poolClosed) }
        await withCheckedContinuation { continuation in
            let isDrained = state.withLock { state in
                let isDrained = state.idle.count == state.all.count
                if !isDrained { state.drained.append(continuation) }
                return isDrained
            }
            if isDrained { continuation.resume() }
        }
        for connection in state.withLock({ $0.all }) {
            await connection.close()
            connection.thread.stop()
        }
    }

    /// Connections now in use, and callers waiting.
    var load: (busy: Int, waiting: Int) {
        state.withLock { ($0.all.count - $0.idle.count, $0.waiters.count) }
    }

    private func takeNow() throws(StoreError) -> Connection? {
        try state.withLock { state throws(StoreError) -> Connection? in
            guard !state.isClosed else { throw .poolClosed }
            return take(&state)
        }
    }

    /// The connection used last, as its caches are warm; a new one where none is idle and there is room.
    private func take(_ state: inout State) -> Connection? {
        if let connection = state.idle.popLast() { return connection }
        guard state.all.count < configuration.poolSize else { return nil }
        let connection = Connection(
            number: state.all.count + 1, configuration: configuration, statistics: statistics
        )
        state.all.append(connection)
        return connection
    }

    private func enqueue(_ waiter: Waiter) {
        var mustWatch = false
        let outcome = state.withLock { state -> Result<Connection, any Error>? in
            if state.isClosed { return .failure(StoreError.poolClosed) }
            if Task.isCancelled { return .failure(CancellationError()) }
            if let connection = take(&state) { return .success(connection) }
            if state.waiters.count >= configuration.waitersMax || waiter.deadline <= .now {
                return .failure(StoreError.poolExhausted)
            }
            state.waiters.append(waiter)
            mustWatch = !state.isWatched
            state.isWatched = true
            return nil
        }
        if let outcome { waiter.continuation.resume(with: outcome) }
        if mustWatch { Task { await watch(until: waiter.deadline) } }
    }

    /// One task for all who wait, as long as anybody does: their deadlines come in the order in which they came, or
    /// nearly so.
    private func watch(until deadline: ContinuousClock.Instant) async {
        var next: ContinuousClock.Instant? = deadline
        while let deadline = next {
            try? await Task.sleep(until: deadline)
            let late = state.withLock { state -> [Waiter] in
                let now = ContinuousClock.now
                let late = state.waiters.filter { $0.deadline <= now }
                if !late.isEmpty { state.waiters.removeAll { $0.deadline <= now } }
                next = state.waiters.map(\.deadline).min()
                state.isWatched = next != nil
                return Array(late)
            }
            for waiter in late { waiter.continuation.resume(throwing: StoreError.poolExhausted) }
        }
    }

    private func giveUp(_ ticket: UInt64, _ error: any Error) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.ticket == ticket }) else { return nil }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(throwing: error)
    }
}
