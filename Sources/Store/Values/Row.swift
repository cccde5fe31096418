internal import CLibPQ

/// One row of a result. It shares the result's memory, which lives as long as any of its rows.
package struct Row: Sendable {
    let result: ResultSet
    let index: Int32

    /// Reads a column by name.
    ///
    /// What is generic here is nothing but calls, so that it can be made for each type where it is used.
    ///
    /// - Throws: ``StoreError/decoding(table:column:reason:)`` with the table and the column.
    package subscript<Value: SQLDecodable>(_ column: String) -> Value {
        get throws { try value(column) }
    }

    package func value<Value: SQLDecodable>(
        _ column: String, as type: Value.Type = Value.self
    ) throws(StoreError) -> Value {
        guard let cell = try cell(column) else {
            guard let null = Value.null else { throw fault(.isNull, column) }
            return null
        }
        do throws(CellFault) { return try Value(cell: cell) } catch { throw fault(error, column) }
    }

    /// - Returns: `nil` for NULL.
    func cell(_ column: String) throws(StoreError) -> Cell? {
        guard let field = result.shape.field(column) else {
            throw .decoding(table: nil, column: column, reason: "is not among the columns of the result")
        }
        guard PQgetisnull(result.pointer, index, field) == 0 else { return nil }
        let length = Int(PQgetlength(result.pointer, index, field))
        let bytes = UnsafeRawBufferPointer(start: PQgetvalue(result.pointer, index, field), count: length)
        return Cell(bytes: bytes, typeOID: PQftype(result.pointer, field))
    }

    func fault(_ fault: CellFault, _ column: String) -> StoreError {
        .decoding(table: result.shape.tables[column], column: column, reason: fault.reason)
    }

    /// The names of the columns, in their order.
    package var columns: [String] {
        result.shape.names
    }
}

/// What a statement's rows look like: found out once for each prepared statement.
final class RowShape: Sendable {
    /// Of the columns, in their order.
    let names: [String]
    /// Column name to table name, for error messages.
    let tables: [String: String]

    init(names: [String], tables: [String: String]) {
        self.names = names
        self.tables = tables
    }

    /// The first column of that name. Rows have few columns, with short names: comparing is faster than hashing.
    func field(_ name: String) -> Int32? { names.firstIndex(of: name).map(Int32.init) }
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
