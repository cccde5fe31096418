internal import CLibPQ

/// One row of a result. It shares the result's memory, which lives as long as any of its rows.
package struct Row: Sendable {
    let result: ResultSet
    let index: Int32

    /// Reads a column by name.
    ///
    /// - Throws: ``StoreError/decoding(table:column:reason:)`` with the table and the column.
    package subscript<Value: SQLDecodable>(_ column: String) -> Value {
        get throws { try value(column) }
    }

    package func value<Value: SQLDecodable>(
        _ column: String, as type: Value.Type = Value.self
    ) throws(StoreError) -> Value {
        guard let field = result.shape.fields[column] else {
            throw .decoding(table: nil, column: column, reason: "is not among the columns of the result")
        }
        do throws(CellFault) {
            if PQgetisnull(result.pointer, index, field) == 1 {
                guard let null = Value.null else { throw .isNull }
                return null
            }
            let length = Int(PQgetlength(result.pointer, index, field))
            let bytes = UnsafeRawBufferPointer(start: PQgetvalue(result.pointer, index, field), count: length)
            return try Value(cell: Cell(bytes: bytes, typeOID: PQftype(result.pointer, field)))
        } catch {
            throw .decoding(table: result.shape.tables[column], column: column, reason: error.reason)
        }
    }

    /// The names of the columns, in their order.
    package var columns: [String] {
        result.shape.fields.sorted { $0.value < $1.value }.map(\.key)
    }
}

/// What a statement's rows look like: found out once for each prepared statement.
final class RowShape: Sendable {
    let fields: [String: Int32]
    /// Column name to table name, for error messages.
    let tables: [String: String]

    init(fields: [String: Int32], tables: [String: String]) {
        self.fields = fields
        self.tables = tables
    }
}

/// A `PGresult` with an owner. Reading one from several threads is allowed; it is never written after its making.
final class ResultSet: Sendable {
    nonisolated(unsafe) let pointer: OpaquePointer
    let shape: RowShape

    init(_ pointer: OpaquePointer, shape: RowShape) {
        self.pointer = pointer
        self.shape = shape
    }

    deinit { PQclear(pointer) }

    var rows: [Row] {
        (0..<PQntuples(pointer)).map { Row(result: self, index: $0) }
    }

    /// Rows inserted, updated, deleted or copied.
    var affectedRows: Int {
        PQcmdTuples(pointer).flatMap { Int(String(cString: $0)) } ?? 0
    }
}
