package import Foundation

/// A value that may stand in a bound array.
package protocol SQLArrayElement: SQLParameter {
    static var arrayOID: UInt32 { get }
    static var elementOID: UInt32 { get }
}

extension Int64: SQLArrayElement {
    package static var arrayOID: UInt32 { TypeOID.int8Array }
    package static var elementOID: UInt32 { TypeOID.int8 }
}
extension Int: SQLArrayElement {
    package static var arrayOID: UInt32 { TypeOID.int8Array }
    package static var elementOID: UInt32 { TypeOID.int8 }
}
extension Bool: SQLArrayElement {
    package static var arrayOID: UInt32 { TypeOID.boolArray }
    package static var elementOID: UInt32 { TypeOID.bool }
}
extension String: SQLArrayElement {
    package static var arrayOID: UInt32 { TypeOID.textArray }
    package static var elementOID: UInt32 { TypeOID.text }
}
extension UUID: SQLArrayElement {
    package static var arrayOID: UInt32 { TypeOID.uuidArray }
    package static var elementOID: UInt32 { TypeOID.uuid }
}
extension Date: SQLArrayElement {
    package static var arrayOID: UInt32 { TypeOID.timestamptzArray }
    package static var elementOID: UInt32 { TypeOID.timestamptz }
}
extension Bytes: SQLArrayElement {
    package static var arrayOID: UInt32 { TypeOID.byteaArray }
    package static var elementOID: UInt32 { TypeOID.bytea }
}
extension JSONText: SQLArrayElement {
    package static var arrayOID: UInt32 { TypeOID.jsonbArray }
    package static var elementOID: UInt32 { TypeOID.jsonb }
}
extension Optional: SQLArrayElement where Wrapped: SQLArrayElement {
    package static var arrayOID: UInt32 { Wrapped.arrayOID }
    package static var elementOID: UInt32 { Wrapped.elementOID }
}

extension Array: SQLParameter where Element: SQLArrayElement {
    package static var typeOID: UInt32 { Element.arrayOID }

    /// PostgreSQL's binary array: dimensions, null flag, element type, length, lower bound, then each element behind
    /// its length (-1 is NULL).
    package var boundParameter: BoundParameter {
        guard let count = Int32(exactly: count) else {
            return .init(typeOID: Element.arrayOID, content: .invalid("the array is too long"))
        }
        var body: [UInt8] = []
        var hasNull: Int32 = 0
        for element in self {
            switch element.boundParameter.content {
            case .null:
                hasNull = 1
                body += Int32(-1).bigEndianBytes
            case .binary(let bytes):
                body += Int32(truncatingIfNeeded: bytes.count).bigEndianBytes + bytes
            case .text(let bytes):
                body += Int32(truncatingIfNeeded: bytes.count - 1).bigEndianBytes + bytes.dropLast()
            case .invalid(let reason):
                return .init(typeOID: Element.arrayOID, content: .invalid(reason))
            }
        }
        var header = Int32(count == 0 ? 0 : 1).bigEndianBytes + hasNull.bigEndianBytes
        header += Element.elementOID.bigEndianBytes
        if count > 0 { header += count.bigEndianBytes + Int32(1).bigEndianBytes }
        return .init(typeOID: Element.arrayOID, content: .binary(header + body))
    }
}
