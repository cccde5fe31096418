package import Foundation

/// An open transaction. Valid only inside the body it was handed to.
package struct Transaction: Sendable {
    let connection: Connection
    let lease: UInt64
    /// The one instant of this transaction: when it began, by PostgreSQL's clock (in tests, by the manual one).
    package let instant: Date
    let clock: (any WallClock)?
    /// Whether the body runs again, as an attempt before was in the way of others.
    package let isRepeated: Bool

    private func later(_ instant: Date, _ clock: (any WallClock)?) -> Transaction {
        Transaction(connection: connection, lease: lease, instant: instant, clock: clock, isRepeated: isRepeated)
    }

    /// All rows of a statement. Bound the number in the statement itself.
    package func rows(_ sql: SQL) async throws -> [Row] {
        try await run(sql).rows
    }

    /// The first row, or `nil`.
    package func firstRow(_ sql: SQL) async throws -> Row? {
        try await run(sql).rows.first
    }

    /// The only row.
    ///
    /// - Throws: ``StoreError/unexpectedRowCount(_:)`` unless there is exactly one.
    package func oneRow(_ sql: SQL) async throws -> Row {
        let rows = try await run(sql).rows
        guard let row = rows.first, rows.count == 1 else { throw StoreError.unexpectedRowCount(rows.count) }
        return row
    }

    /// Runs a statement for its effect.
    ///
    /// - Returns: the number of rows it changed.
    @discardableResult
    package func execute(_ sql: SQL) async throws -> Int {
        try await run(sql).affectedRows
    }

    /// Runs several statements in one round trip (libpq's pipeline mode) and returns the rows of each. The first
    /// error ends them all.
    package func pipeline(_ statements: [SQL]) async throws -> [[Row]] {
        let rendered = try statements.map { try $0.sendable(manualInstant: instant) }
        return try await connection.executeAll(rendered, lease: lease).map(\.rows)
    }

    /// The clock again, for a decision that follows a wait for a lock.
    package func freshInstant() async throws -> Date {
        if let clock { return clock.now() }
        return try await oneRow("select clock_timestamp() as instant")["instant"]
    }

    /// The same transaction, whose instant is the clock after a wait for a lock.
    package func afterWaiting() async throws -> Transaction {
        later(try await freshInstant(), clock)
    }

    /// Runs a statement that may wait for a lock, and reads the clock after it, in one round trip.
    ///
    /// - Returns: the first row, and the same transaction at the instant after the wait.
    package func waiting(for sql: SQL) async throws -> (row: Row?, after: Transaction) {
        if let clock {
            let row = try await firstRow(sql)
            return (row, later(clock.now(), clock))
        }
        let answers = try await pipeline([sql, "select clock_timestamp() as instant"])
        guard let instant = answers.last?.first else { throw StoreError.unexpectedRowCount(0) }
        return (
            answers.first?.first,
            later(try instant["instant"], nil)
        )
    }

    /// Waits for the advisory lock `key`; the end of the transaction gives it back.
    ///
    /// A wait for it does not refresh the snapshot of the statement that waits, so read in the next one.
    package func advisoryLock(_ key: AdvisoryLock) async throws {
        try await execute("select pg_advisory_xact_lock(\(key.number))")
    }

    /// The same, together with everybody else who takes it so; it waits only for those who want it alone.
    package func sharedAdvisoryLock(_ key: AdvisoryLock) async throws {
        try await execute("select pg_advisory_xact_lock_shared(\(key.number))")
    }

    /// The same, and a statement once it is held, in one round trip.
    package func sharedAdvisoryLock(_ key: AdvisoryLock, then sql: SQL) async throws -> [Row] {
        try await pipeline(["select pg_advisory_xact_lock_shared(\(key.number))", sql]).last ?? []
    }

    /// The same as ``tryAdvisoryLock(_:)``, and a statement after it, in one round trip.
    ///
    /// - Returns: its rows; `nil` when the lock was not free.
    package func tryAdvisoryLock(_ key: AdvisoryLock, then sql: SQL) async throws -> [Row]? {
        let answers = try await pipeline(["select pg_try_advisory_xact_lock(\(key.number)) as taken", sql])
        guard let taken = answers.first?.first, let rows = answers.last, answers.count == 2 else {
            throw StoreError.unexpectedRowCount(answers.count)
        }
        return try taken["taken"] ? rows : nil
    }

    /// - Returns: whether the lock was free; never waits.
    package func tryAdvisoryLock(_ key: AdvisoryLock) async throws -> Bool {
        try await oneRow("select pg_try_advisory_xact_lock(\(key.number)) as taken")["taken"]
    }

    /// Sends one notification on a channel; PostgreSQL delivers it at commit. Not for hot paths: notifying
    /// transactions commit one after the other.
    package func notify(_ channel: StaticString, payload: String) async throws {
        try await execute("select pg_notify(\(String(describing: channel)), \(payload))")
    }

    private func run(_ sql: SQL) async throws -> ResultSet {
        try await connection.execute(try sql.sendable(manualInstant: instant), lease: lease)
    }
}

/// The number of an advisory lock, made from words so that two uses do not meet by chance.
package struct AdvisoryLock: Hashable, Sendable {
    let number: Int64

    /// FNV-1a over the words.
    package init(_ words: String...) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in words.joined(separator: "\u{1f}").utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        number = Int64(bitPattern: hash)
    }
}

/// Isolation and access of a transaction.
package struct TransactionMode: Hashable, Sendable {
    package enum Isolation: Hashable, Sendable {
        case readCommitted, repeatableRead, serializable
    }

    let isolation: Isolation
    let isReadOnly: Bool

    var beginStatement: String {
        let level =
            switch isolation {
            case .readCommitted: "read committed"
            case .repeatableRead: "repeatable read"
            case .serializable: "serializable"
            }
        return "begin isolation level \(level) \(isReadOnly ? "read only" : "read write")"
    }
}
