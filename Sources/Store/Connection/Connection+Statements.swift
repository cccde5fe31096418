internal import CLibPQ
internal import Foundation

extension Connection {
    // MARK: Transaction control

    /// Takes the connection, and sends BEGIN and the reading of the server's clock in one round trip.
    ///
    /// - Returns: the instant, and the number of the server process that serves the transaction. Behind a pooler libpq
    ///   knows only the pooler's own number, so there the server is asked.
    func begin(
        _ mode: TransactionMode, lease: UInt64, deadline: ContinuousClock.Instant
    ) throws -> (instant: Date, processID: Int) {
        try beginLease(lease, deadline: deadline)
        var commands: [PipelineCommand] = [.text(mode.beginStatement)]
        if !configuration.usesNamedStatements {
            commands += configuration.settings.map { .text("set local \($0.name) = \($0.value)") }
            if let role = configuration.role { commands.append(.text("set local role \(role)")) }
        }
        let asksProcess = !configuration.usesNamedStatements
        commands.append(.text(asksProcess ? "select now(), pg_backend_pid()" : "select now()"))
        let results = try runPipeline(commands)
        defer { results.forEach { PQclear($0) } }
        guard let last = results.last else { throw failure(nil) }
        func cell(_ field: Int32) -> Cell {
            let length = Int(PQgetlength(last, 0, field))
            return Cell(
                bytes: UnsafeRawBufferPointer(start: PQgetvalue(last, 0, field), count: length),
                typeOID: PQftype(last, field)
            )
        }
        return (try Date(cell: cell(0)), asksProcess ? try Int(cell: cell(1)) : Int(PQbackendPID(pointer)))
    }

    /// - Throws: ``StoreError/commitOutcomeUnknown(_:)`` if the connection broke before the answer came,
    ///   ``StoreError/transactionAborted`` if the server rolled back instead.
    func commit(lease: UInt64) throws {
        try checkLease(lease)
        guard !abandonedCopy, !isInCopy else { throw StoreError.copyAbandoned }
        let result = PQexec(pointer, "commit")
        guard PQresultStatus(result) == PGRES_COMMAND_OK else {
            switch failure(result) {
            case .connectionLost(let reason): throw StoreError.commitOutcomeUnknown(reason)
            case let error: throw error
            }
        }
        defer { PQclear(result) }
        guard String(cString: PQcmdStatus(result)) == "COMMIT" else { throw StoreError.transactionAborted }
    }

    /// Never throws: a connection that cannot roll back is closed at the end of the lease.
    func rollback(lease: UInt64) {
        guard (try? checkLease(lease)) != nil, pointer != nil else { return }
        if isInCopy { abandonCopy() }
        guard PQstatus(pointer) == CONNECTION_OK, PQtransactionStatus(pointer) != PQTRANS_IDLE else { return }
        PQclear(PQexec(pointer, "rollback"))
    }

    // MARK: Statements

    /// Runs one statement and waits for it. Cancellable.
    func execute(_ sql: SQL, lease: UInt64) throws -> ResultSet {
        try checkLease(lease)
        guard !isInCopy else { throw StoreError.copyAbandoned }
        try gate.beginStatement()
        do {
            let prepared = try self.prepared(sql)
            let result = try executeNow(sql, prepared.name)
            gate.endStatement()
            return ResultSet(result, shape: shape(of: result, prepared))
        } catch {
            throw translated(error, isCancelled: gate.endStatement())
        }
    }

    /// Runs several statements in one round trip; the first error ends them all.
    func executeAll(_ statements: [SQL], lease: UInt64) throws -> [ResultSet] {
        try checkLease(lease)
        guard !isInCopy else { throw StoreError.copyAbandoned }
        try gate.beginStatement()
        do {
            let prepared = try statements.map { try self.prepared($0) }
            let results = try runPipeline(zip(statements, prepared).map { .statement($0, name: $1.name) })
            gate.endStatement()
            return zip(results, prepared).map { ResultSet($0, shape: shape(of: $0, $1)) }
        } catch {
            throw translated(error, isCancelled: gate.endStatement())
        }
    }

    private func executeNow(_ sql: SQL, _ name: String?) throws(StoreError) -> OpaquePointer {
        let result = withValues(of: sql) { count, values, lengths, formats, types in
            if let name { return PQexecPrepared(pointer, name, count, values, lengths, formats, 1) }
            return PQexecParams(pointer, sql.text, count, types, values, lengths, formats, 1)
        }
        return try succeeded(result)
    }

    /// The statement as the server knows it, prepared now if it is new.
    private func prepared(_ sql: SQL) throws(StoreError) -> PreparedStatement {
        // Nothing would tell of an unnamed statement that its table has changed, so its shape is not kept.
        guard configuration.usesNamedStatements else { return PreparedStatement(name: nil) }
        let key = StatementKey(sql)
        if let known = statements[key] { return known }
        if statements.isFull {
            PQclear(try succeeded(PQexec(pointer, "deallocate all")))
            statements.forget()
        }
        let name = statements.nextName()
        let types = sql.values.map(\.typeOID)
        PQclear(try succeeded(PQprepare(pointer, name, sql.text, Int32(types.count), types)))
        let fresh = PreparedStatement(name: name)
        statements.remember(key, fresh)
        return fresh
    }

