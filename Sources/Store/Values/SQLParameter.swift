package import Foundation

/// A Swift value that can be bound to a statement.
package protocol SQLParameter: Sendable {
    /// The type that it is bound as, NULL included.
    static var typeOID: UInt32 { get }
    /// Appends its wire form: text for ``TypeOID/inferred``, `numeric` and its arrays, binary for all others.
    func write(to wire: inout WireBuffer)
}

extension SQLParameter {
    static var isSentAsText: Bool { TypeOID.isSentAsText(typeOID) }
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

    static func isSentAsText(_ type: UInt32) -> Bool { type == inferred || type == numeric || type == numericArray }

    /// OIDs from here on are made by `create type`: enums are sent as their label.
    static let firstUserDefined: UInt32 = 16_384
}

extension Int64: SQLParameter {
    package static var typeOID: UInt32 { TypeOID.int8 }
    package func write(to wire: inout WireBuffer) { wire.append(self) }
}

extension Int: SQLParameter {
    package static var typeOID: UInt32 { TypeOID.int8 }
    package func write(to wire: inout WireBuffer) { wire.append(Int64(self)) }
}

extension Int32: SQLParameter {
    package static var typeOID: UInt32 { TypeOID.int4 }
    package func write(to wire: inout WireBuffer) { wire.append(self) }
}

extension Bool: SQLParameter {
    package static var typeOID: UInt32 { TypeOID.bool }
    package func write(to wire: inout WireBuffer) { wire.append(UInt8(self ? 1 : 0)) }
}

extension String: SQLParameter {
    package static var typeOID: UInt32 { TypeOID.inferred }
    package func write(to wire: inout WireBuffer) { wire.append(text: self) }
}

extension UUID: SQLParameter {
    package static var typeOID: UInt32 { TypeOID.uuid }
    package func write(to wire: inout WireBuffer) {
        withUnsafeBytes(of: uuid) { wire.append(contentsOf: $0) }
    }
}

extension Date: SQLParameter {
    package static var typeOID: UInt32 { TypeOID.timestamptz }

    /// `timestamptz`: microseconds since 2000-01-01. Refused outside the years 1 to 9999, which no honest caller means.
    package func write(to wire: inout WireBuffer) {
        guard let microseconds = PostgresTime.microseconds(from: self) else {
            return wire.refuse("the time is outside the years 1 to 9999")
        }
        wire.append(microseconds)
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
    package func write(to wire: inout WireBuffer) { wire.append(contentsOf: bytes) }
}

/// A JSON text for a `jsonb` column; the caller has parsed and bounded it.
package struct JSONText: Hashable, Sendable, SQLParameter {
    package let text: String
    package init(_ text: String) { self.text = text }
    package static var typeOID: UInt32 { TypeOID.jsonb }
    /// `jsonb`: the version of the form, 1, then the text.
    package func write(to wire: inout WireBuffer) {
        wire.append(UInt8(1))
        wire.append(text: text)
    }
}

/// An exact decimal in PostgreSQL's text form, for `numeric` columns. Money is not one of these.
package struct Numeric: Hashable, Sendable, SQLParameter {
    package let text: String
    package init(_ text: String) { self.text = text }
    package static var typeOID: UInt32 { TypeOID.numeric }
    package func write(to wire: inout WireBuffer) { wire.append(text: text) }
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
    /// `tstzrange`: flags, then each bound that there is behind its length (`src/backend/utils/adt/rangetypes.c`).
    package func write(to wire: inout WireBuffer) {
        wire.append(UInt8((lower == nil ? 0x08 : 0x02) | (upper == nil ? 0x10 : 0)))
        for case let bound? in [lower, upper] { wire.placeMeasured(bound) }
    }
}

extension Optional: SQLParameter where Wrapped: SQLParameter {
    package static var typeOID: UInt32 { Wrapped.typeOID }
    package func write(to wire: inout WireBuffer) {
        switch self {
        case .none: wire.appendNull()
        case .some(let value): value.write(to: &wire)
        }
    }
}

/// An enum stored under its raw value: a PostgreSQL enum type or a text column.
package protocol SQLEnum: RawRepresentable, SQLParameter, SQLDecodable where RawValue == String {}

extension SQLEnum {
    package static var typeOID: UInt32 { TypeOID.inferred }
    package func write(to wire: inout WireBuffer) { rawValue.write(to: &wire) }
}
