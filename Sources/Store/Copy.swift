/// One row for a binary COPY: its values in the order of the statement's columns.
package struct CopyRow: Sendable {
    private var wire = WireBuffer()

    /// Number of fields, then each value behind its length (PostgreSQL's manual, COPY, "Binary Format").
    package init(_ values: [any SQLParameter]) {
        wire.append(Int16(truncatingIfNeeded: values.count))
        for value in values {
            if type(of: value).typeOID == TypeOID.numeric {
                wire.refuse("numeric values cannot go through a binary COPY")
            }
            wire.placeMeasured(value)
        }
    }

    func append(to buffer: inout [UInt8]) throws(StoreError) {
        if let refusal = wire.refusal { throw .invalidParameter(refusal) }
        buffer += wire.bytes
    }
}

extension Transaction {
    private static var chunkBytes: Int { 65_536 }

    /// Streams rows in by `copy … from stdin (format binary)`. Takes the next row only when the server keeps up.
    ///
    /// - Returns: the number of rows.
    /// - Throws: what the sequence throws, after telling the server to discard the rows.
    @discardableResult
    package func copyIn<Rows: AsyncSequence>(_ sql: SQL, rows: Rows) async throws -> Int
    where Rows.Element == CopyRow {
        try await copying(sql) {
            var buffer = Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0] + [UInt8](repeating: 0, count: 8)
            for try await row in rows {
                try row.append(to: &buffer)
                if buffer.count >= Self.chunkBytes { try await put(&buffer) }
            }
            buffer += [0xff, 0xff]
            try await put(&buffer)
        }
    }

    /// Streams rows in from a plain sequence.
    @discardableResult
    package func copyIn<Rows: Sequence>(_ sql: SQL, rows: Rows) async throws -> Int where Rows.Element == CopyRow {
        try await copyIn(sql, rows: Pulled(base: rows))
    }

    /// Streams bytes in, in the format that the statement names (text, csv or binary).
    @discardableResult
    package func copyIn<Chunks: AsyncSequence>(_ sql: SQL, bytes chunks: Chunks) async throws -> Int
    where Chunks.Element == [UInt8] {
        try await copying(sql) {
            for try await var chunk in chunks { try await put(&chunk) }
        }
    }

    /// Streams the rows of a `copy … to stdout` out, in the format that the statement names; each chunk holds whole
    /// rows. Nothing is read before it is asked for. Take it to its end, or the transaction cannot be committed.
    package func copyOut(_ sql: SQL) -> CopyOut {
        CopyOut(transaction: self, sql: sql)
    }

    private func copying(_ sql: SQL, _ feed: () async throws -> Void) async throws -> Int {
        try await connection.beginCopy(try sql.sendable(manualInstant: instant), .fromClient, lease: lease)
        do {
            try await feed()
        } catch let error as StoreError where error.endsCopy {
            throw error
        } catch {
            _ = try? await connection.endCopyIn(failure: "the source of the rows failed", lease: lease)
            throw error
        }
        return try await connection.endCopyIn(failure: nil, lease: lease)
    }

    private func put(_ buffer: inout [UInt8]) async throws {
        try Task.checkCancellation()
        try await connection.putCopy(buffer, lease: lease)
        buffer.removeAll(keepingCapacity: true)
    }
}

extension StoreError {
    /// The server has ended the COPY itself.
    fileprivate var endsCopy: Bool {
        switch self {
        case .server, .connectionLost: true
        case .commitOutcomeUnknown, .unreachable, .poolExhausted, .poolClosed, .invalidParameter, .decoding,
            .transactionAborted, .copyAbandoned, .unexpectedRowCount, .contended:
            false
        }
    }
}

/// The bytes of a COPY … TO STDOUT, pulled as they are wanted.
package struct CopyOut: AsyncSequence {
    package typealias Element = [UInt8]
    let transaction: Transaction
    let sql: SQL

    package func makeAsyncIterator() -> Iterator { Iterator(transaction: transaction, sql: sql) }

    package struct Iterator: AsyncIteratorProtocol {
        let transaction: Transaction
        let sql: SQL
        private var hasBegun = false

        init(transaction: Transaction, sql: SQL) {
            self.transaction = transaction
            self.sql = sql
        }

        package mutating func next() async throws -> [UInt8]? {
            let (connection, lease) = (transaction.connection, transaction.lease)
            if !hasBegun {
                hasBegun = true
                let rendered = try sql.sendable(manualInstant: transaction.instant)
                try await connection.beginCopy(rendered, .toClient, lease: lease)
            }
            return try await connection.nextCopyOut(bytesWanted: 65_536, lease: lease)
        }
    }
}

/// A sequence as an asynchronous one.
private struct Pulled<Base: Sequence>: AsyncSequence {
    typealias Element = Base.Element
    let base: Base

    func makeAsyncIterator() -> Iterator { Iterator(base: base.makeIterator()) }

    struct Iterator: AsyncIteratorProtocol {
        var base: Base.Iterator
        mutating func next() async -> Base.Element? { base.next() }
    }
}