    /// A cancelled task sees `CancellationError`, not the server's word for it.
    func translated(_ error: any Error, isCancelled: Bool) -> any Error {
        guard let error = error as? StoreError else { return error }
        if error.invalidatesPreparedStatements { statements.forget() }
        return isCancelled && error.sqlState == "57014" ? CancellationError() : error
    }

    func succeeded(_ result: OpaquePointer?) throws(StoreError) -> OpaquePointer {
        let status = PQresultStatus(result)
        guard let result, Self.isDone(status) else { throw failure(result) }
        return result
    }

    /// Text of nothing but comments is done, too.
    private static func isDone(_ status: ExecStatusType) -> Bool {
        status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY
    }

    // MARK: Pipeline

    enum PipelineCommand {
        case text(String)
        case statement(SQL, name: String?)
    }

    /// Sends all commands behind one sync and collects their results, each `succeeded`.
    private func runPipeline(_ commands: [PipelineCommand]) throws -> [OpaquePointer] {
        guard PQenterPipelineMode(pointer) == 1 else { throw failure(nil) }
        defer { _ = PQexitPipelineMode(pointer) }
        for command in commands {
            let sent =
                switch command {
                case .text(let text):
                    PQsendQueryParams(pointer, text, 0, nil, nil, nil, nil, 1)
                case .statement(let sql, let name):
                    withValues(of: sql) { count, values, lengths, formats, types in
                        if let name { return PQsendQueryPrepared(pointer, name, count, values, lengths, formats, 1) }
                        return PQsendQueryParams(pointer, sql.text, count, types, values, lengths, formats, 1)
                    }
                }
            guard sent == 1 else { throw failure(nil) }
        }
        guard PQpipelineSync(pointer) == 1 else { throw failure(nil) }
        return try collectPipeline(count: commands.count)
    }

    /// Reads up to the sync. Two empty answers in a row never come from a live connection.
    private func collectPipeline(count: Int) throws -> [OpaquePointer] {
        var results: [OpaquePointer] = []
        var error: StoreError?
        var emptyAnswers = 0
        while emptyAnswers < 2 {
            guard let result = PQgetResult(pointer) else {
                emptyAnswers += 1
                continue
            }
            emptyAnswers = 0
            let status = PQresultStatus(result)
            if status == PGRES_PIPELINE_SYNC {
                PQclear(result)
                break
            }
            if Self.isDone(status) {
                results.append(result)
            } else if error == nil, status != PGRES_PIPELINE_ABORTED {
                error = failure(result)
            } else {
                PQclear(result)
            }
        }
        guard error == nil, results.count == count else {
            results.forEach { PQclear($0) }
            throw error ?? failure(nil)
        }
        return results
    }

    // MARK: Shapes and values

    private func shape(of result: OpaquePointer, _ prepared: PreparedStatement) -> RowShape {
        if let known = prepared.shape { return known }
        var names: [String] = []
        var tables: [String: String] = [:]
        for field in 0..<PQnfields(result) {
            let name = PQfname(result, field).map { String(cString: $0) } ?? ""
            names.append(name)
            let table = PQftable(result, field)
            if table != 0 { tables[name] = tableName(table) }
        }
        let shape = RowShape(names: names, tables: tables)
        prepared.shape = shape
        return shape
    }

    private func tableName(_ oid: UInt32) -> String? {
        if let known = tableNames[oid] { return known }
        let result = PQexec(pointer, "select \(oid)::regclass::text")
        defer { PQclear(result) }
        guard PQntuples(result) == 1, let value = PQgetvalue(result, 0, 0) else { return nil }
        tableNames[oid] = String(cString: value)
        return tableNames[oid]
    }

    /// Lays the values out as libpq takes them: pointers into the statement's own buffer.
    private func withValues<Result>(
        of sql: SQL,
        _ body: (
            Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?,
            UnsafePointer<Oid>?
        ) -> Result
    ) -> Result {
        let count = sql.values.count
        return sql.wire.bytes.withUnsafeBytes { bytes in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { values in
                withUnsafeTemporaryAllocation(of: Int32.self, capacity: 3 * count) { numbers in
                    let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                    for (index, value) in sql.values.enumerated() {
                        values[index] = value.place.flatMap { base?.advanced(by: $0.lowerBound) }
                        numbers[index] = Int32(truncatingIfNeeded: value.place?.count ?? 0)
                        numbers[count + index] = value.isText ? 0 : 1
                        numbers[2 * count + index] = Int32(bitPattern: value.typeOID)
                    }
                    guard let lengths = numbers.baseAddress else { return body(0, nil, nil, nil, nil) }
                    return (lengths + 2 * count).withMemoryRebound(to: Oid.self, capacity: count) { types in
                        body(Int32(count), values.baseAddress, lengths, lengths + count, types)
                    }
                }
            }
        }
    }
}
