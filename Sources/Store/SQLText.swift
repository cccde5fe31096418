package import Foundation

extension SQL {
    /// The statement as plain text with every value written into it, for tools that take only text: pgbench runs the
    /// very statements of the program this way.
    ///
    /// - Parameter replacing: another expression for a UUID that stands for "a different one each time".
    package func writtenOut(replacing: (UUID) -> String? = { _ in nil }) throws -> String {
        try parts.map { part in
            switch part {
            case .literal(let literal): literal.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
            case .instant: "now()"
            case .parameter(let parameter): try parameter.literal(replacing)
            }
        }.joined()
    }
}

extension BoundParameter {
    fileprivate func literal(_ replacing: (UUID) -> String?) throws -> String {
        func quoted(_ text: String, _ type: String) -> String {
            "'" + text.replacingOccurrences(of: "'", with: "''") + "'" + type
        }
        switch content {
        case .null: return "null"
        case .invalid(let reason): throw StoreError.invalidParameter(reason)
        case .text(let bytes): return quoted(String(decoding: bytes.dropLast(), as: UTF8.self), "")
        case .binary(let bytes):
            return try bytes.withUnsafeBytes { buffer in
                let cell = Cell(bytes: buffer, typeOID: typeOID)
                switch typeOID {
                case TypeOID.int8: return "\(try Int64(cell: cell))::bigint"
                case TypeOID.bool: return "\(try Bool(cell: cell))"
                case TypeOID.jsonb: return quoted(try JSONText(cell: cell).text, "::jsonb")
                case TypeOID.timestamptz:
                    return "to_timestamp(\(try Date(cell: cell).timeIntervalSince1970)::double precision)"
                case TypeOID.date: return "(date '2000-01-01' + \(try cell.integer(Int32.self)))"
                case TypeOID.uuid:
                    let uuid = try UUID(cell: cell)
                    return replacing(uuid) ?? quoted(uuid.uuidString.lowercased(), "::uuid")
                default: throw StoreError.invalidParameter("type OID \(typeOID) cannot be written out")
                }
            }
        }
    }
}
