package import Foundation

/// A Swift value that can be bound to a statement.
package protocol SQLParameter: Sendable {
    var boundParameter: BoundParameter { get }
    /// What NULL of this type is bound as.
    static var typeOID: UInt32 { get }
}

/// A value in the form libpq sends it.
package struct BoundParameter: Sendable {
    enum Content: Sendable {
        case null
        case binary([UInt8])
        /// UTF-8 with the terminating zero that libpq wants for text parameters.
        case text([UInt8])
        case invalid(String)
    }

    let typeOID: UInt32
    let content: Content

    /// Text with U+0000 in it: PostgreSQL cannot hold it and libpq would silently cut it off there. This is the one
    /// place where it is refused.
    static func text(_ value: String, typeOID: UInt32) -> BoundParameter {
        var bytes = Array(value.utf8)
        guard !bytes.contains(0) else {
            return BoundParameter(typeOID: typeOID, content: .invalid("text must not contain U+0000"))
        }
        bytes.append(0)
        return BoundParameter(typeOID: typeOID, content: .text(bytes))
    }
}

/// Type OIDs from `pg_type.dat`.
enum TypeOID {
    static let bool: UInt32 = 16, bytea: UInt32 = 17, name: UInt32 = 19, int8: UInt32 = 20, int2: UInt32 = 21
    static let int4: UInt32 = 23, text: UInt32 = 25, oid: UInt32 = 26, json: UInt32 = 114, date: UInt32 = 1082
    static let varchar: UInt32 = 1043, bpchar: UInt32 = 1042, timestamptz: UInt32 = 1184, numeric: UInt32 = 1700
    static let uuid: UInt32 = 2950, jsonb: UInt32 = 3802, tstzrange: UInt32 = 3910, float8: UInt32 = 701
    static let boolArray: UInt32 = 1000, byteaArray: UInt32 = 1001, int8Array: UInt32 = 1016
    static let textArray: UInt32 = 1009, timestamptzArray: UInt32 = 1185, uuidArray: UInt32 = 2951
    static let jsonbArray: UInt32 = 3807, numericArray: UInt32 = 1231
    /// Lets the server infer the type: text goes into enums, dates and citext as it goes into text.
    static let inferred: UInt32 = 0
    /// OIDs from here on are made by `create type`: enums are sent as their label.
    static let firstUserDefined: UInt32 = 16_384
}

extension FixedWidthInteger {
    var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}

extension Int64: SQLParameter {
    package static var typeOID: UInt32 { TypeOID.int8 }
    package var boundParameter: BoundParameter { .init(typeOID: TypeOID.int8, content: .binary(bigEndianBytes)) }
}

extension Int: SQLParameter {
    package static var typeOID: UInt32 { TypeOID.int8 }
    package var boundParameter: BoundParameter { Int64(self).boundParameter }
}

extension Bool: SQLParameter {
    package static var typeOID: UInt32 { TypeOID.bool }
    package var boundParameter: BoundParameter { .init(typeOID: TypeOID.bool, content: .binary([self ? 1 : 0])) }
}

extension String: SQLParameter {
    package static var typeOID: UInt32 { TypeOID.inferred }
    package var boundParameter: BoundParameter { .text(self, typeOID: TypeOID.inferred) }
}

extension UUID: SQLParameter {
    package static var typeOID: UInt32 { TypeOID.uuid }
    package var boundParameter: BoundParameter {
        .init(typeOID: TypeOID.uuid, content: .binary(withUnsafeBytes(of: uuid) { Array($0) }))
    }
}

extension Date: SQLParameter {
    package static var typeOID: UInt32 { TypeOID.timestamptz }

    /// `timestamptz`: microseconds since 2000-01-01. Refused outside the years 1 to 9999, which no honest caller means.
    package var boundParameter: BoundParameter {
        guard let microseconds = PostgresTime.microseconds(from: self) else {
            return .init(typeOID: TypeOID.timestamptz, content: .invalid("the time is outside the years 1 to 9999"))
        }
        return .init(typeOID: TypeOID.timestamptz, content: .binary(microseconds.bigEndianBytes))
    }
}

