internal import CLibPQ
internal import Foundation
internal import Synchronization

/// One connection to PostgreSQL, confined to its own thread. It reconnects when it finds itself broken.
///
/// Every method blocks its ``ConnectionThread`` and nothing else. A *lease* is the use of the connection by one
/// transaction; a call with an ended lease is refused, so a `Transaction` that escaped its body does no harm.
actor Connection {
    nonisolated let thread: ConnectionThread
    nonisolated let gate = CancellationGate()
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    let configuration: StoreConfiguration
    let statistics: Statistics
    var pointer: OpaquePointer?
    var statements = StatementCache()
    var tableNames: [UInt32: String] = [:]
    var isInCopy = false
    var abandonedCopy = false
    private var lease: UInt64 = 0
    private var lastUsed = ContinuousClock.now
    private var connectFailures = 0

    init(number: Int, configuration: StoreConfiguration, statistics: Statistics) {
        thread = ConnectionThread(name: "postgres-\(number)")
        self.configuration = configuration
        self.statistics = statistics
    }

    // MARK: Lease

    /// Takes the connection for one transaction, connected and asked for a sign of life where it idled long.
    ///
    /// - Parameter lease: from ``CancellationGate/beginLease()``.
    /// - Throws: ``StoreError/unreachable(_:)`` when no connection came up before the deadline.
    func beginLease(_ lease: UInt64, deadline: ContinuousClock.Instant) throws {
        try ensureConnected(deadline: deadline)
        abandonedCopy = false
        self.lease = lease
    }

    /// Gives the connection back: to the pool as it is if it is idle, closed otherwise.
    func endLease() {
        gate.endLease()
        lease = 0
        lastUsed = .now
        guard let pointer else { return }
        let isClean =
            PQstatus(pointer) == CONNECTION_OK && PQtransactionStatus(pointer) == PQTRANS_IDLE
            && PQpipelineStatus(pointer) == PQ_PIPELINE_OFF && !isInCopy
        if !isClean { close() }
    }

    /// A whole lease in one step, for a statement that is its own transaction.
    func duringLease<Result: Sendable>(
        _ lease: UInt64, deadline: ContinuousClock.Instant, _ body: @Sendable (isolated Connection) throws -> Result
    ) throws -> Result {
        defer { endLease() }
        try beginLease(lease, deadline: deadline)
        return try body(self)
    }

    func checkLease(_ wanted: UInt64) throws(StoreError) {
        guard wanted == lease, lease != 0 else { throw .transactionAborted }
    }

    // MARK: Connecting

    func close() {
        gate.attach(nil)
        PQfinish(pointer)
        pointer = nil
        statements = StatementCache()
        isInCopy = false
        abandonedCopy = false
    }

    private func ensureConnected(deadline: ContinuousClock.Instant) throws {
        if isUsable() { return }
        close()
        var lastMessage = "the acquire timeout had passed"
        repeat {
            if let message = connect() {
                lastMessage = message
                connectFailures += 1
                let ceiling = min(500, 10 << min(connectFailures, 6))
                let pause = Double(Int.random(in: 5...max(6, ceiling))) / 1_000
                let left = Double((deadline - .now).wholeMilliseconds) / 1_000
                if left > 0 { Thread.sleep(forTimeInterval: min(pause, left)) }
            } else {
                connectFailures = 0
                return
            }
        } while ContinuousClock.now < deadline
        throw StoreError.unreachable(lastMessage)
    }

    /// - Returns: why not, or `nil` when connected.
    private func connect() -> String? {
        switch configuration.open() {
        case .failure(let fault): return fault.reason
        case .success(let fresh):
            pointer = fresh
            gate.attach(fresh)
            statistics.connectionsOpened.add(1, ordering: .relaxed)
            return nil
        }
    }

    /// Sees a connection that the server closed meanwhile without asking the server; after a long idle time it asks.
    private func isUsable() -> Bool {
        guard let pointer, PQstatus(pointer) == CONNECTION_OK else { return false }
        for _ in 0..<4 {
            var descriptor = pollfd(fd: PQsocket(pointer), events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, 0) > 0 else { break }
            guard PQconsumeInput(pointer) == 1, PQstatus(pointer) == CONNECTION_OK else { return false }
        }
        guard lastUsed + configuration.healthCheckAfter < .now else { return true }
        let answer = PQexec(pointer, "")
        defer { PQclear(answer) }
        return PQresultStatus(answer) == PGRES_EMPTY_QUERY
    }

    // MARK: Errors

    /// The error of a failed result, or of the connection where there is none. Consumes the result.
    func failure(_ result: OpaquePointer?) -> StoreError {
        defer { PQclear(result) }
        func field(_ code: Int32) -> String? { PQresultErrorField(result, code).map { String(cString: $0) } }
        let connectionMessage = PQerrorMessage(pointer).map { String(cString: $0) } ?? ""
        guard let sqlState = field(Int32(UInt8(ascii: "C"))) else {
            return .connectionLost(connectionMessage.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        let message = field(Int32(UInt8(ascii: "M"))) ?? connectionMessage
        let isConnectionEnd = sqlState.hasPrefix("08") || sqlState.hasPrefix("57P") || sqlState == "25P03"
        if isConnectionEnd || PQstatus(pointer) == CONNECTION_BAD { return .connectionLost(message) }
        return .server(
            StoreError.ServerError(
                sqlState: sqlState, message: message, detail: field(Int32(UInt8(ascii: "D"))),
                constraint: field(Int32(UInt8(ascii: "n"))), table: field(Int32(UInt8(ascii: "t"))),
                column: field(Int32(UInt8(ascii: "c")))
            )
        )
    }
}
