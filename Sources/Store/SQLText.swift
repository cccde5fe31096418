package import Foundation

extension SQL {
    /// The statement as plain text with every value written into it, for tools that take only text: pgbench runs the
    /// very statements of the program this way.
    ///
    /// - Parameter replacing: another expression for a UUID that stands for "a different one each time".
    package func writtenOut(replacing: (UUID) -> String? = { _ in nil }) throws -> String {
        var values = values.makeIterator()
        return try pieces.map { piece in
            if let piece { return piece.withUTF8Buffer { String(decoding: $0, as: UTF8.self) } }
            return try values.next().map { try literal($0, replacing) } ?? ""
        }.joined()
    }

    private func literal(_ value: Value, _ replacing: (UUID) -> String?) throws -> String {
        func quoted(_ text: String, _ type: String) -> String {
            "'" + text.replacingOccurrences(of: "'", with: "''") + "'" + type
        }
        if let refusal = wire.refusal { throw StoreError.invalidParameter(refusal) }
        guard let place = value.place else { return "null" }
        if value.isText { return quoted(String(decoding: wire.bytes[place], as: UTF8.self), "") }
        return try wire.bytes.withUnsafeBytes { bytes in
            let cell = Cell(bytes: UnsafeRawBufferPointer(rebasing: bytes[place]), typeOID: value.typeOID)
            switch value.typeOID {
            case TypeOID.int8: return "\(try Int64(cell: cell))::bigint"
            case TypeOID.bool: return "\(try Bool(cell: cell))"
            case TypeOID.bytea:
                let digits = try Bytes(cell: cell).bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
                return quoted("\\x" + digits.joined(), "::bytea")
            case TypeOID.jsonb: return quoted(try JSONText(cell: cell).text, "::jsonb")
            case TypeOID.timestamptz:
                return "to_timestamp(\(try Date(cell: cell).timeIntervalSince1970)::double precision)"
            case TypeOID.date: return "(date '2000-01-01' + \(try cell.integer(Int32.self)))"
            case TypeOID.uuid:
                let uuid = try UUID(cell: cell)
                return replacing(uuid) ?? quoted(uuid.uuidString.lowercased(), "::uuid")
            case TypeOID.uuidArray:
                let uuids = try [UUID](cell: cell)
                return "array["
                    + uuids.map { replacing($0) ?? quoted($0.uuidString.lowercased(), "::uuid") }.joined(
                        separator: ", ")
                    + "]::uuid[]"
            default: throw StoreError.invalidParameter("type OID \(value.typeOID) cannot be written out")
            }
        }
    }
}
