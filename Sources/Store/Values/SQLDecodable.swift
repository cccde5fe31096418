package import Foundation

/// A Swift value that can be read from a column in PostgreSQL's binary format.
package protocol SQLDecodable {
    init(cell: Cell) throws(CellFault)
    /// What NULL reads as; `nil` for types that cannot hold it.
    static var null: Self? { get }
}

extension SQLDecodable {
    package static var null: Self? { nil }
}

/// The bytes of one column of one row.
package struct Cell {
    let bytes: UnsafeRawBufferPointer
    let typeOID: UInt32

    func integer<Integer: FixedWidthInteger>(_ type: Integer.Type, at offset: Int = 0) throws(CellFault) -> Integer {
        guard offset >= 0, bytes.count - offset >= MemoryLayout<Integer>.size else { throw .tooShort }
        return Integer(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }

    func slice(_ range: Range<Int>, typeOID: UInt32) throws(CellFault) -> Cell {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else { throw .tooShort }
        return Cell(bytes: UnsafeRawBufferPointer(rebasing: bytes[range]), typeOID: typeOID)
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// Why a cell did not read as the wanted type.
package enum CellFault: Error, Hashable, Sendable {
    case isNull
    case tooShort
    case typeMismatch(typeOID: UInt32, wanted: String)
    case badValue(String)

    var reason: String {
        switch self {
        case .isNull: "is NULL"
        case .tooShort: "has too few bytes"
        case .typeMismatch(let typeOID, let wanted): "has type OID \(typeOID), not \(wanted)"
        case .badValue(let reason): reason
        }
    }
}

extension Int64: SQLDecodable {
    package init(cell: Cell) throws(CellFault) {
        switch cell.typeOID {
        case TypeOID.int8: self = try cell.integer(Int64.self)
        case TypeOID.int4: self = Int64(try cell.integer(Int32.self))
        case TypeOID.int2: self = Int64(try cell.integer(Int16.self))
        case TypeOID.oid: self = Int64(try cell.integer(UInt32.self))
        default: throw .typeMismatch(typeOID: cell.typeOID, wanted: "an integer")
        }
    }
}

extension Int: SQLDecodable {
    package init(cell: Cell) throws(CellFault) { self = Int(try Int64(cell: cell)) }
}

extension Double: SQLDecodable {
    package init(cell: Cell) throws(CellFault) {
        guard cell.typeOID == TypeOID.float8 else { throw .typeMismatch(typeOID: cell.typeOID, wanted: "float8") }
        self = Double(bitPattern: try cell.integer(UInt64.self))
    }
}

extension Bool: SQLDecodable {
    package init(cell: Cell) throws(CellFault) {
        guard cell.typeOID == TypeOID.bool else { throw .typeMismatch(typeOID: cell.typeOID, wanted: "bool") }
        self = try cell.integer(UInt8.self) != 0
    }
}

extension String: SQLDecodable {
    package init(cell: Cell) throws(CellFault) {
        switch cell.typeOID {
        case TypeOID.text, TypeOID.varchar, TypeOID.bpchar, TypeOID.name, TypeOID.json: self = cell.text
        case TypeOID.firstUserDefined...: self = cell.text
        default: throw .typeMismatch(typeOID: cell.typeOID, wanted: "text")
        }
    }
}

extension UUID: SQLDecodable {
    package init(cell: Cell) throws(CellFault) {
        guard cell.typeOID == TypeOID.uuid else { throw .typeMismatch(typeOID: cell.typeOID, wanted: "uuid") }
        guard cell.bytes.count == 16 else { throw .tooShort }
        self = UUID(uuid: cell.bytes.loadUnaligned(as: uuid_t.self))
    }
}

extension Date: SQLDecodable {
    package init(cell: Cell) throws(CellFault) {
        guard cell.typeOID == TypeOID.timestamptz else {
            throw .typeMismatch(typeOID: cell.typeOID, wanted: "timestamptz")
        }
        let microseconds = try cell.integer(Int64.self)
        guard microseconds != .max, microseconds != .min else { throw .badValue("is an infinite time") }
        self = PostgresTime.date(fromMicroseconds: microseconds)
    }
}

extension Bytes: SQLDecodable {
    package init(cell: Cell) throws(CellFault) {
        guard cell.typeOID == TypeOID.bytea else { throw .typeMismatch(typeOID: cell.typeOID, wanted: "bytea") }
        self.init(Array(cell.bytes))
    }
}

extension JSONText: SQLDecodable {
    package init(cell: Cell) throws(CellFault) {
        guard cell.typeOID == TypeOID.jsonb else { throw .typeMismatch(typeOID: cell.typeOID, wanted: "jsonb") }
        guard try cell.integer(UInt8.self) == 1 else { throw .badValue("is jsonb of an unknown version") }
        self.init(String(decoding: cell.bytes.dropFirst(), as: UTF8.self))
    }
}

extension Numeric: SQLDecodable {
    /// Base-10000 digits, weight of the first, sign, and digits after the point (`src/backend/utils/adt/numeric.c`).
    package init(cell: Cell) throws(CellFault) {
        guard cell.typeOID == TypeOID.numeric else { throw .typeMismatch(typeOID: cell.typeOID, wanted: "numeric") }
        let digitCount = Int(try cell.integer(Int16.self))
        let weight = Int(try cell.integer(Int16.self, at: 2))
        let sign = try cell.integer(UInt16.self, at: 4)
        let scale = Int(try cell.integer(Int16.self, at: 6))
        guard sign == 0 || sign == 0x4000 else { throw .badValue("is not a finite number") }
        var groups: [Int16] = []
        for index in 0..<max(digitCount, 0) { groups.append(try cell.integer(Int16.self, at: 8 + 2 * index)) }
        func group(_ index: Int) -> String {
            let digits = String(groups.indices.contains(index) ? groups[index] : 0)
            return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        }
        let whole = weight < 0 ? "0" : (0...weight).map(group).joined()
        let trimmed = whole.drop { $0 == "0" }
        var text = (sign == 0x4000 ? "-" : "") + (trimmed.isEmpty ? "0" : trimmed)
        if scale > 0 {
            let fraction = (0..<(scale + 3) / 4).map { group(weight + 1 + $0) }.joined()
            text += "." + fraction.prefix(scale)
        }
        self.init(text)
    }
}

extension InstantRange: SQLDecodable {
    package init(cell: Cell) throws(CellFault) {
        guard cell.typeOID == TypeOID.tstzrange else { throw .typeMismatch(typeOID: cell.typeOID, wanted: "tstzrange") }
        let flags = try cell.integer(UInt8.self)
        guard flags & 0x01 == 0 else { throw .badValue("is an empty range") }
        var offset = 1
        func bound(absent: Bool) throws(CellFault) -> Date? {
            guard !absent else { return nil }
            let value = try Date(cell: cell.slice(offset + 4..<offset + 12, typeOID: TypeOID.timestamptz))
            offset += 12
            return value
        }
        let lower = try bound(absent: flags & 0x08 != 0)
        self.init(from: lower, until: try bound(absent: flags & 0x10 != 0))
    }
}

extension Optional: SQLDecodable where Wrapped: SQLDecodable {
    package init(cell: Cell) throws(CellFault) { self = .some(try Wrapped(cell: cell)) }
    package static var null: Self? { .some(.none) }
}

extension Array: SQLDecodable where Element: SQLDecodable {
    package init(cell: Cell) throws(CellFault) {
        self = []
        let dimensions = try cell.integer(Int32.self)
        guard dimensions != 0 else { return }
        guard dimensions == 1 else { throw .badValue("has \(dimensions) dimensions") }
        let elementOID = try cell.integer(UInt32.self, at: 8)
        let count = Int(try cell.integer(Int32.self, at: 12))
        var offset = 20
        for _ in 0..<Swift.max(count, 0) {
            let length = Int(try cell.integer(Int32.self, at: offset))
            offset += 4
            if length < 0 {
                guard let null = Element.null else { throw .badValue("has a NULL element") }
                append(null)
            } else {
                append(try Element(cell: cell.slice(offset..<offset + length, typeOID: elementOID)))
                offset += length
            }
        }
    }
}

extension SQLEnum {
    package init(cell: Cell) throws(CellFault) {
        let label = try String(cell: cell)
        guard let value = Self(rawValue: label) else { throw .badValue("has the unknown label '\(label)'") }
        self = value
    }
}