/// PostgreSQL's binary `timestamptz`.
enum PostgresTime {
    /// 2000-01-01 from Foundation's reference date, 2001-01-01, in seconds (2000 was a leap year).
    private static let epochOffsetSeconds = 366.0 * 86_400
    private static let years1To9999 = -63_082_281_600.0...252_455_616_000.0

    static func microseconds(from date: Date) -> Int64? {
        let seconds = date.timeIntervalSinceReferenceDate + epochOffsetSeconds
        guard years1To9999.contains(seconds) else { return nil }
        return Int64((seconds * 1_000_000).rounded())
    }

    static func date(fromMicroseconds microseconds: Int64) -> Date {
        Date(timeIntervalSinceReferenceDate: Double(microseconds) / 1_000_000 - epochOffsetSeconds)
    }
}

/// Bytes for a `bytea` column.
package struct Bytes: Hashable, Sendable, SQLParameter {
    package let bytes: [UInt8]
    package init(_ bytes: [UInt8]) { self.bytes = bytes }
    package static var typeOID: UInt32 { TypeOID.bytea }
    package var boundParameter: BoundParameter { .init(typeOID: TypeOID.bytea, content: .binary(bytes)) }
}

/// A JSON text for a `jsonb` column; the caller has parsed and bounded it.
package struct JSONText: Hashable, Sendable, SQLParameter {
    package let text: String
    package init(_ text: String) { self.text = text }
    package static var typeOID: UInt32 { TypeOID.jsonb }
    package var boundParameter: BoundParameter {
        let bytes = Array(text.utf8)
        guard !bytes.contains(0) else {
            return .init(typeOID: TypeOID.jsonb, content: .invalid("JSON must not contain U+0000"))
        }
        return .init(typeOID: TypeOID.jsonb, content: .binary([1] + bytes))
    }
}

/// An exact decimal in PostgreSQL's text form, for `numeric` columns. Money is not one of these.
package struct Numeric: Hashable, Sendable, SQLParameter {
    package let text: String
    package init(_ text: String) { self.text = text }
    package static var typeOID: UInt32 { TypeOID.numeric }
    package var boundParameter: BoundParameter { .text(text, typeOID: TypeOID.numeric) }
}

/// A half-open range of time, `[lower, upper)`; `nil` is unbounded. A `tstzrange`.
package struct InstantRange: Hashable, Sendable, SQLParameter {
    package let lower: Date?
    package let upper: Date?

    package init(from lower: Date?, until upper: Date?) {
        self.lower = lower
        self.upper = upper
    }

    package func contains(_ instant: Date) -> Bool {
        (lower.map { $0 <= instant } ?? true) && (upper.map { instant < $0 } ?? true)
    }

    package static var typeOID: UInt32 { TypeOID.tstzrange }
    package var boundParameter: BoundParameter {
        var bytes: [UInt8] = [(lower == nil ? 0x08 : 0x02) | (upper == nil ? 0x10 : 0)]
        for bound in [lower, upper] {
            guard let bound else { continue }
            guard case .binary(let value) = bound.boundParameter.content else { return bound.boundParameter }
            bytes += Int32(8).bigEndianBytes + value
        }
        return .init(typeOID: TypeOID.tstzrange, content: .binary(bytes))
    }
}

extension Optional: SQLParameter where Wrapped: SQLParameter {
    package static var typeOID: UInt32 { Wrapped.typeOID }
    package var boundParameter: BoundParameter {
        switch self {
        case .none: .init(typeOID: Wrapped.typeOID, content: .null)
        case .some(let value): value.boundParameter
        }
    }
}

/// An enum stored under its raw value: a PostgreSQL enum type or a text column.
package protocol SQLEnum: RawRepresentable, SQLParameter, SQLDecodable where RawValue == String {}

extension SQLEnum {
    package static var typeOID: UInt32 { TypeOID.inferred }
    package var boundParameter: BoundParameter { rawValue.boundParameter }
}
