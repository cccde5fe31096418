internal import CLibPQ
internal import Foundation

extension Connection {
    // MARK: Transaction control

    /// BEGIN and the reading of the server's clock, in one round trip.
    ///
    /// - Returns: the instant, unless `readsClock` is off.
    func begin(_ mode: TransactionMode, readsClock: Bool, lease: UInt64) throws -> Date? {
        try checkLease(lease)
        var commands: [PipelineCommand] = [.text(mode.beginStatement)]
        if !configuration.usesNamedStatements {
            commands += configuration.settings.map { .text("set local \($0.name) = \($0.value)") }
            if let role = configuration.role { commands.append(.text("set local role \(role)")) }
        }
        if readsClock { commands.append(.text("select now()")) }
        let results = try runPipeline(commands)
        defer { results.forEach { PQclear($0) } }
        guard readsClock, let last = results.last, let value = PQgetvalue(last, 0, 0) else { return nil }
        let bytes = UnsafeRawBufferPointer(start: value, count: Int(PQgetlength(last, 0, 0)))
        return try Date(cell: Cell(bytes: bytes, typeOID: PQftype(last, 0)))
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
    func execute(_ sql: RenderedSQL, lease: UInt64) throws -> ResultSet {
        try checkLease(lease)
        guard !isInCopy else { throw StoreError.copyAbandoned }
        try gate.beginStatement()
        let key = StatementKey(sql)
        do {
            let result = try executeNow(sql, key)
            gate.endStatement()
            return ResultSet(result, shape: shape(of: result, key))
        } catch {
            throw translated(error, isCancelled: gate.endStatement())
        }
    }

    /// Runs several statements in one round trip; the first error ends them all.
    func executeAll(_ statements: [RenderedSQL], lease: UInt64) throws -> [ResultSet] {
        try checkLease(lease)
        guard !isInCopy else { throw StoreError.copyAbandoned }
        try gate.beginStatement()
        do {
            let results = try runPipeline(statements.map { .statement($0) })
            gate.endStatement()
            return zip(results, statements).map { ResultSet($0, shape: shape(of: $0, StatementKey($1))) }
        } catch {
            throw translated(error, isCancelled: gate.endStatement())
        }
    }

    private func executeNow(_ sql: RenderedSQL, _ key: StatementKey) throws -> OpaquePointer {
        if let name = try preparedName(key, of: sql) {
            return try succeeded(
                withParameters(sql.parameters) { count, values, lengths, formats, _ in
                    PQexecPrepared(pointer, name, count, values, lengths, formats, 1)
                }
            )
        }
        return try succeeded(
            withParameters(sql.parameters) { count, values, lengths, formats, types in
                PQexecParams(pointer, sql.text, count, types, values, lengths, formats, 1)
            }
        )
    }

    /// The server-side name of a statement, prepared now if it is new; `nil` where statements go unnamed.
    private func preparedName(_ key: StatementKey, of sql: RenderedSQL) throws -> String? {
        guard configuration.usesNamedStatements else { return nil }
        if let name = statements.name(for: key) { return name }
        if statements.isFull {
            PQclear(try succeeded(PQexec(pointer, "deallocate all")))
            statements = StatementCache()
        }
        let name = statements.nextName()
        let result = key.types.withUnsafeBufferPointer {
            PQprepare(pointer, name, sql.text, Int32(key.types.count), $0.baseAddress)
        }
        PQclear(try succeeded(result))
        statements.remember(key, name: name)
        return name
    }

    /// A cancelled task sees `CancellationError`, not the server's word for it.
    func translated(_ error: any Error, isCancelled: Bool) -> any Error {
        guard let error = error as? StoreError else { return error }
        if error.invalidatesPreparedStatements { statements.forget() }
        return isCancelled && error.sqlState == "57014" ? CancellationError() : error
    }

    func succeeded(_ result: OpaquePointer?) throws(StoreError) -> OpaquePointer {
        let status = PQresultStatus(result)
        guard let result, status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK else { throw failure(result) }
        return result
    }

    // MARK: Pipeline

    enum PipelineCommand {
        case text(String)
        case statement(RenderedSQL)
    }

    /// Sends all commands behind one sync and collects their results, each `succeeded`.
    private func runPipeline(_ commands: [PipelineCommand]) throws -> [OpaquePointer] {
        var names: [String?] = []
        for case .statement(let sql) in commands { names.append(try preparedName(StatementKey(sql), of: sql)) }
        guard PQenterPipelineMode(pointer) == 1 else { throw failure(nil) }
        defer { _ = PQexitPipelineMode(pointer) }
        var nameIndex = 0
        for command in commands {
            let sent: Int32
            switch command {
            case .text(let text):
                sent = PQsendQueryParams(pointer, text, 0, nil, nil, nil, nil, 1)
            case .statement(let sql):
                let name = names[nameIndex]
                nameIndex += 1
                sent = withParameters(sql.parameters) { count, values, lengths, formats, types in
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
            if status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK {
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

    // MARK: Shapes and parameters

    private func shape(of result: OpaquePointer, _ key: StatementKey) -> RowShape {
        if let known = statements.shape(for: key) { return known }
        var fields: [String: Int32] = [:]
        var tables: [String: String] = [:]
        for field in 0..<PQnfields(result) {
            guard let name = PQfname(result, field).map({ String(cString: $0) }) else { continue }
            if fields[name] == nil { fields[name] = field }
            let table = PQftable(result, field)
            if table != 0 { tables[name] = tableName(table) }
        }
        let shape = RowShape(fields: fields, tables: tables)
        statements.remember(key, shape: shape)
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

    /// Lays the parameters out as libpq takes them, in one buffer.
    func withParameters<Result>(
        _ parameters: [BoundParameter],
        _ body: (
            Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?,
            UnsafePointer<Oid>?
        ) -> Result
    ) -> Result {
        var buffer: [UInt8] = []
        var offsets: [Int?] = []
        var lengths: [Int32] = []
        var formats: [Int32] = []
        for parameter in parameters {
            switch parameter.content {
            case .null, .invalid:
                offsets.append(nil)
                lengths.append(0)
                formats.append(1)
            case .binary(let bytes), .text(let bytes):
                offsets.append(buffer.count)
                buffer += bytes
                lengths.append(Int32(truncatingIfNeeded: bytes.count))
                if case .text = parameter.content { formats.append(0) } else { formats.append(1) }
            }
        }
        buffer.append(0)
        return buffer.withUnsafeBytes { buffer in
            let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = offsets.map { offset in offset.flatMap { base?.advanced(by: $0) } }
            return body(Int32(parameters.count), values, lengths, formats, parameters.map(\.typeOID))
        }
    }
}
