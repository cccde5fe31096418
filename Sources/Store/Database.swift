internal import Foundation
package import Logging
internal import Synchronization

/// PostgreSQL behind a pool. A statement runs only inside a transaction, reads included.
package final class Database: Sendable {
    package let configuration: StoreConfiguration
    package let statistics = Statistics()
    let clock: (any WallClock)?
    let logger: Logger
    private let pool: Pool
    private let listeners = Mutex<[Listener]>([])

    /// Opens nothing yet: connections are made when they are needed.
    ///
    /// - Parameter clock: what the transactions' instants are read from; `nil` means PostgreSQL's clock.
    package init(_ configuration: StoreConfiguration, clock: (any WallClock)? = nil, logger: Logger) {
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        pool = Pool(configuration: configuration, statistics: statistics)
    }

    /// Runs `body` in a read-write transaction and commits it; any error rolls it back.
    ///
    /// The body may run more than once (after a serialization failure or a deadlock), so it has no effect but its SQL.
    /// It runs on the thread of its connection. Cancelling the task stops the statement on the server and rolls back;
    /// once COMMIT is on its way it is no longer heard.
    ///
    /// - Parameter isDone: asked in a new transaction whether this one's effect is there, when the connection broke
    ///   between COMMIT and its answer. Without it such a break throws ``StoreError/commitOutcomeUnknown(_:)``.
    /// - Throws: what `body` throws; ``StoreError``; `CancellationError`.
    @discardableResult
    package func transaction<Result: Sendable>(
        isolation: TransactionMode.Isolation = .readCommitted,
        isDone: (@Sendable (Transaction) async throws -> Bool)? = nil,
        _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        try await retrying { isRepeated in
            try await attempt(
                TransactionMode(isolation: isolation, isReadOnly: false), isRepeated: isRepeated, isDone: isDone, body)
        }
    }

    /// Runs `body` in a read-only transaction; or, where the task's reads join one, in that.
    @discardableResult
    package func read<Result: Sendable>(
        isolation: TransactionMode.Isolation = .readCommitted,
        _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        if let joined = JoinedReads.current { return try await body(joined) }
        return try await retrying { isRepeated in
            try await attempt(
                TransactionMode(isolation: isolation, isReadOnly: true), isRepeated: isRepeated, isDone: nil, body)
        }
    }

    /// Runs one statement as a transaction of its own: one round trip, one commit. For hot paths; write the instant
    /// as `\(.instant)`.
    ///
    /// - Parameter isReadOnly: that it changes nothing.
    /// - Throws: ``StoreError/commitOutcomeUnknown(_:)`` when the connection breaks under a statement that changes
    ///   something: it may have been done.
    @discardableResult
    package func statement(_ sql: SQL, isReadOnly: Bool = false) async throws -> [Row] {
        // Behind a pooler, role and timeouts are set by each transaction's beginning.
        let isAlone = ReadPreparation.current == nil && JoinedReads.current == nil
        guard configuration.usesNamedStatements, !isReadOnly || isAlone else {
            if isReadOnly { return try await read { try await $0.rows(sql) } }
            return try await transaction { try await $0.rows(sql) }
        }
        let sql = try sql.sendable(manualInstant: clock?.now())
        return try await retrying { _ in
            try await leased { connection, lease, deadline in
                do {
                    return try await connection.duringLease(lease, deadline: deadline) {
                        try $0.execute(sql, lease: lease)
                    }.rows
                } catch StoreError.connectionLost(let reason) {
                    throw isReadOnly
                        ? StoreError.connectionLost(reason) : StoreError.commitOutcomeUnknown(reason)
                }
            }
        }
    }

    /// For the few commands that PostgreSQL refuses inside a transaction; their text is made by the store itself.
    func runOutsideTransaction(_ script: String) async throws {
        try await leased { connection, lease, deadline in
            try await connection.duringLease(lease, deadline: deadline) { try $0.runScript(script, lease: lease) }
        }
    }

    /// Waits for transactions in flight to end, refuses new ones, and closes all connections.
    package func shutdown() async {
        listeners.withLock { listeners in
            for listener in listeners { listener.stop() }
            listeners = []
        }
        await pool.drain()
    }

    func start(_ listener: Listener) {
        listeners.withLock { listeners in
            listeners.removeAll { $0.hasStopped }
            listeners.append(listener)
        }
        listener.start()
    }

    /// Whether instants come from a clock that is set by hand; then nothing may depend on real time.
    package var hasManualClock: Bool { clock != nil }

    /// Connections in use, and callers waiting for one.
    package var load: (busy: Int, waiting: Int) { pool.load }

    // MARK: One attempt

    private func attempt<Result>(
        _ mode: TransactionMode, isRepeated: Bool, isDone: (@Sendable (Transaction) async throws -> Bool)?,
        _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        statistics.transactions.add(1, ordering: .relaxed)
        var processID = 0
        var finished: Result?
        do {
            return try await leased { connection, lease, deadline in
                try await withTaskExecutorPreference(connection.thread) {
                    do {
                        let begun = try await connection.begin(mode, lease: lease, deadline: deadline)
                        processID = begun.processID
                        let transaction = Transaction(
                            connection: connection, lease: lease, instant: clock?.now() ?? begun.instant, clock: clock,
                            isRepeated: isRepeated
                        )
                        if mode.isReadOnly, let preparation = ReadPreparation.current {
                            try await transaction.execute(preparation)
                        }
                        let result = try await body(transaction)
                        try Task.checkCancellation()
                        finished = result
                        try await connection.commit(lease: lease)
                        await connection.endLease()
                        return result
                    } catch {
                        await connection.rollback(lease: lease)
                        await connection.endLease()
                        throw error
                    }
                }
            }
        } catch StoreError.commitOutcomeUnknown(let reason) {
            guard let finished else { throw StoreError.commitOutcomeUnknown(reason) }
            if mode.isReadOnly { return finished }
            guard let isDone else { throw StoreError.commitOutcomeUnknown(reason) }
            // A task of its own hears no cancellation: what was committed must not end as "cancelled".
            let lookingUp = Task { [processID] in try await lookUp(processID: processID, reason: reason, isDone) }
            guard try await lookingUp.value else { throw StoreError.connectionLost(reason) }
            return finished
        }
    }

    /// Takes a connection, runs `body`, which begins and ends the lease, and gives the connection back in any case.
    private func leased<Result>(
        _ body: (Connection, UInt64, ContinuousClock.Instant) async throws -> Result
    ) async throws -> Result {
        let deadline = ContinuousClock.now + configuration.acquireTimeout
        let connection = try await pool.acquire()
        defer { pool.release(connection) }
        let lease = connection.gate.beginLease()
        return try await withTaskCancellationHandler {
            try await body(connection, lease, deadline)
        } onCancel: {
            connection.gate.cancel(lease: lease)
        }
    }

    // MARK: Trying again

    /// - Parameter attempt: told whether it was run before.
    private func retrying<Result>(_ attempt: (Bool) async throws -> Result) async throws -> Result {
        let policy = configuration.retry
        let deadline = ContinuousClock.now + policy.deadline
        var attempts = 1
        while true {
            do {
                return try await attempt(attempts > 1)
            } catch let error as StoreError
                where error.isRetryable && attempts < policy.attemptsMax && ContinuousClock.now < deadline
            {
                statistics.retries.add(1, ordering: .relaxed)
                try await Task.sleep(for: policy.delay(afterAttempt: attempts))
                attempts += 1
            }
        }
    }

    /// Finds out whether a transaction whose COMMIT got no answer was committed: first its server process must be
    /// gone, as it could commit until then, then its effect is there or not. Shielded from cancellation.
    private func lookUp(
        processID: Int, reason: String, _ isDone: @Sendable (Transaction) async throws -> Bool
    ) async throws -> Bool {
        statistics.outcomesLookedUp.add(1, ordering: .relaxed)
        logger.warning("commit outcome looked up", metadata: ["reason": "\(reason)"])
        let reading = TransactionMode(isolation: .readCommitted, isReadOnly: true)
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            do {
                let answer = try await attempt(reading, isRepeated: false, isDone: nil) {
                    let isAlive: Bool = try await $0.oneRow(
                        "select exists (select from pg_stat_activity where pid = \(processID)) as is_alive"
                    )["is_alive"]
                    return isAlive ? nil : try await isDone($0)
                }
                if let answer { return answer }
            } catch StoreError.connectionLost, StoreError.unreachable, StoreError.poolExhausted {
                // The server is still coming up: ask again.
            } catch {
                break  // The question itself fails, and would again.
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
        throw StoreError.commitOutcomeUnknown(reason)
    }
}
